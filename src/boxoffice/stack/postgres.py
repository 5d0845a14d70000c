"""PostgreSQL as the stack runs it: one superuser without a password, on loopback only.

Durable unless told otherwise, because benchmarks mean nothing without fsync. The fast
flavour survives a kill too, but not a power cut, and is for tests.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from functools import partial
from typing import TYPE_CHECKING

from boxoffice.stack.checks import check_postgres
from boxoffice.stack.errors import StartFailed
from boxoffice.stack.processes import last_words, spawn
from boxoffice.stack.server import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from boxoffice.stack.account import Account

SUPERUSER = "boxoffice"
INITDB_LIMIT_S = 300
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path has room for 107 bytes, and a data folder may lie deep.
    "unix_socket_directories": "",
    "max_connections": "200",
    "wal_level": "logical",
    # In both flavours: what was committed must survive a kill, or tests prove nothing.
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DURABLE = {"fsync": "on", "full_page_writes": "on"}
FAST = {"fsync": "off", "full_page_writes": "off"}


def postgres_plan(
    program: Path, *, folder: Path, port: int, account: Account | None, fast: bool
) -> Plan:
    """Lay out the cluster in `folder` if there is none yet, and plan its server."""
    if account is not None:
        shutil.chown(folder, account.uid, account.gid)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _initialise(program.with_name("initdb"), data=data, account=account)
    settings = {**SETTINGS, **(FAST if fast else DURABLE), "port": str(port)}
    options = [word for item in settings.items() for word in ("-c", "=".join(item))]
    url = f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres"
    return Plan(
        name="postgres",
        argv=(str(program), "-D", str(data), *options),
        folder=folder,
        port=port,
        url=url,
        check=partial(check_postgres, url),
        account=account,
        # Neither waits for clients to leave; the second does not flush either, and
        # unlike a kill it gives the shared memory back.
        stop_signal=signal.SIGINT,
        drop_signal=signal.SIGQUIT,
    )


def _initialise(initdb: Path, *, data: Path, account: Account | None) -> None:
    # Sorting by bytes is the same on every machine; C is there when C.UTF-8 is not.
    for locale in ("C.UTF-8", "C"):
        shutil.rmtree(data, ignore_errors=True)
        if _initdb(initdb, data=data, account=account, locale=locale) == 0:
            return
    raise StartFailed(f"initdb failed: {last_words(data.parent)}")


def _initdb(initdb: Path, *, data: Path, account: Account | None, locale: str) -> int:
    options = ["-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]
    process = spawn(
        [
            *(str(initdb), "-D", str(data), "-U", SUPERUSER),
            *(*options, f"--locale={locale}"),
        ],
        folder=data.parent,
        account=account,
        death_signal=signal.SIGKILL,
    )
    try:
        return process.wait(INITDB_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
