"""The public test kit: given/when/then for decisions, builders, a clock to set.

`given(facts).when(command).then(events)` runs a command through the same routing that
the writer uses, over the facts alone: no store, no clock, no randomness.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from boxoffice.application.codec import encode, tag_of
from boxoffice.application.memory import NO_STREAM, evolved
from boxoffice.application.ports.log import Append, LogWriter, Stored
from boxoffice.application.routing import decide
from boxoffice.domain.catalogue.events import (
    Category,
    ManifestPlace,
    PerformanceScheduled,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.decider import Aggregate, Decision
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    CustomerId,
    HoldId,
    OrderCode,
    PerformanceId,
    PersonId,
    RefundId,
    StreamId,
    performance_stream,
    price_list_stream,
)
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.message import Command, Event, Meta
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import PlaceOrder
from boxoffice.domain.payments.commands import PaymentStatus, SettlePayment
from boxoffice.domain.pricing.events import LevelPrice, PricesSet
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.errors import BoxOfficeError

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
"""The time it is in tests unless they say otherwise."""
HALL = ZoneInfo("America/Los_Angeles")
"""Where performances take place."""
PERFORMANCE = PerformanceId("0123456789abcdef01234567")
ANN = BuyerId("a" * 32)
BOB = BuyerId("b" * 32)
FULL_PRICE = Money(4500, "USD")
HOLD = HoldId("1" * 32)
SPARE = HoldId("5" * 32)
ORDER = OrderCode("ABCDEFGHJK")
ATTEMPT = AttemptId("2" * 32)
REFUND = RefundId("3" * 32)
PERSON = PersonId("4" * 32)
CUSTOMER = CustomerId("6" * 32)


class Scenario:
    """Facts that happened, and the outcome of one command on top of them."""

    def __init__(self, facts: Iterable[tuple[StreamId, Event]]) -> None:
        self._entries: dict[StreamId, tuple[int, Any]] = {}
        self._happened: Decision | None = None
        self._refused: BoxOfficeError | None = None
        for stream, event in facts:
            self._entries[stream] = evolved(self._entries.get(stream), event)

    def state(self, stream_id: StreamId, aggregate: Aggregate) -> Any:
        """Give a state: a scenario is a `View`."""
        entry = self._entries.get(stream_id)
        return entry[1] if entry else aggregate.initial()

    def when(self, command: Command) -> Scenario:
        """Decide the command."""
        try:
            self._happened = decide(self, command)
        except BoxOfficeError as refusal:
            self._refused = refusal
        return self

    @property
    def happened(self) -> Decision:
        """What the command did; fails when it was refused."""
        if self._refused is not None:
            raise self._refused
        assert self._happened is not None, "call `when` first"
        return self._happened

    def then(self, *expected: tuple[StreamId, Event]) -> None:
        """Demand exactly these facts, in this order."""
        assert list(expected) == self.happened

    def refused(self, kind: type[BoxOfficeError], **data: object) -> BoxOfficeError:
        """Demand this refusal, with these data; give it back."""
        assert self._refused is not None, f"expected {kind.__name__}, but it happened"
        assert kind is type(self._refused), repr(self._refused)
        assert data.items() <= self._refused.data.items(), self._refused.data
        return self._refused


def given(*facts: tuple[StreamId, Event]) -> Scenario:
    """Start a scenario."""
    return Scenario(facts)


def on_sale(
    performance: PerformanceId = PERFORMANCE,
    *,
    places: int = 10,
    categories: Sequence[Money] = (FULL_PRICE,),
    now: datetime = NOON,
    prices: PricesSet | None = None,
) -> list[tuple[StreamId, Event]]:
    """Give the facts of a performance on sale: one section, ordinals 1 to `places`.

    Price levels take turns over the places. Without `prices` there is one price type.
    """
    where = performance_stream(performance)
    day = timedelta(days=1)
    starts_at = now + 30 * day
    levels = tuple(Category(f"Level {i}", "#336699") for i in range(len(categories)))
    scheduled = PerformanceScheduled(
        performance=performance,
        production="f" * 24,
        title="Neon Nights",
        plan="e" * 24,
        plan_version=0,
        starts_at=starts_at,
        zone=HALL.key,
        currency=categories[0].currency,
        sale_from=now - day,
        sale_until=starts_at,
        categories=levels,
        sections=("Stalls",),
    )
    laid_out = SectionLaidOut(
        section=0,
        name="Stalls",
        places=tuple(
            ManifestPlace(n, f"Stalls A-{n}", (n - 1) % len(levels))
            for n in range(1, places + 1)
        ),
    )
    plain = tuple(
        LevelPrice(i, price, parts=PriceParts(price.minor))
        for i, price in enumerate(categories)
    )
    return [
        (where, scheduled),
        (where, laid_out),
        (where, SaleOpened()),
        (
            price_list_stream(performance),
            prices or PricesSet(prices=plain, day=starts_at.astimezone(HALL).date()),
        ),
    ]


def told(
    facts: Iterable[tuple[StreamId, Event]], *commands: Command
) -> list[tuple[StreamId, Event]]:
    """Give the facts, and after them what each command made of all before it."""
    story = list(facts)
    for command in commands:
        story += given(*story).when(command).happened
    return story


def hold_places(
    *ordinals: int,
    performance: PerformanceId = PERFORMANCE,
    buyer: BuyerId = ANN,
    hold: HoldId = HOLD,
    now: datetime = NOON,
) -> HoldPlaces:
    """Ask for places for ten minutes, half an hour at most."""
    return HoldPlaces(
        now=now,
        performance=performance,
        buyer=buyer,
        hold=hold,
        ordinals=ordinals,
        ttl_s=600,
        cap_s=1_800,
    )


def place_order(
    *,
    performance: PerformanceId = PERFORMANCE,
    buyer: BuyerId = ANN,
    hold: HoldId = HOLD,
    order: OrderCode = ORDER,
    customer: CustomerId = CUSTOMER,
    attempt: AttemptId = ATTEMPT,
    promotion: str | None = None,
    now: datetime = NOON,
) -> PlaceOrder:
    """Order a hold, to be paid within ten minutes."""
    return PlaceOrder(
        now=now,
        performance=performance,
        buyer=buyer,
        hold=hold,
        order=order,
        person=PERSON,
        customer=customer,
        attempt=attempt,
        promotion=promotion,
    )


def settle(
    status: PaymentStatus,
    minor: int = FULL_PRICE.minor,
    *,
    performance: PerformanceId = PERFORMANCE,
    order: OrderCode = ORDER,
    attempt: AttemptId = ATTEMPT,
    currency: str = "USD",
    spare: HoldId = SPARE,
    now: datetime = NOON,
) -> SettlePayment:
    """Bring news of an attempt for `minor` units; captured is all of it or nothing."""
    amount = Money(minor, currency)
    return SettlePayment(
        now=now,
        performance=performance,
        order=order,
        attempt=attempt,
        provider="sandbox",
        reference=f"pay-{attempt}",
        status=status,
        amount=amount,
        captured=amount if status == "captured" else Money(0, currency),
        action_url="https://pay.example/3ds" if status == "needs_action" else "",
        spare=spare,
        spare_s=900,
        refund=REFUND,
    )


def ordered(*ordinals: int) -> list[tuple[StreamId, Event]]:
    """Give the facts of a house where Ann has ordered places, one for 45 dollars."""
    return told(on_sale(), hold_places(*ordinals), place_order())


def confirmed(*ordinals: int) -> list[tuple[StreamId, Event]]:
    """Give the facts of a house where Ann has bought places and paid for them."""
    paid = FULL_PRICE.minor * len(ordinals)
    return told(
        ordered(*ordinals), settle("authorised", paid), settle("captured", paid)
    )


def store_facts(
    store: LogWriter,
    facts: Sequence[tuple[StreamId, Event]],
    *,
    version: int = NO_STREAM,
) -> None:
    """Append facts behind a writer's back, as another process would.

    `version` is what every stream has before.
    """
    batch = Append(command_ids=[_next_command_id(store)], request_hashes=[b""])
    versions: dict[StreamId, int] = {}
    meta = encode(Meta(command="", correlation="", actor="test", venue="main"))
    for stream, event in facts:
        versions[stream] = versions.get(stream, version) + 1
        batch.guards[stream] = version
        batch.event_commands.append(0)
        batch.event_streams.append(stream)
        batch.event_versions.append(versions[stream])
        batch.event_tags.append(tag_of(event))
        batch.event_datas.append(encode(event))
        batch.event_metas.append(meta)
    outcome = store.append(batch)
    assert isinstance(outcome, Stored), outcome


def _next_command_id(store: LogWriter) -> bytes:
    length = sum(1 for _ in store.read(after=0, limit=1_000_000))
    return b"fact" + length.to_bytes(12, "big")
