"""Forms: reading them, and knowing that they are ours.

Every form carries a token that is bound to the cookie of whom it was made for, so
another site cannot make one. It is salted, so that it differs each time and a
compressed page gives nothing away. Beyond that a browser must say that the form was
sent by our own page.
"""

from __future__ import annotations

import hmac
import re
from urllib.parse import parse_qs

from msgspec.structs import replace

from boxoffice.domain.inventory.decide import PLACES_PER_BUYER_MAX
from boxoffice.errors import Forbidden, Invalid
from boxoffice_api.auth import Buyer, Caller, is_own_page
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head
from boxoffice_api.problems import Malformed, UnsupportedMediaType

URLENCODED = b"application/x-www-form-urlencoded"
FIELDS_MAX = 100
TABLE_FIELDS_MAX = 2_000
"""Of a form that is a whole table, such as a price list."""
SALT_BYTES = 8
KEY_BYTES = 16
ORDINAL_DIGITS_MAX = 10
TOKEN_FIELD, KEY_FIELD = "form", "key"
_KEY = re.compile(r"[0-9a-f]{32}")
_PURPOSE = b"form token "


class Form:
    """Fields of a form; of a repeated one the last counts, except for places."""

    def __init__(
        self, head: Head, body: bytes, *, fields_max: int = FIELDS_MAX
    ) -> None:
        kind = head.headers.get(b"content-type", b"").partition(b";")[0].strip()
        if kind.lower() != URLENCODED:
            raise UnsupportedMediaType("Pages read what their own forms send.")
        try:
            self._fields = parse_qs(
                body.decode("ascii"), max_num_fields=fields_max, errors="strict"
            )
        except ValueError as error:
            raise Malformed("The form cannot be read.") from error

    def text(self, name: str) -> str:
        """Give a field; a missing one is empty."""
        return self._fields.get(name, [""])[-1]

    def values(self) -> dict[str, str]:
        """Give every field once."""
        return {name: given[-1] for name, given in self._fields.items()}

    def texts(self, name: str) -> list[str]:
        """Give every value of a repeated field."""
        return self._fields.get(name, [])

    def tickets(self) -> list[dict[str, str | int]]:
        """Give the tickets that were ticked, as the API names them.

        Raises:
            Invalid: none was.
        """
        named = [ticket_named(text) for text in self.texts("ticket")]
        if not named:
            raise Invalid("Choose at least one ticket.")
        return named

    def types(self, places: tuple[int, ...]) -> list[str]:
        """Give the price type chosen for each place, or for all; none: the default."""
        every = self.text("type")
        chosen = [self.text(f"type-{place}") or every for place in places]
        return chosen if all(chosen) else []

    def places(self) -> tuple[int, ...]:
        """Give the places that were ticked.

        Raises:
            Invalid: none was, or too many.
        """
        given = self._fields.get("place", [])
        if not 1 <= len(given) <= PLACES_PER_BUYER_MAX:
            raise Invalid("Choose between one and eight places.")
        if not all(_is_number(text) for text in given):
            raise Malformed("The form cannot be read.")
        return tuple(dict.fromkeys(int(text) for text in given))


def ticket_named(text: str) -> dict[str, str | int]:
    """Read `<performance>:<place>`.

    Raises:
        Malformed: it is not a ticket.
    """
    performance, _, place = text.partition(":")
    if not _is_number(place):
        raise Malformed("The form cannot be read.")
    return {"performance": performance, "place": int(place)}


def form_token(edge: Edge, owner: str) -> str:
    """Make the token of a form for somebody."""
    salt = edge.entropy(SALT_BYTES)
    return salt.hex() + _seal(edge, salt, owner)


def new_key(edge: Edge) -> str:
    """Name what a form will ask for, so that sending it twice does it once."""
    return edge.entropy(KEY_BYTES).hex()


def check_form(edge: Edge, head: Head, form: Form, *, owner: str) -> None:
    """Let a form pass that we made for `owner`.

    Raises:
        Forbidden: it is somebody else's, or too old, or sent by another site.
    """
    token = form.text(TOKEN_FIELD)
    salt, seal = token[: 2 * SALT_BYTES], token[2 * SALT_BYTES :]
    try:
        expected = _seal(edge, bytes.fromhex(salt), owner)
    except ValueError:
        expected = ""
    is_ours = hmac.compare_digest(seal.encode(), expected.encode()) and bool(expected)
    if not is_ours or not is_own_page(head):
        raise Forbidden("This form is no longer good; open the page again.")


def owner_of(caller: Caller) -> str:
    """Tell for whom a form is made: forms of one are no good for another."""
    return caller.id if isinstance(caller, Buyer) else caller.actor


def as_api(
    head: Head, form: Form, *, path: str, what: str, method: str = "POST"
) -> Head:
    """Turn a form's request into the API request that it stands for.

    Raises:
        Malformed: the form has no key.
    """
    key = form.text(KEY_FIELD)
    if not _KEY.fullmatch(key):
        raise Malformed("The form cannot be read.")
    headers = {
        **head.headers,
        b"content-type": b"application/json",
        b"idempotency-key": f"{what}-{key}".encode("ascii"),
    }
    return replace(head, method=method, path=path, headers=headers)


def _seal(edge: Edge, salt: bytes, owner: str) -> str:
    return edge.keys.derived(_PURPOSE + salt + owner.encode()).hex()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= ORDINAL_DIGITS_MAX
