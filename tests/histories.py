"""Whole sales as facts, for tests and benchmarks of everything that reads the log.

A history is made by a small simulation of its own, not by the deciders: what reads the
log must be right whoever wrote it. The same seed gives the same history.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from boxoffice.application.codec import encode, tag_of
from boxoffice.application.ports.log import Append, EventStore, Stored
from boxoffice.domain.catalogue.events import (
    Category,
    ManifestPlace,
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.ids import (
    BuyerId,
    OrderCode,
    PerformanceId,
    StreamId,
    allowance_stream,
    order_code,
    order_stream,
    payment_stream,
    performance_stream,
    price_list_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
    HeldPlace,
    ReleaseReason,
    TicketHeld,
    TicketReleased,
    TicketSold,
)
from boxoffice.domain.message import Event, Meta
from boxoffice.domain.money import Money, total
from boxoffice.domain.orders.events import OrderConfirmed, OrderLine
from boxoffice.domain.payments.events import PaymentCaptured
from boxoffice.domain.pricing.events import LevelPrice, PricesSet

MORNING = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TTL = timedelta(seconds=600)
PRICES = (Money(9000, "USD"), Money(4500, "USD"))

Facts = list[tuple[StreamId, Event]]


def meta_of(command_id: bytes) -> bytes:
    """Say who caused the events of a command."""
    name = command_id.hex()
    return encode(
        Meta(command=name, correlation=name, actor="buyer:test", venue="main")
    )


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Versions:
    """What the next version of each stream is."""

    def __init__(self) -> None:
        self._last: dict[StreamId, int] = {}

    def batch(self, number: int, facts: Facts) -> Append:
        """Put the facts of one command into one call."""
        command_id = number.to_bytes(16, "big")
        batch = Append([command_id], [b"hash"])
        meta = meta_of(command_id)
        for stream, event in facts:
            last = self._last.get(stream, -1)
            batch.guards.setdefault(stream, last)
            self._last[stream] = last + 1
            batch.event_commands.append(0)
            batch.event_streams.append(stream)
            batch.event_versions.append(last + 1)
            batch.event_tags.append(tag_of(event))
            batch.event_datas.append(encode(event))
            batch.event_metas.append(meta)
        return batch


class Recorder:
    """Appends facts to a store, at the times it is given."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._versions = Versions()
        self._number = 0

    def record(self, facts: Facts) -> int:
        """Append the facts of one command; give the head."""
        self._number += 1
        answer = self._store.append(self._versions.batch(self._number, facts))
        assert isinstance(answer, Stored), answer
        return answer.head

    def play(self, history: Iterable[tuple[datetime, Facts]]) -> int:
        """Append a history; give the head."""
        head = 0
        for at, facts in history:
            self._clock.at = at
            head = self.record(facts)
        return head


class _Hold(msgspec.Struct):
    placed: CartHoldPlaced
    open: bool = True


