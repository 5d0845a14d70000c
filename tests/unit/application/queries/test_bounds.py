"""What a process keeps and reads does not grow with the log, and is right."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from datetime import timedelta

import pytest

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.queries import comp_budgets as comp_budgets_module
from boxoffice.application.queries import tail as tail_module
from boxoffice.application.queries.catalogue import Catalogue
from boxoffice.application.queries.comp_budgets import CompBudgets
from boxoffice.application.queries.holds import Holds
from boxoffice.application.queries.promotions import Promotions
from boxoffice.application.queries.tail import Tail
from boxoffice.domain.catalogue.events import PerformanceScheduled, SaleClosed
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import (
    BuyerId,
    HoldId,
    allowance_stream,
    comp_budget_stream,
    performance_stream,
    promotion_stream,
)
from boxoffice.domain.inventory.events import (
    CartHoldConverted,
    CartHoldPlaced,
    CartHoldReleased,
)
from boxoffice.domain.inventory.state import ALLOWANCE, ENDED_KEPT
from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    PromotionDefined,
    PromotionTerms,
)
from boxoffice.errors import NotFound
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import PERFORMANCE, on_sale
from tests.histories import Clock, Recorder, history
from tests.trade import MORNING

BUYER = BuyerId("0" * 32)
STREAM = allowance_stream(PERFORMANCE, BUYER)
DEADLINE = MORNING + timedelta(minutes=10)


class CountingLog(MemoryEventStore):
    """A log that counts the records that it gives away."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(now=self.clock)
        self.recorder_ = Recorder(self, self.clock)
        self.given = 0

    def read(self, *, after: int, limit: int) -> list[LogRecord]:
        return self._counted(super().read(after=after, limit=limit))

    def tagged(
        self, tags: Collection[str], *, after: int, upto: int
    ) -> list[LogRecord]:
        return self._counted(super().tagged(tags, after=after, upto=upto))

    def _counted(self, records: list[LogRecord]) -> list[LogRecord]:
        self.given += len(records)
        return records

    def record(self, *events: Event) -> None:
        """Append facts of the buyer's allowance."""
        for event in events:
            self.recorder_.record([(STREAM, event)])


@pytest.fixture
def log() -> CountingLog:
    return CountingLog()


def placed(number: int) -> CartHoldPlaced:
    return CartHoldPlaced(
        hold=name(number),
        buyer=BUYER,
        performance=PERFORMANCE,
        places=(),
        until=DEADLINE,
        cap=DEADLINE,
    )


def name(number: int) -> str:
    return f"{number:032x}"


def released(number: int) -> CartHoldReleased:
    return CartHoldReleased(hold=name(number), buyer=BUYER, reason="released")


def coming_and_going(numbers: range) -> Iterator[Event]:
    for number in numbers:
        yield placed(number)
        yield released(number)


async def known(holds: Holds, numbers: range) -> set[str]:
    """Ask for holds; name those that are found."""
    found = set()
    for number in numbers:
        try:
            hold = await holds.find(PERFORMANCE, HoldId(name(number)), buyer=BUYER)
        except NotFound:
            continue
        found.add(hold.hold.placed.hold)
    return found


async def test_a_buyer_who_holds_and_releases_for_ever_makes_nothing_grow(
    log: CountingLog,
) -> None:
    sold = [placed(900), CartHoldConverted(hold=name(900), buyer=BUYER, order="X")]
    log.record(placed(1), *sold, *coming_and_going(range(2, 60)))
    holds = Holds(log, Tail(log), houses_max=2)
    before = await known(holds, range(1, 901))
    log.record(*coming_and_going(range(60, 90)))
    after = await known(holds, range(1, 901))

    newest = {name(number) for number in range(60 - ENDED_KEPT, 60)}
    assert before == {name(1), name(900)} | newest
    newest = {name(number) for number in range(90 - ENDED_KEPT, 90)}
    assert after == {name(1), name(900)} | newest
    events = [decode(r.tag, r.data, position=0) for r in log.read(after=0, limit=999)]
    assert after == set(ALLOWANCE.fold(events).holds)


async def test_the_position_of_a_hold_is_that_of_its_last_fact(
    log: CountingLog,
) -> None:
    log.record(placed(1), placed(2), released(1))
    holds = Holds(log, Tail(log), houses_max=2)
    at = [
        (await holds.find(PERFORMANCE, HoldId(name(n)), buyer=BUYER)).position
        for n in (1, 2)
    ]
    assert at == [3, 2]


