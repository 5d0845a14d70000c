"""The part of an address after the question mark."""

from __future__ import annotations

from urllib.parse import parse_qs

from boxoffice_api.head import Head
from boxoffice_api.problems import Malformed

FIELDS_MAX = 20
DIGITS_MAX = 9


class Query:
    """Query parameters; of a repeated one the last counts, unknown ones do not."""

    def __init__(self, head: Head) -> None:
        try:
            self._fields = parse_qs(
                head.query.decode("ascii"), max_num_fields=FIELDS_MAX, errors="strict"
            )
        except ValueError as error:
            raise Malformed("The query of the address cannot be read.") from error

    def text(self, name: str) -> str | None:
        """Give a parameter, if it was sent."""
        found = self._fields.get(name)
        return found[-1] if found else None

    def number(self, name: str, *, default: int, most: int) -> int:
        """Give a whole number from 0 to `most`.

        Raises:
            Malformed: it is none.
        """
        found = self.text(name)
        if found is None:
            return default
        if not (found.isascii() and found.isdigit() and len(found) <= DIGITS_MAX):
            raise Malformed(f"{name} must be a whole number.")
        if int(found) > most:
            raise Malformed(f"{name} must be at most {most}.")
        return int(found)
