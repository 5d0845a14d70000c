"""Servers under measurement: started as own processes, their CPU read from /proc."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_S = 30


def free_port() -> int:
    """Find a port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(
    module: str, case: str, environ: Mapping[str, str], *, folder: Path | None = None
) -> Iterator[tuple[int, int]]:
    """Run `python -m module case port`; give its pid and port; end it afterwards.

    Modules are found in `folder` first; without one, here.
    """
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", module, case, str(port)],
        env={**os.environ, **environ},
        cwd=folder,
    )
    try:
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


async def until_listening(port: int) -> None:
    """Wait until somebody accepts connections."""
    for _ in range(START_S * 20):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    msg = f"nothing listens on port {port}"
    raise TimeoutError(msg)


def cpu_s(pid: int) -> float:
    """Give the CPU seconds of a process and its living children."""
    return sum(_own_cpu_s(each) for each in (pid, *_children(pid)))


def _own_cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in listed]


def postmaster(url: str) -> int:
    """Give the pid of the Postgres server behind a URL on this machine."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
    assert row is not None
    return int(str(row[0]).split("\n", 1)[0])
