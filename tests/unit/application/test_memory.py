"""What the writer remembers: houses and orders, each kind within its own bound."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest
from msgspec.structs import replace

from boxoffice.application.ports.log import LogRecord
from boxoffice.application.requests import Accepted, Request
from boxoffice.application.write_path import WritePath
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    Family,
    HoldId,
    OrderCode,
    PerformanceId,
    family,
    order_family,
    price_list_stream,
)
from boxoffice.domain.message import Command, Meta
from boxoffice.errors import Corrupt, NotFound, OrderNotOpen, Unavailable
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import (
    NOON,
    PERFORMANCE,
    hold_places,
    on_sale,
    place_order,
    settle,
    store_facts,
)

META = Meta(command="c", correlation="c", actor="test", venue="main")


class Watched(MemoryEventStore):
    """A log that notes which families are read."""

    def __init__(self) -> None:
        super().__init__(now=lambda: NOON)
        self.asked: list[Family] = []
        self.away = False
        self.torn: bytes | None = None

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        self.asked += families
        if self.away:
            raise Unavailable
        found = super().families(families)
        return found if self.torn is None else [self._damaged(one) for one in found]

    def _damaged(self, record: LogRecord) -> LogRecord:
        return record if record.stream != self.torn else replace(record, data=b"{")


@pytest.fixture
def store() -> Watched:
    store = Watched()
    store_facts(store, on_sale(places=100))
    return store


class House:
    """A writer with room for one house and two orders."""

    def __init__(self, store: Watched) -> None:
        self.path = WritePath(store, families_max=1, orders_max=2)
        self.numbers = count(1)

    def ask(self, command: Command) -> object:
        request = Request(next(self.numbers).to_bytes(16, "big"), b"", command, META)
        return self.path.step([request])[request.command_id]

    def buy(self, number: int) -> OrderCode:
        buyer, hold = BuyerId(f"{number:032x}"), HoldId(f"{number:032x}")
        code, attempt = OrderCode(f"ORDER{number}"), AttemptId(f"{number:032x}")
        held = self.ask(hold_places(number, buyer=buyer, hold=hold))
        assert isinstance(held, Accepted), held
        placed = self.ask(
            place_order(buyer=buyer, hold=hold, order=code, attempt=attempt)
        )
        assert isinstance(placed, Accepted), placed
        return code

    def pay(self, number: int) -> object:
        code, attempt = OrderCode(f"ORDER{number}"), AttemptId(f"{number:032x}")
        return self.ask(settle("captured", order=code, attempt=attempt))


def test_a_new_order_is_known_without_reading_it(store: Watched) -> None:
    house = House(store)
    code = house.buy(1)
    assert isinstance(house.pay(1), Accepted)
    assert order_family(code) not in store.asked


def test_orders_never_push_a_house_out(store: Watched) -> None:
    house = House(store)
    for number in range(1, 11):
        house.buy(number)
    assert 1 == store.asked.count(family(PERFORMANCE))


def test_asking_for_what_does_not_exist_pushes_no_house_out(store: Watched) -> None:
    house = House(store)
    house.buy(1)
    for number in range(5):
        nowhere = PerformanceId(f"{number:024x}")
        assert isinstance(house.ask(hold_places(1, performance=nowhere)), NotFound)
    house.buy(2)
    assert 1 == store.asked.count(family(PERFORMANCE))


def test_an_order_that_was_forgotten_is_read_again(store: Watched) -> None:
    house = House(store)
    first = house.buy(1)
    for number in (2, 3, 4):
        house.buy(number)
    assert isinstance(house.pay(1), Accepted)
    assert order_family(first) in store.asked


def test_what_becomes_a_house_later_counts_as_one(store: Watched) -> None:
    house = House(store)
    later = PerformanceId("c" * 24)
    assert isinstance(house.ask(hold_places(1, performance=later)), NotFound)
    store_facts(store, on_sale(later))
    assert isinstance(house.ask(hold_places(1, performance=later)), Accepted)
    assert [family(later)] == [*house.path._memory._houses]


def test_another_process_may_have_ended_the_order_meanwhile(store: Watched) -> None:
    ours, theirs = House(store), House(store)
    theirs.numbers = count(1_000)
    ours.buy(1)
    assert isinstance(theirs.pay(1), Accepted)
    late = ours.ask(
        place_order(
            buyer=BuyerId(f"{1:032x}"),
            hold=HoldId(f"{1:032x}"),
            order=OrderCode("ORDER1"),
        )
    )
    assert not isinstance(late, Accepted | OrderNotOpen)


def test_what_could_not_be_read_is_read_when_it_can_be(store: Watched) -> None:
    house = House(store)
    store.away = True
    assert isinstance(house.ask(hold_places(1)), Unavailable)
    store.away = False
    assert isinstance(house.ask(hold_places(1)), Accepted)


def test_what_was_read_in_part_is_not_taken_for_the_whole(store: Watched) -> None:
    house = House(store)
    store.torn = price_list_stream(PERFORMANCE)
    assert isinstance(house.ask(hold_places(1)), Corrupt)
    store.torn = None
    assert isinstance(house.ask(hold_places(1)), Accepted)
