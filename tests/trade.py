"""A sale that is simulated: what its buyers and its staff do, as facts.

It shares no code with the deciders. Every step is one command; what it gives is what
the house would have appended.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from boxoffice.domain.catalogue.events import (
    Category,
    ManifestPlace,
    PerformanceMoved,
    PerformanceScheduled,
    SaleClosed,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.ids import (
    BuyerId,
    PerformanceId,
    StreamId,
    allowance_stream,
    comp_budget_stream,
    order_code,
    performance_stream,
    price_list_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldChanged,
    CartHoldConverted,
    CartHoldOrdered,
    CartHoldPlaced,
    CartHoldReleased,
    CartHoldRenewed,
    CartHoldReturned,
    HeldPlace,
    ReleaseReason,
    ReturnReason,
    TicketHeld,
    TicketHoldRenewed,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import LevelPrice, PricesSet, PriceType
from boxoffice.domain.promotions.events import CompBudgetSet
from tests.ordering import Facts, Hold, Order, line_of

MORNING = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TTL = timedelta(seconds=600)
CAP = timedelta(seconds=1_800)
TYPES = (PriceType("adult", "Adult"), PriceType("child", "Child", proof="Show a pass."))
PRICES = {
    (0, "adult"): Money(9000, "USD"),
    (1, "adult"): Money(4500, "USD"),
    (0, "child"): Money(4500, "USD"),
    (1, "child"): Money(2250, "USD"),
}
CATEGORIES = 2
PLACES_MAX = 4
BUDGET = CompBudgetSet(budget="press", places_max=100_000, face_max=Money(10**9, "USD"))


class Sale:
    """One performance and what may still be done about it."""

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
        self._holds: list[Hold] = []
        self._orders: list[Order] = []
        self._owner: dict[int, Hold | Order | None] = {}
        self._sections = [
            range(1 + at * places, 1 + (at + 1) * places) for at in range(sections)
        ]

    # ------------------------------------------------------- the house itself

    def opening(self) -> Facts:
        """Schedule the performance, lay out its sections, set prices, open the sale."""
        where = performance_stream(self.performance)
        levels = tuple(
            LevelPrice(category, price, kind)
            for (category, kind), price in PRICES.items()
        )
        laid_out = [(where, self._laid_out(at)) for at in range(len(self._sections))]
        prices = PricesSet(prices=levels, types=TYPES)
        return [
            (where, self._scheduled()),
            *laid_out,
            (price_list_stream(self.performance), prices),
            (where, SaleOpened()),
            (comp_budget_stream(BUDGET.budget), BUDGET),
        ]

    def moving(self) -> Facts:
        """Move the performance by a day."""
        moved = PerformanceMoved(
            starts_at=self._begin + timedelta(days=31),
            sale_until=self._begin + timedelta(days=31),
            refund_until=self._begin + timedelta(days=20),
            by="staff:mia",
            reason="snow",
        )
        return [(performance_stream(self.performance), moved)]

    def closing(self) -> Facts:
        """Close the sale."""
        where = performance_stream(self.performance)
        return [(where, SaleClosed(reason="doors"))]

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
            ManifestPlace(n, f"Section {section} 1-{n}", n % CATEGORIES)
            for n in self._sections[section]
        ]
        for place in places:
            self._owner[place.ordinal] = None
        name = f"Section {section}"
        return SectionLaidOut(section=section, name=name, places=tuple(places))

    # --------------------------------------------------------------- the steps

    def step(self, now: datetime) -> Facts:
        """Do something that could be done now; nothing when nothing is possible."""
        steps = (
            (0.40, self._hold),
            (0.08, self._end_overdue),
            (0.08, self._release),
            (0.08, self._change),
            (0.06, self._renew),
            (0.14, self._order),
            (0.16, self._go_on),
        )
        choice = self._rng.random()
        for share, step in steps:
            if choice < share:
                return step(now)
            choice -= share
        return []

    def _go_on(self, now: datetime) -> Facts:
        """Let an order take its next step."""
        if not self._orders:
            return []
        order = self._rng.choice(self._orders[-10:])
        hold = order.hold
        match order.next_step(self._rng.random(), overdue=now > order.pay_by):
            case "expire":
                ended = self._ended(hold, "cancelled")
                return [*ended, *order.expired()]
            case "confirm":
                if not self._has_all(hold):
                    return []
                return [*self._sold(hold, order), *order.confirmed(now)]
            case "refund":
                return self._refund(order)
            case "void":
                refs = list(order.valid)
                facts = self._returned(order, refs, "voided")
                return [*facts, *order.voided(refs)]
            case _:
                return order.money(self._rng.random())

    def _hold(self, now: datetime) -> Facts:
        section = self._rng.randrange(len(self._sections))
        free = [o for o in self._sections[section] if self._is_free(o, now)]
        wanted = self._rng.sample(free, min(len(free), self._rng.randint(1, 4)))
        if not wanted:
            return []
        hold = Hold(
            self._rng.randbytes(16).hex(),
            self._rng.randbytes(16).hex(),
            {ordinal: self._place(section, ordinal) for ordinal in wanted},
            now + TTL,
            now + CAP,
        )
        placed = CartHoldPlaced(
            hold=hold.hold,
            buyer=hold.buyer,
            performance=self.performance,
            places=tuple(hold.places.values()),
            until=hold.until,
            cap=hold.cap,
        )
        facts = self._taken(hold, hold.places.values())
        self._holds.append(hold)
        return [*facts, (self._allowance(hold), placed)]

    def _release(self, now: datetime) -> Facts:
        hold = self._pick(now)
        return self._ended(hold, "released") if hold else []

    def _end_overdue(self, now: datetime) -> Facts:
        overdue = [h for h in self._holds if h.state == "open" and h.is_overdue(now)]
        return self._ended(overdue[0], "expired") if overdue else []

    def _renew(self, now: datetime) -> Facts:
        hold = self._pick(now)
        until = min(now + TTL, hold.cap) if hold else now
        if hold is None or until <= hold.until:
            return []
        renewed = CartHoldRenewed(hold=hold.hold, buyer=hold.buyer, until=until)
        return [*self._renewed(hold, until), (self._allowance(hold), renewed)]

    def _change(self, now: datetime) -> Facts:
        """Add a place, or take one out."""
        hold = self._pick(now)
        if hold is None:
            return []
        section = next(iter(hold.places.values())).section
        free = [o for o in self._sections[section] if self._is_free(o, now)]
        facts: Facts = []
        if free and len(hold.places) < PLACES_MAX and self._rng.random() < 0.6:
            until = max(hold.until, min(now + TTL, hold.cap))
            if until > hold.until:
                facts += self._renewed(hold, until)
            place = self._place(section, free[0])
            hold.places[place.ordinal] = place
            facts += self._taken(hold, [place])
        elif len(hold.places) > 1:
            gone = hold.places.pop(next(iter(hold.places)))
            self._owner[gone.ordinal] = None
            facts.append(self._freed(hold, gone, "removed"))
        else:
            return []
        changed = CartHoldChanged(
            hold=hold.hold,
            buyer=hold.buyer,
            places=tuple(hold.places.values()),
            until=hold.until,
        )
        return [*facts, (self._allowance(hold), changed)]

    def _order(self, now: datetime) -> Facts:
        hold = self._pick(now)
        if hold is None:
            return []
        hold.state = "ordered"
        code = order_code(hashlib.sha256(hold.hold.encode()).digest()[:8])
        pay_by = min(hold.cap, max(hold.until, now + TTL))
        facts = self._renewed(hold, pay_by) if pay_by > hold.until else []
        lines = tuple(line_of(self.performance, p) for p in hold.places.values())
        is_comp = self._rng.random() < 0.15
        order = Order(code, self.performance, hold, lines, pay_by, is_comp=is_comp)
        self._orders.append(order)
        ordered = CartHoldOrdered(
            hold=hold.hold, buyer=hold.buyer, order=code, until=hold.until
        )
        facts = [*facts, (self._allowance(hold), ordered), *order.placed()]
        if is_comp:
            return [*facts, *self._sold(hold, order), *order.confirmed(now)]
        return facts

    def _refund(self, order: Order) -> Facts:
        count = self._rng.randint(1, len(order.valid))
        refs = self._rng.sample(list(order.valid), count)
        facts = self._returned(order, refs, "refunded")
        return [*facts, *order.refunded(refs, fee=self._rng.choice((0, 250)))]

    # ------------------------------------------------------------- their facts

    def _pick(self, now: datetime) -> Hold | None:
        """Choose a hold that stands whole."""
        self._holds = [h for h in self._holds if h.state == "open"]
        payable = [h for h in self._holds[-20:] if now <= h.until and self._has_all(h)]
        return self._rng.choice(payable) if payable else None

    def _has_all(self, hold: Hold) -> bool:
        return all(self._owner[ordinal] is hold for ordinal in hold.places)

    def _is_free(self, ordinal: int, now: datetime) -> bool:
        owner = self._owner[ordinal]
        return owner is None or (isinstance(owner, Hold) and owner.is_overdue(now))

    def _place(self, section: int, ordinal: int) -> HeldPlace:
        category = ordinal % CATEGORIES
        kind = self._rng.choice(("adult", "adult", "child"))
        label = f"Section {section} 1-{ordinal}"
        price = PRICES[category, kind]
        return HeldPlace(ordinal, section, category, label, price, kind)

    def _taken(self, hold: Hold, places: Iterable[HeldPlace]) -> Facts:
        facts: Facts = []
        for place in places:
            owner = self._owner[place.ordinal]
            if isinstance(owner, Hold):
                facts.append(self._freed(owner, place, "expired"))
            held = TicketHeld(
                hold=hold.hold,
                section=place.section,
                category=place.category,
                price=place.price,
                until=hold.until,
            )
            facts.append((self._ticket(place.ordinal), held))
            self._owner[place.ordinal] = hold
        return facts

    def _renewed(self, hold: Hold, until: datetime) -> Facts:
        hold.until = until
        return [
            (
                self._ticket(place.ordinal),
                TicketHoldRenewed(
                    hold=hold.hold,
                    section=place.section,
                    category=place.category,
                    until=until,
                ),
            )
            for place in hold.places.values()
        ]

    def _ended(self, hold: Hold, reason: ReleaseReason) -> Facts:
        hold.state = "over"
        facts: Facts = []
        for place in hold.places.values():
            if self._owner[place.ordinal] is hold:
                self._owner[place.ordinal] = None
                facts.append(self._freed(hold, place, reason))
        ended = CartHoldReleased(hold=hold.hold, buyer=hold.buyer, reason=reason)
        return [*facts, (self._allowance(hold), ended)]

    def _freed(
        self, hold: Hold, place: HeldPlace, reason: ReleaseReason
    ) -> tuple[StreamId, Event]:
        event = TicketReleased(
            hold=hold.hold,
            section=place.section,
            category=place.category,
            reason=reason,
        )
        return self._ticket(place.ordinal), event

    def _sold(self, hold: Hold, order: Order) -> Facts:
        hold.state = "over"
        facts: Facts = []
        for line in order.lines:
            self._owner[line.ordinal] = order
            sold = TicketSold(
                hold=hold.hold,
                order=order.code,
                section=line.section,
                category=line.category,
                price=line.price,
                price_type=line.price_type,
            )
            facts.append((self._ticket(line.ordinal), sold))
        converted = CartHoldConverted(
            hold=hold.hold, buyer=hold.buyer, order=order.code
        )
        return [*facts, (self._allowance(hold), converted)]

    def _returned(
        self, order: Order, refs: Sequence[int], reason: ReturnReason
    ) -> Facts:
        facts: Facts = []
        for ref in refs:
            line = order.valid[ref]
            self._owner[ref] = None
            returned = TicketReturned(
                order=order.code,
                section=line.section,
                category=line.category,
                price=line.price,
                reason=reason,
                price_type=line.price_type,
            )
            facts.append((self._ticket(ref), returned))
        hold = order.hold
        back = CartHoldReturned(hold=hold.hold, buyer=hold.buyer, ordinals=tuple(refs))
        return [*facts, (self._allowance(hold), back)]

    def _ticket(self, ordinal: int) -> StreamId:
        return ticket_stream(self.performance, ordinal)

    def _allowance(self, hold: Hold) -> StreamId:
        return allowance_stream(self.performance, BuyerId(hold.buyer))