@pytest.mark.parametrize("span", [3, 10_000])
async def test_the_programme_is_known_without_reading_the_sales(
    log: CountingLog, span: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "SPAN_MAX", span)
    log.recorder_.play(history(1, performances=3, commands=200))
    whole = Tail(log)
    expected = await Catalogue(log, whole).performances()
    length = log.head().position

    log.given = 0
    tail = Tail(log, past=length)
    catalogue, promotions = Catalogue(log, tail), Promotions(tail)
    assert await catalogue.performances() == expected
    assert (await promotions.all(), tail.position) == ([], length)
    tags = [record.tag for record in log.read(after=0, limit=length)]
    of_sales = sum(tag.startswith(("ticket-", "cart-", "order-")) for tag in tags)
    assert of_sales > length / 2
    assert log.given - length <= length - of_sales


async def test_what_may_be_given_away_is_known_after_a_restart(
    log: CountingLog,
) -> None:
    worth = Money(10_000, "USD")
    budget = comp_budget_stream("press")
    terms = PromotionTerms(currency="USD", basis_points=1_000)
    log.recorder_.record(
        [
            (budget, CompBudgetSet(budget="press", places_max=4, face_max=worth)),
            (budget, CompsDrawn(budget="press", order="X", places=1, face=worth)),
            (promotion_stream("EARLY"), PromotionDefined(code="EARLY", terms=terms)),
        ]
    )
    tail = Tail(log, past=log.head().position)
    budgets, promotions = CompBudgets(tail), Promotions(tail)
    (known_budget,) = await budgets.all()
    assert (known_budget.name, known_budget.places_left) == ("press", 3)
    assert [known.code for known in await promotions.all()] == ["EARLY"]


async def test_a_budget_that_had_to_go_is_not_shown_without_its_draws(
    log: CountingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comp_budgets_module, "BUDGETS_MAX", 1)
    worth = Money(10_000, "USD")
    gala, press = comp_budget_stream("gala"), comp_budget_stream("press")
    for where, event in (
        (gala, CompBudgetSet(budget="gala", places_max=4, face_max=worth)),
        (gala, CompsDrawn(budget="gala", order="X", places=1, face=worth)),
        (press, CompBudgetSet(budget="press", places_max=4, face_max=worth)),
        (gala, CompBudgetSet(budget="gala", places_max=5, face_max=worth)),
    ):
        log.recorder_.record([(where, event)])
    assert [known.name for known in await CompBudgets(Tail(log)).all()] == ["press"]


async def test_what_happens_after_the_past_is_shown_to_every_fold(
    log: CountingLog,
) -> None:
    log.recorder_.record(on_sale(now=MORNING))
    past = log.head().position
    log.record(placed(1))
    seen: list[int] = []
    tail = Tail(log, past=past)
    tail.feed(lambda record: seen.append(record.position), tags=())
    catalogue = Catalogue(log, tail)
    assert (await catalogue.performance(PERFORMANCE)).open
    log.recorder_.record(
        [(performance_stream(PERFORMANCE), SaleClosed(reason="A pause."))]
    )
    assert not (await catalogue.performance(PERFORMANCE)).open
    assert seen == [past + 1, past + 2]


async def test_holds_are_right_when_asked_for_while_the_past_is_being_read(
    log: CountingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "SPAN_MAX", 1)
    log.record(*coming_and_going(range(1, 10)), placed(10))
    tail = Tail(log, past=log.head().position)
    holds = Holds(log, tail, houses_max=2)
    tail.begin()
    await asyncio.sleep(0)
    assert not tail.knows_past
    log.record(released(10))
    hold = await holds.find(PERFORMANCE, HoldId(name(10)), buyer=BUYER)
    assert hold.hold.ended == "released"
    assert tail.knows_past


async def test_who_asks_for_a_known_performance_early_is_not_told_half_of_it(
    log: CountingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "SPAN_MAX", 1)
    log.recorder_.record(on_sale(now=MORNING))
    tail = Tail(log, past=log.head().position)
    catalogue = Catalogue(log, tail)
    seen = asyncio.Event()
    tail.feed(lambda _: seen.set(), tags=[TAGS[PerformanceScheduled]])
    tail.begin()
    await seen.wait()
    assert not tail.knows_past
    assert (await catalogue.scheduled(PERFORMANCE)).open