class Sale:
    """One performance and what its buyers may still do."""

    def __init__(
        self,
        rng: random.Random,
        *,
        number: int,
        sections: int,
        places: int,
        begin: datetime = MORNING,
    ) -> None:
        self._begin = begin
        self.performance = PerformanceId(f"{number:024x}")
        self._rng = rng
        self._holds: list[_Hold] = []
        self._owner: dict[int, _Hold | None] = {}
        self._sections = [
            range(1 + at * places, 1 + (at + 1) * places) for at in range(sections)
        ]

    def opening(self) -> Facts:
        """Schedule the performance, lay out its sections, set prices, open the sale."""
        where = performance_stream(self.performance)
        levels = [LevelPrice(at, price) for at, price in enumerate(PRICES)]
        laid_out = [(where, self._laid_out(at)) for at in range(len(self._sections))]
        return [
            (where, self._scheduled()),
            *laid_out,
            (price_list_stream(self.performance), PricesSet(prices=tuple(levels))),
            (where, SaleOpened()),
        ]

    def closing(self) -> Facts:
        """Close the sale."""
        where = performance_stream(self.performance)
        return [(where, SaleClosed(reason="doors"))]

    def step(self, now: datetime) -> Facts:
        """Do something that a buyer could do now; nothing when nothing is possible."""
        choice = self._rng.random()
        overdue = [h for h in self._holds if h.open and _is_overdue(h, now)]
        if overdue and choice < 0.1:
            return self._end(overdue[0], "expired")
        hold = self._pick(now)
        if hold is None or choice < 0.55:
            return self._hold(now)
        if choice < 0.75:
            return self._end(hold, "released")
        return self._sell(hold)

    def _scheduled(self) -> PerformanceScheduled:
        return PerformanceScheduled(
            performance=self.performance,
            production="f" * 24,
            title="Neon Nights",
            plan="e" * 24,
            plan_version=0,
            starts_at=self._begin + timedelta(days=30),
            zone="America/Los_Angeles",
            currency="USD",
            sale_from=self._begin,
            sale_until=self._begin + timedelta(days=30),
            categories=(Category("Gold", "#aa8800"), Category("Blue", "#003399")),
            sections=tuple(f"Section {at}" for at in range(len(self._sections))),
        )

    def _laid_out(self, section: int) -> SectionLaidOut:
        places = [
            ManifestPlace(n, f"Section {section} 1-{n}", self._category(n))
            for n in self._sections[section]
        ]
        for place in places:
            self._owner[place.ordinal] = None
        name = f"Section {section}"
        return SectionLaidOut(section=section, name=name, places=tuple(places))

    def _category(self, ordinal: int) -> int:
        return ordinal % len(PRICES)

    def _pick(self, now: datetime) -> _Hold | None:
        self._holds = [h for h in self._holds if h.open]
        payable = [h for h in self._holds[-20:] if now <= h.placed.until]
        return self._rng.choice(payable) if payable else None

    def _hold(self, now: datetime) -> Facts:
        section = self._rng.randrange(len(self._sections))
        free = [o for o in self._sections[section] if self._is_free(o, now)]
        wanted = self._rng.sample(free, min(len(free), self._rng.randint(1, 4)))
        if not wanted:
            return []
        hold = self._rng.randbytes(16).hex()
        buyer = self._rng.randbytes(16).hex()
        until = now + TTL
        places = tuple(self._held_place(section, ordinal) for ordinal in wanted)
        facts: Facts = []
        placed = CartHoldPlaced(
            hold=hold,
            buyer=buyer,
            performance=self.performance,
            places=places,
            until=until,
            price_list=0,
        )
        mine = _Hold(placed)
        for place in places:
            facts += self._taken_over(place)
            held = TicketHeld(
                hold=hold,
                section=section,
                category=place.category,
                price=place.price,
                until=until,
            )
            facts.append((ticket_stream(self.performance, place.ordinal), held))
            self._owner[place.ordinal] = mine
        self._holds.append(mine)
        return [*facts, (self._allowance(buyer), placed)]

    def _is_free(self, ordinal: int, now: datetime) -> bool:
        owner = self._owner[ordinal]
        return owner is None or (owner.open and _is_overdue(owner, now))

    def _held_place(self, section: int, ordinal: int) -> HeldPlace:
        category = self._category(ordinal)
        label = f"Section {section} 1-{ordinal}"
        return HeldPlace(ordinal, section, category, label, PRICES[category])

    def _taken_over(self, place: HeldPlace) -> Facts:
        owner = self._owner[place.ordinal]
        return [] if owner is None else [self._freed(owner, place, "expired")]

    def _end(self, hold: _Hold, reason: ReleaseReason) -> Facts:
        hold.open = False
        facts: Facts = []
        for place in hold.placed.places:
            if self._owner[place.ordinal] is hold:
                self._owner[place.ordinal] = None
                facts.append(self._freed(hold, place, reason))
        placed = hold.placed
        ended = CartHoldReleased(hold=placed.hold, buyer=placed.buyer, reason=reason)
        return [*facts, (self._allowance(placed.buyer), ended)]

    def _freed(
        self, hold: _Hold, place: HeldPlace, reason: ReleaseReason
    ) -> tuple[StreamId, Event]:
        event = TicketReleased(
            hold=hold.placed.hold,
            section=place.section,
            category=place.category,
            reason=reason,
        )
        return ticket_stream(self.performance, place.ordinal), event

    def _sell(self, hold: _Hold) -> Facts:
        hold.open = False
        placed = hold.placed
        code = order_code(hashlib.sha256(placed.hold.encode()).digest()[:8])
        facts: Facts = [
            (ticket_stream(self.performance, p.ordinal), _sold(placed, p, code))
            for p in placed.places
        ]
        lines = tuple(
            OrderLine(p.ordinal, p.label, p.category, p.price) for p in placed.places
        )
        amount = total((line.price for line in lines), "USD")
        confirmed = OrderConfirmed(
            order=code,
            performance=self.performance,
            buyer=placed.buyer,
            hold=placed.hold,
            lines=lines,
            total=amount,
        )
        captured = PaymentCaptured(
            order=code,
            provider="sandbox",
            attempt=placed.hold,
            reference="r",
            amount=amount,
        )
        converted = CartHoldConverted(hold=placed.hold, buyer=placed.buyer, order=code)
        return [
            *facts,
            (self._allowance(placed.buyer), converted),
            (order_stream(code), confirmed),
            (payment_stream(code), captured),
        ]

    def _allowance(self, buyer: str) -> StreamId:
        return allowance_stream(self.performance, BuyerId(buyer))


def _is_overdue(hold: _Hold, now: datetime) -> bool:
    return now >= hold.placed.until + timedelta(seconds=1)


def _sold(placed: CartHoldPlaced, place: HeldPlace, code: OrderCode) -> TicketSold:
    return TicketSold(
        hold=placed.hold,
        order=code,
        section=place.section,
        category=place.category,
        price=place.price,
    )


def history(
    seed: int,
    *,
    performances: int = 2,
    sections: int = 2,
    places: int = 12,
    commands: int = 60,
    step_s: float = 30.0,
    begin: datetime = MORNING,
) -> Iterator[tuple[datetime, Facts]]:
    """Tell what happened, command by command, with the time of each.

    A log with a clock of its own records all of it at once: let it `begin` long enough
    ago, so that what expired in the history is overdue by that clock too.
    """
    rng = random.Random(seed)
    sales = [
        Sale(
            rng,
            number=seed * 1000 + at + 1,
            sections=sections,
            places=places,
            begin=begin,
        )
        for at in range(performances)
    ]
    now = begin
    for sale in sales:
        yield now, sale.opening()
    for _ in range(commands):
        now += timedelta(seconds=step_s * rng.random())
        if facts := rng.choice(sales).step(now):
            yield now, facts
    yield now, sales[0].closing()
