"""Which tickets a buyer is about to exchange: carried in addresses and forms."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import msgspec

from boxoffice_api.head import Head
from boxoffice_api.pages.forms import Form, ticket_named
from boxoffice_api.problems import Malformed

FIELDS_MAX = 110


class Swap(msgspec.Struct, frozen=True):
    """Tickets of an order that shall go for other places."""

    order: str
    tickets: tuple[str, ...]

    @property
    def query(self) -> str:
        """The same as a part of an address."""
        named = [("order", self.order), *(("ticket", t) for t in self.tickets)]
        return urlencode(named)

    def named(self) -> list[dict[str, str | int]]:
        """Give the tickets as the API names them."""
        return [ticket_named(ticket) for ticket in self.tickets]


def swap_of_query(head: Head) -> Swap | None:
    """Read what an address says; most say nothing.

    Raises:
        Malformed: it cannot be read.
    """
    try:
        fields = parse_qs(
            head.query.decode("ascii"), max_num_fields=FIELDS_MAX, errors="strict"
        )
    except ValueError as error:
        raise Malformed("The query of the address cannot be read.") from error
    return _swap(fields.get("order", [""])[-1], fields.get("ticket", []))


def swap_of_form(form: Form) -> Swap | None:
    """Read what a form carries on."""
    return _swap(form.text("order"), form.texts("ticket"))


def _swap(order: str, tickets: list[str]) -> Swap | None:
    if not order:
        return None
    swap = Swap(order, tuple(dict.fromkeys(tickets)))
    swap.named()
    return swap
