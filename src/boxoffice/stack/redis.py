"""Redis as the stack runs it: a cache that keeps nothing and drops nothing unasked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from boxoffice.stack.checks import check_redis
from boxoffice.stack.server import Plan

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {
    "bind": "127.0.0.1",
    "save": "",
    "appendonly": "no",
    "daemonize": "no",
    # A full cache must fail loudly, not lose availability quietly.
    "maxmemory-policy": "noeviction",
    # Tests take one logical database each.
    "databases": "1024",
}


def redis_plan(program: Path, *, folder: Path, port: int) -> Plan:
    """Plan the server; its folder holds only the log."""
    settings = {**SETTINGS, "port": str(port), "dir": str(folder)}
    options = [word for key, value in settings.items() for word in (f"--{key}", value)]
    url = f"redis://127.0.0.1:{port}/0"
    return Plan(
        name="redis",
        argv=(str(program), *options),
        folder=folder,
        port=port,
        url=url,
        check=partial(check_redis, url),
    )
