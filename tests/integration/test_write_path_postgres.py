"""Two processes on one PostgreSQL log: nothing is decided on what is no longer so.

Each test lets one writer remember the house, changes the log behind its back as
another process would, and asks for what was true a moment ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from boxoffice import bootstrap
from boxoffice.application.requests import Accepted, Answer, Request
from boxoffice.application.write_path import WritePath
from boxoffice.application.writer import ask
from boxoffice.domain.catalogue.commands import CloseSale
from boxoffice.domain.ids import BuyerId, HoldId, OrderCode, PerformanceId
from boxoffice.domain.inventory.commands import HoldPlaces, ReleaseHold
from boxoffice.domain.inventory.events import CartHoldPlaced
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import LevelPrice
from boxoffice.errors import HoldNotOpen, SaleNotOpen, SeatsUnavailable
from boxoffice.infrastructure.postgres.event_store import (
    POOL_SIZE,
    PostgresEventStore,
)
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.settings import Settings
from boxoffice.testing import (
    PERFORMANCE,
    on_sale,
    place_order,
    settle,
    store_facts,
)

META = Meta(command="c", correlation="c", actor="test", venue="main")


class House:
    """A log with two writers that know nothing of each other."""

    def __init__(self, store: PostgresEventStore) -> None:
        self.store = store
        self.ours, self.theirs = (WritePath(store, families_max=4) for _ in range(2))
        self._number = 0

    def ask(self, path: WritePath, *commands: Command) -> list[Answer]:
        requests = []
        for command in commands:
            self._number += 1
            command_id = self._number.to_bytes(16, "big")
            requests.append(Request(command_id, b"", command, META))
        answers = path.step(requests)
        return [answers[request.command_id] for request in requests]

    def tags_after(self, position: int) -> list[str]:
        return [record.tag for record in self.store.read(after=position, limit=100)]


@pytest.fixture
def house(new_postgres_database: Callable[[], str]) -> Iterator[House]:
    url = new_postgres_database()
    migrate(url)
    store = PostgresEventStore(url)
    store_facts(store, on_sale(now=datetime.now(UTC)))
    yield House(store)
    store.close()


def buyer(number: int) -> BuyerId:
    return BuyerId(f"{number:032x}")


def hold(*ordinals: int, by: int) -> HoldPlaces:
    return HoldPlaces(
        now=datetime.now(UTC),
        performance=PERFORMANCE,
        buyer=buyer(by),
        hold=HoldId(f"{by:032x}"),
        ordinals=ordinals,
        ttl_s=600,
    )


def release(*, by: int) -> ReleaseHold:
    return ReleaseHold(
        now=datetime.now(UTC),
        performance=PERFORMANCE,
        buyer=buyer(by),
        hold=HoldId(f"{by:032x}"),
    )


def bought(*, by: int) -> tuple[Command, Command]:
    now, order = datetime.now(UTC), OrderCode(f"ORDER{by}")
    hold = HoldId(f"{by:032x}")
    return (
        place_order(buyer=buyer(by), hold=hold, order=order, now=now),
        settle("captured", order=order, now=now),
    )


def test_a_ticket_sold_behind_our_back_is_neither_released_nor_held(
    house: House,
) -> None:
    """Nothing of a batch that was decided on a stale ticket is stored."""
    assert isinstance(house.ask(house.ours, hold(1, by=1))[0], Accepted)
    for command in bought(by=1):
        assert isinstance(house.ask(house.theirs, command)[0], Accepted)
    position = house.store.head().position
    released, held, other = house.ask(
        house.ours, release(by=1), hold(1, by=2), hold(2, by=3)
    )
    assert HoldNotOpen is type(released)
    assert SeatsUnavailable is type(held)
    assert isinstance(other, Accepted)
    assert ["ticket-held.v1", "cart-hold-placed.v1"] == house.tags_after(position)


def test_a_sale_closed_behind_our_back_takes_no_holds(house: House) -> None:
    assert isinstance(house.ask(house.ours, hold(1, by=1))[0], Accepted)
    closing = CloseSale(
        now=datetime.now(UTC), performance=PerformanceId(PERFORMANCE), reason="alarm"
    )
    assert isinstance(house.ask(house.theirs, closing)[0], Accepted)
    assert SaleNotOpen is type(house.ask(house.ours, hold(2, by=2))[0])


def test_a_price_list_moved_behind_our_back_is_the_one_that_counts(
    house: House,
) -> None:
    assert isinstance(house.ask(house.ours, hold(1, by=1))[0], Accepted)
    dearer = Money(9900, "USD")
    prices = SetPrices(
        now=datetime.now(UTC),
        performance=PERFORMANCE,
        prices=(LevelPrice(0, dearer),),
    )
    assert isinstance(house.ask(house.theirs, prices)[0], Accepted)
    (held,) = house.ask(house.ours, hold(2, by=2))
    assert isinstance(held, Accepted)
    placed = held.facts[-1].event
    assert isinstance(placed, CartHoldPlaced)
    (place,) = placed.places
    assert (dearer, 1) == (place.price, place.price_list)


def test_a_place_released_behind_our_back_is_not_refused(house: House) -> None:
    assert isinstance(house.ask(house.ours, hold(1, by=1))[0], Accepted)
    assert isinstance(house.ask(house.theirs, release(by=1))[0], Accepted)
    assert isinstance(house.ask(house.ours, hold(1, by=2))[0], Accepted)


def test_the_clock_is_the_databases(house: House) -> None:
    assert abs(house.store.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_the_writer_waits_for_no_readers_connection(
    new_postgres_database: Callable[[], str],
) -> None:
    settings = Settings(log_url=new_postgres_database(), secret="the secret of tests")
    await bootstrap.migrate(settings)
    async with bootstrap.open_container(settings) as container:
        store = container.store
        assert isinstance(store, PostgresEventStore)
        store_facts(store, on_sale(now=datetime.now(UTC)))
        with ExitStack() as readers:
            for _ in range(POOL_SIZE):
                readers.enter_context(store.datastore.borrowed())
            request = Request(bytes(16), b"", hold(1, by=1), META)
            held = await ask(container.writer, request)
        with pytest.raises(SeatsUnavailable):
            await ask(container.writer, Request(b"2" * 16, b"", hold(1, by=2), META))
    assert held.facts
