"""The queries over the log agree with the log, however it grew."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from boxoffice.application.ports.log import LogRecord, TaggedReader
from boxoffice.application.queries import tail as tail_module
from boxoffice.application.queries.catalogue import Catalogue
from boxoffice.application.queries.holds import Holds
from boxoffice.application.queries.orders import (
    find_order,
    list_approvals,
    list_orders,
)
from boxoffice.application.queries.tail import Tail
from boxoffice.application.rebuild import rebuild
from boxoffice.domain.catalogue.events import PerformanceCancelled
from boxoffice.domain.ids import (
    BuyerId,
    Family,
    HoldId,
    PerformanceId,
    performance_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
)
from boxoffice.domain.orders.events import OrderConfirmed, OrderPlaced
from boxoffice.errors import NotFound, Unavailable
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.readmodels.order import ORDER as ORDERS
from tests.histories import Clock, Recorder, history
from tests.ordering import Facts
from tests.read_side import memory_house

Placed = dict[str, CartHoldPlaced]
Endings = dict[str, str]


@dataclass
class Log:
    """A log that grows by a history, and what its holds should look like."""

    clock: Clock = field(default_factory=Clock)
    placed: Placed = field(default_factory=dict)
    endings: Endings = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = MemoryEventStore(now=self.clock)
        self.recorder = Recorder(self.store, self.clock)

    def record(self, facts: Facts) -> None:
        self.recorder.record(facts)
        for _, event in facts:
            match event:
                case CartHoldPlaced():
                    self.placed[event.hold] = event
                case CartHoldReleased():
                    self.endings[event.hold] = event.reason
                case CartHoldConverted():
                    self.endings[event.hold] = "sold"

    async def check(self, holds: Holds) -> None:
        """Ask for every hold and compare."""
        for name, placed in self.placed.items():
            found = await holds.find(
                PerformanceId(placed.performance),
                HoldId(name),
                buyer=BuyerId(placed.buyer),
            )
            assert found.hold.placed == placed
            assert found.hold.ended == self.endings.get(name)


@pytest.mark.parametrize("houses_max", [1, 3])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_holds_follow_the_log_wherever_they_were_first_asked_for(
    seed: int, houses_max: int
) -> None:
    log = Log()
    holds = Holds(log.store, Tail(log.store), houses_max=houses_max)
    for number, (_, facts) in enumerate(history(seed, performances=3, commands=45)):
        log.record(facts)
        if number % 7 == 0:
            await log.check(holds)
    await log.check(holds)
    assert log.endings


async def test_holds_asked_for_at_once_are_all_right() -> None:
    log = Log()
    holds = Holds(log.store, Tail(log.store), houses_max=1)
    for _, facts in history(4, performances=3, commands=60):
        log.record(facts)
    await asyncio.gather(*(log.check(holds) for _ in range(5)))


async def test_no_more_houses_are_kept_than_allowed() -> None:
    log = Log()
    holds = Holds(log.store, Tail(log.store), houses_max=2)
    for _, facts in history(5, performances=4, commands=60):
        log.record(facts)
    await log.check(holds)
    assert len(holds._houses) <= 2


async def test_another_buyers_hold_is_not_found() -> None:
    log = Log()
    holds = Holds(log.store, Tail(log.store), houses_max=2)
    for _, facts in history(6, commands=20):
        log.record(facts)
    placed = next(iter(log.placed.values()))
    of, hold = PerformanceId(placed.performance), HoldId(placed.hold)
    with pytest.raises(NotFound):
        await holds.find(of, hold, buyer=BuyerId("f" * 32))


class Flaky:
    """A log that fails to answer while it is told to."""

    def __init__(self, store: TaggedReader) -> None:
        self._store = store
        self.is_away = False
        self.reads = 0

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        self._check()
        return self._store.families(families)

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        self._check()
        return self._store.read(after=after, limit=limit)

    def tagged(
        self, tags: Collection[str], *, after: int, upto: int
    ) -> list[LogRecord]:
        self._check()
        return self._store.tagged(tags, after=after, upto=upto)

    def _check(self) -> None:
        self.reads += 1
        if self.is_away:
            raise Unavailable


async def test_after_the_log_was_away_holds_are_right_again() -> None:
    log = Log()
    flaky = Flaky(log.store)
    holds = Holds(flaky, Tail(flaky), houses_max=2)
    for number, (_, facts) in enumerate(history(7, commands=40)):
        log.record(facts)
        flaky.is_away = number % 3 == 0
        if log.placed and flaky.is_away:
            with pytest.raises(Unavailable):
                await log.check(holds)
    flaky.is_away = False
    await log.check(holds)


async def test_the_tail_shows_every_record_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tail_module, "PAGE_MAX", 7)
    log = Log()
    seen: list[int] = []
    tail = Tail(log.store)
    tail.feed(lambda record: seen.append(record.position), tags=())
    for _, facts in history(8, commands=30):
        log.record(facts)
        await asyncio.gather(*(tail.catch_up() for _ in range(3)))
        assert tail.position == log.store.head().position
    assert seen == list(range(1, len(seen) + 1))


async def test_callers_who_come_together_share_a_read() -> None:
    log = Log()
    flaky = Flaky(log.store)
    tail = Tail(flaky)
    await asyncio.gather(*(tail.catch_up() for _ in range(100)))
    assert flaky.reads <= 2


async def test_the_catalogue_shows_each_sale_as_it_is() -> None:
    log = Log()
    catalogue = Catalogue(log.store, Tail(log.store))
    assert await catalogue.performances() == []
    for _, facts in history(9, performances=2, sections=3, places=5, commands=5):
        log.record(facts)
    closed, opened = await catalogue.performances()
    assert (closed.open, opened.open) == (False, True)
    assert [section.places for section in opened.sections] == [5, 5, 5]
    assert [opened.prices[at].minor for at in (0, 1)] == [9000, 4500]
    assert opened.price_list == 0


async def test_an_order_is_found_by_its_code_alone() -> None:
    log = Log()
    orders: dict[str, OrderConfirmed] = {}
    for _, facts in history(10, commands=60):
        log.record(facts)
        orders |= {e.order: e for _, e in facts if isinstance(e, OrderConfirmed)}
    assert orders
    for code, order in orders.items():
        known = await find_order(log.store, code)
        assert (known.code, known.position) == (code, known.facts[-1].position)
        assert order in [fact.event for fact in known.facts]
        assert known.order.person
        assert known.order.lines == order.lines
        assert known.payment.attempts or known.order.channel == "comp"


async def test_an_order_that_nobody_paid_for_is_found_too() -> None:
    log = Log()
    placed: set[str] = set()
    for _, facts in history(10, commands=60):
        log.record(facts)
        placed |= {e.order for _, e in facts if isinstance(e, OrderPlaced)}
    found = [(await find_order(log.store, code)).order for code in placed]
    assert {"expired", "placed", "confirmed"} >= {order.status for order in found}
    assert {order.status for order in found} > {"confirmed"}


async def test_orders_are_listed_page_by_page() -> None:
    house = memory_house()
    house.recorder.play(history(11, commands=300, places=60))
    await rebuild(house.side)
    keys = await house.documents.keys("order", 2)
    stored = await house.documents.get("order", 2, keys)
    orders = sorted(
        (ORDERS.decode(one.body) for one in stored.values()), key=lambda o: o.number
    )
    performance = PerformanceId(orders[0].performance)
    expected = [o for o in orders if o.performance == performance]
    seen: list[str] = []
    after: int | None = None
    while True:
        page = await list_orders(
            house.documents, performance=performance, after=after, limit=4
        )
        assert len(page.orders) <= 4
        seen += [order.order for order in page.orders]
        after = page.after
        if after is None:
            break
    assert seen == [order.order for order in expected]
    newest = await list_orders(
        house.documents, performance=performance, newest=True, limit=2
    )
    assert [o.order for o in newest.orders] == seen[:-3:-1]
    for status in ("placed", "confirmed", "expired"):
        page = await list_orders(house.documents, status=status)
        assert list(page.orders) == [o for o in orders if o.status == status]
        page = await list_orders(
            house.documents, performance=performance, status=status
        )
        assert list(page.orders) == [o for o in expected if o.status == status]
    assert (await list_approvals(house.documents)).orders == ()


@pytest.mark.parametrize("code", ["", "ABCDEFGHJK", "abcdefghjk", "é" * 10, "A" * 999])
async def test_a_code_of_no_order_is_not_found(code: str) -> None:
    with pytest.raises(NotFound):
        await find_order(Log().store, code)


async def test_the_programme_shows_types_moves_and_cancellations() -> None:
    log = Log()
    for _, facts in history(12, commands=5):
        log.record(facts)
    catalogue = Catalogue(log.store, Tail(log.store))
    moved = (await catalogue.performances())[-1]
    assert [kind.code for kind in moved.types] == ["adult", "child"]
    assert moved.types[1].proof
    assert moved.default_type == "adult"
    assert moved.prices == {
        category: prices["adult"] for category, prices in moved.prices_by_type.items()
    }
    assert moved.prices_by_type[0]["child"].minor == 4500
    assert moved.refund_until is not None
    off = PerformanceCancelled(by="staff:mia", reason="flood")
    log.record([(performance_stream(moved.performance), off)])
    cancelled = await catalogue.performance(moved.performance)
    assert (cancelled.cancelled, cancelled.open) == (True, False)
