"""Whether the facts of the sale add up, read by somebody who decides nothing.

These rules are written a second time on purpose: they share no code with the deciders
and their states, so a mistake there is seen here.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.catalogue.events import SectionLaidOut
from boxoffice.domain.ids import FAMILY_BYTES, StreamId
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    CartHoldReturned,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event

PLACES_PER_BUYER_MAX = 8
"""Of one performance. Source: the rules of the house."""
Owner = tuple[str, str]
"""`hold` or `order`, and which."""


class Claims:
    """No place ever belongs to two; what is sold stays sold until it is taken back."""

    def __init__(self) -> None:
        self._findings = Findings("one-owner")
        self._claims: dict[StreamId, Owner] = {}
        self._sections: dict[StreamId, int] = {}
        self._sold = 0
        self._returned = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case SectionLaidOut():
                self._lay_out(record, event)
            case TicketHeld():
                self._check_place(record, event.section)
                if record.stream in self._claims:
                    self._wrong(record, f"was given to hold {event.hold}")
                self._claims[record.stream] = ("hold", event.hold)
            case TicketHoldRenewed():
                self._check_claim(record, ("hold", event.hold), "was renewed for")
            case TicketReleased():
                self._check_place(record, event.section)
                self._check_claim(record, ("hold", event.hold), "was released for")
                self._claims.pop(record.stream, None)
            case TicketSold():
                self._check_place(record, event.section)
                self._check_claim(record, ("hold", event.hold), "was sold to")
                self._claims[record.stream] = ("order", event.order)
                self._sold += 1
            case TicketReturned():
                self._check_place(record, event.section)
                self._check_claim(record, ("order", event.order), "came back from")
                self._claims.pop(record.stream, None)
                self._returned += 1
            case _:
                pass

    def check(self) -> Check:
        sold = sum(kind == "order" for kind, _ in self._claims.values())
        held = len(self._claims) - sold
        return self._findings.check(
            f"{sold:,} places sold and {held:,} held, none of them twice;"
            f" {self._returned:,} of {self._sold:,} sales were taken back"
        )

    def _lay_out(self, record: LogRecord, event: SectionLaidOut) -> None:
        family = record.stream[:FAMILY_BYTES]
        for place in event.places:
            stream = StreamId(family + place.ordinal.to_bytes(4, "big"))
            self._sections[stream] = event.section

    def _check_place(self, record: LogRecord, section: int) -> None:
        if self._sections.get(record.stream) != section:
            self._wrong(record, "is not in the manifest of its section but was used")

    def _check_claim(self, record: LogRecord, owner: Owner, what: str) -> None:
        if self._claims.get(record.stream) != owner:
            self._wrong(record, f"{what} {' '.join(owner)}")

    def _wrong(self, record: LogRecord, what: str) -> None:
        owner = " ".join(self._claims.get(record.stream, ("nobody",)))
        detail = (
            f"Place {record.stream.hex()} {what} at {record.position},"
            f" when it belonged to {owner}."
        )
        self._findings.add(record.position, detail)


class _Party(msgspec.Struct):
    """A hold as far as the limit is concerned; `until` None: it is sold."""

    places: int
    until: datetime | None


class Limits:
    """No buyer ever has more places of one performance than the house allows."""

    def __init__(self) -> None:
        self._findings = Findings("limit")
        self._parties: dict[tuple[bytes, str], dict[str, _Party]] = {}
        self._most = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case CartHoldPlaced() | CartHoldChanged():
                self._place(record, event)
            case CartHoldRenewed() | CartHoldOrdered():
                self._prolong(record, event)
            case CartHoldReleased():
                self._of(record, event.buyer).pop(event.hold, None)
            case CartHoldConverted():
                self._convert(record, event)
            case CartHoldReturned():
                self._return(record, event)
            case _:
                pass

    def check(self) -> Check:
        return self._findings.check(
            f"at most {self._most} of {PLACES_PER_BUYER_MAX} places for one buyer"
        )

    def _of(self, record: LogRecord, buyer: str) -> dict[str, _Party]:
        return self._parties.setdefault((record.stream[:FAMILY_BYTES], buyer), {})

    def _place(
        self, record: LogRecord, event: CartHoldPlaced | CartHoldChanged
    ) -> None:
        parties = self._of(record, event.buyer)
        parties[event.hold] = _Party(len(event.places), event.until)
        now = record.recorded_at
        count = sum(
            party.places
            for party in parties.values()
            if party.until is None or now < party.until
        )
        self._most = max(self._most, count)
        if count > PLACES_PER_BUYER_MAX:
            detail = f"Buyer {event.buyer} has {count} places at {record.position}."
            self._findings.add(record.position, detail)

    def _prolong(
        self, record: LogRecord, event: CartHoldRenewed | CartHoldOrdered
    ) -> None:
        party = self._of(record, event.buyer).get(event.hold)
        if party is not None:
            party.until = event.until

    def _return(self, record: LogRecord, event: CartHoldReturned) -> None:
        parties = self._of(record, event.buyer)
        party = parties.get(event.hold)
        if party is not None:
            party.places -= len(event.ordinals)
            if party.places <= 0:
                del parties[event.hold]

    def _convert(self, record: LogRecord, event: CartHoldConverted) -> None:
        party = self._of(record, event.buyer).get(event.hold)
        if party is None:
            detail = f"Hold {event.hold} was sold at {record.position} but not open."
            self._findings.add(record.position, detail)
        else:
            party.until = None
