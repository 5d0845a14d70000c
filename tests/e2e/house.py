"""A whole box office in processes of its own, on a corner of the real services.

Each role is started as its operator would start it, may be killed, and is started
again with the same settings. Output goes to one log file per role.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import psycopg

ROLES = {
    "everything": ("serve",),
    "api": ("serve", "--role", "api"),
    "relay": ("relay",),
    "projectors": ("project",),
    "reactors": ("react",),
    "sandbox": ("sandbox",),
}
SANDBOX_KEY = "sk_test_of_a_test"
SANDBOX_SECRET = "whsec_of_a_test"
HTTP_ROLES = ("everything", "api")
READY_S = 40.0
STOP_S = 20.0
COMMAND_S = 300.0
POLL_S = 0.05


def free_port() -> int:
    """Find a port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class House:
    """The processes of one box office."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self._environ = dict(environ)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._health = {role: free_port() for role in ROLES}

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, role: str, *options: str) -> None:
        """Start a role and wait until it says that it is ready."""
        arguments = (*ROLES[role], *options)
        if role in HTTP_ROLES:
            arguments = (*arguments, "--port", str(self.port))
        if role == "sandbox":
            arguments = (*arguments, *self._sandbox_options())
        with (self.folder / f"{role}.log").open("ab") as output:
            self._processes[role] = subprocess.Popen(
                [sys.executable, "-m", "boxoffice", *arguments],
                env=self._environment(role),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._until_ready(role)

    def setting(self, name: str) -> str:
        """Give what `BOXOFFICE_<name>` is for every process of this house."""
        return self._environ[f"BOXOFFICE_{name}"]

    @property
    def ledger(self) -> Path:
        """The file of the sandbox's books."""
        return self.folder / "sandbox.sqlite"

    def start_sandbox(self) -> None:
        """Start a payment provider that tells this house what happens there."""
        self._environ |= {
            "BOXOFFICE_PAYMENTS_URL": f"http://127.0.0.1:{self._health['sandbox']}",
            "BOXOFFICE_PAYMENTS_KEY": SANDBOX_KEY,
            "BOXOFFICE_PAYMENTS_WEBHOOK_SECRETS": SANDBOX_SECRET,
            "BOXOFFICE_PUBLIC_URL": self.url,
        }
        self.start("sandbox")

    def _sandbox_options(self) -> tuple[str, ...]:
        webhook = f"{self.url}/v1/payments/webhook"
        return (
            *("--port", str(self._health["sandbox"]), "--ledger", str(self.ledger)),
            *("--webhook", webhook, "--key", SANDBOX_KEY, "--secret", SANDBOX_SECRET),
        )

    def start_all(self, *options: str) -> None:
        """Start every role; the options are for the API."""
        self.start("api", *options)
        for role in ("relay", "projectors", "reactors"):
            self.start(role)

    def pid(self, role: str) -> int:
        """Give the process of a role that runs."""
        return self._processes[role].pid

    def kill(self, role: str) -> None:
        """End a role as a power cut would."""
        process = self._processes.pop(role)
        process.kill()
        process.wait(STOP_S)

    def stop(self, role: str) -> int:
        """Ask a role to end; give its exit code."""
        process = self._processes.pop(role)
        process.send_signal(signal.SIGTERM)
        return process.wait(STOP_S)

    def ended(self, role: str) -> int:
        """Wait for a role to end by itself; give its exit code."""
        code = self._processes[role].wait(STOP_S)
        del self._processes[role]
        return code

    def close(self) -> None:
        """End every role that still runs."""
        for role in list(self._processes):
            self.kill(role)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the CLI to its end."""
        return subprocess.run(
            [sys.executable, "-m", "boxoffice", *arguments],
            env=self._environment("cli"),
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )

    def popen(
        self, *arguments: str, stderr: int = subprocess.PIPE, **environ: str
    ) -> subprocess.Popen[str]:
        """Start one command of the CLI and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "boxoffice", *arguments],
            env=self._environment("cli") | environ,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def head(self) -> int:
        """Give the last position of a log in Postgres."""
        with psycopg.connect(self.setting("LOG_URL")) as connection:
            query = "select max(position) from boxoffice.events"
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0] or 0)

    def log_of(self, role: str) -> str:
        """Give what a role has printed so far."""
        return (self.folder / f"{role}.log").read_text(errors="replace")

    def _environment(self, role: str) -> dict[str, str]:
        port = str(self._health.get(role, 0))
        return {**self._environ, "BOXOFFICE_HEALTH_PORT": port}

    def _until_ready(self, role: str) -> None:
        port = self.port if role in HTTP_ROLES else self._health[role]
        path = "livez" if role == "sandbox" else "readyz"
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            code = self._processes[role].poll()
            assert code is None, f"{role} ended with {code}:\n{self.log_of(role)}"
            if _answers(f"http://127.0.0.1:{port}/{path}"):
                return
            time.sleep(POLL_S)
        msg = f"{role} was not ready in {READY_S} s:\n{self.log_of(role)}"
        raise AssertionError(msg)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as reply:  # noqa: S310  (loopback, our own)
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def full_house(
    folder: Path, *, postgres: str, kafka: str, mongo: str, redis: str
) -> Iterator[House]:
    """Open a box office with separate processes; migrated, only a sandbox runs."""
    name = uuid4().hex[:12]
    house = House(
        folder,
        {
            **plain_environment(),
            "BOXOFFICE_LOG_URL": postgres,
            "BOXOFFICE_KAFKA_URL": kafka,
            "BOXOFFICE_MONGO_URL": mongo,
            "BOXOFFICE_MONGO_DATABASE": f"test_{name}",
            "BOXOFFICE_REDIS_URL": redis,
            "BOXOFFICE_REDIS_PREFIX": f"{name}:",
            "BOXOFFICE_TOPIC_PREFIX": f"test-{name}",
            "BOXOFFICE_SECRET": "not a secret",
            "BOXOFFICE_DATA": str(folder / "data"),
        },
    )
    try:
        migrated = house.run("migrate")
        assert 0 == migrated.returncode, migrated.stderr
        house.start_sandbox()
        yield house
    finally:
        house.close()


@contextmanager
def embedded_house(folder: Path, **settings: str) -> Iterator[House]:
    """Open an embedded box office in a folder; nothing started yet."""
    environ = {
        **plain_environment(),
        "BOXOFFICE_DATA": str(folder / "data"),
        **settings,
    }
    house = House(folder, environ)
    try:
        yield house
    finally:
        house.close()


def plain_environment() -> dict[str, str]:
    """Give this process's environment without anybody's settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if not re.match("BOXOFFICE_(?!CACHE)", name)
    }
