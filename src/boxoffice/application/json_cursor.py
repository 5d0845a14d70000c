"""A JSON value that knows where it stands in its file.

Every complaint names the place, as in `zones[2].rows[4].seats[11].position.x`, so
that a person can find it in an editor. The text of a place is only put together when
there is something to complain about.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

from boxoffice.errors import Invalid

KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class Cursor(NamedTuple):
    """A value, with the way that leads to it from the top of the file."""

    value: object
    key: str | int = ""
    above: Cursor | None = None

    def refuse(self, complaint: str) -> Invalid:
        """Make the error that says what is wrong here."""
        place = self.path()
        return Invalid(f"{place}: {complaint}" if place else complaint, place=place)

    def path(self) -> str:
        """Give the place as one would write it in a program."""
        if self.above is None:
            return ""
        before = self.above.path()
        if isinstance(self.key, int):
            return f"{before}[{self.key}]"
        return f"{before}.{self.key}" if before else self.key

    def field(self, name: str) -> Cursor:
        """Give a field that must be there.

        Raises:
            Invalid: it is not, or this is no object.
        """
        value = self.maybe(name)
        if value is None:
            raise Cursor(None, name, self).refuse("is missing")
        return value

    def maybe(self, name: str) -> Cursor | None:
        """Give a field, or None when it is absent or null."""
        if not isinstance(self.value, dict):
            raise self._must_be("an object")
        value = self.value.get(name)
        return None if value is None else Cursor(value, name, self)

    def items(self, name: str) -> Iterator[Cursor]:
        """Go through the list in a field; no field is an empty list."""
        found = self.maybe(name)
        return iter(()) if found is None else found.elements()

    def elements(self) -> Iterator[Cursor]:
        """Go through this list."""
        if not isinstance(self.value, list):
            raise self._must_be("a list")
        return (Cursor(item, i, self) for i, item in enumerate(self.value))

    def text(self, *, characters_max: int, empty: bool = False) -> str:
        """Give this text without the spaces around it.

        Raises:
            Invalid: no text, too long, not printable or, unless allowed, empty.
        """
        if not isinstance(self.value, str):
            raise self._must_be("a text")
        text = self.value.strip()
        if len(text) > characters_max:
            raise self.refuse(f"is longer than {characters_max} characters")
        if not text.isprintable():
            raise self.refuse("holds characters that cannot be printed")
        if not text and not empty:
            raise self.refuse("is empty")
        return text

    def number(self, *, least: float, most: float) -> float:
        """Give this number; a boolean is none.

        Raises:
            Invalid: no number, not finite, or out of bounds.
        """
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self._must_be("a number")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise self.refuse("is not a finite number")
        if not least <= self.value <= most:
            raise self.refuse(f"must lie between {least:,g} and {most:,g}")
        return float(self.value)

    def _must_be(self, wanted: str) -> Invalid:
        found = KINDS.get(type(self.value), "something else")
        return self.refuse(f"must be {wanted} and is {found}")


def parse(data: bytes, *, bytes_max: int) -> Cursor:
    """Read a JSON file.

    Raises:
        Invalid: too large, not UTF-8, or not JSON; the text names line and column.
    """
    if len(data) > bytes_max:
        raise Invalid(
            f"The file has {len(data):,} bytes; at most {bytes_max:,} are allowed."
        )
    try:
        return Cursor(json.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise Invalid(f"Byte {error.start + 1} of the file is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise Invalid(
            f"Line {error.lineno}, column {error.colno}: this is not JSON"
            f" ({error.msg})."
        ) from error
    except (RecursionError, ValueError) as error:
        raise Invalid(
            "The file nests too deeply or holds a number that is too long."
        ) from error
