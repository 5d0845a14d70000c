"""What figures depend on; they are worth nothing without fsync."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import psycopg
from psycopg import sql

FLUSHES = ("fsync", "synchronous_commit")


def machine(url: str) -> dict[str, object]:
    """Describe this machine and the Postgres server behind a URL.

    Ends the benchmark when the server does not flush its commits.
    """
    with psycopg.connect(url) as connection:
        settings = {
            name: _shown(connection, name) for name in ("server_version", *FLUSHES)
        }
    if any(settings[name] != "on" for name in FLUSHES):
        sys.exit("This server does not flush its commits; measure on one that does.")
    return {
        "cpus": os.cpu_count(),
        "cpu": _processor(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
        **settings,
    }


def _shown(connection: psycopg.Connection, name: str) -> str:
    query = sql.SQL("show {}").format(sql.Identifier(name))
    row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    named = (line for line in lines if line.startswith("model name"))
    return next(named, "?").partition(":")[2].strip()
