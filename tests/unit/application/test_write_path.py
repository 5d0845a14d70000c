"""The one write path, on the log in memory."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import (
    Append,
    LogRecord,
    LogWriter,
    Receipt,
    Repeated,
    Stale,
    Stored,
)
from boxoffice.application.requests import Accepted, Answer, Request
from boxoffice.application.write_path import WritePath
from boxoffice.application.writer import Job, Writer, ask
from boxoffice.domain.catalogue.events import SaleClosed
from boxoffice.domain.ids import (
    BuyerId,
    Family,
    HoldId,
    OrderCode,
    allowance_stream,
    performance_stream,
    ticket_stream,
)
from boxoffice.domain.inventory.commands import HoldPlaces, ReleaseHold
from boxoffice.domain.inventory.events import TicketSold
from boxoffice.domain.inventory.state import ALLOWANCE, ENDED_KEPT
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.orders.events import OrderConfirmed
from boxoffice.errors import (
    Conflict,
    KeyReused,
    OutcomeUnknown,
    Overloaded,
    SeatsUnavailable,
    Unavailable,
    Unstorable,
)
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import (
    FULL_PRICE,
    NOON,
    PERFORMANCE,
    on_sale,
    place_order,
    settle,
    store_facts,
)

NO_AFTER_S = 0.2
META = Meta(command="c", correlation="c", actor="buyer:a", venue="main")


def buyer(number: int) -> BuyerId:
    return BuyerId(f"{number:032x}")


def hold(*ordinals: int, by: int, key: int | None = None, body: int = 0) -> Request:
    number = by if key is None else key
    command = HoldPlaces(
        now=NOON,
        performance=PERFORMANCE,
        buyer=buyer(by),
        hold=HoldId(f"{number:032x}"),
        ordinals=ordinals,
        ttl_s=600,
    )
    return request(command, number, body=body)


def release(*, by: int, key: int, hold: int | None = None) -> Request:
    number = by if hold is None else hold
    command = ReleaseHold(
        now=NOON,
        performance=PERFORMANCE,
        buyer=buyer(by),
        hold=HoldId(f"{number:032x}"),
    )
    return request(command, key)


def order(*, by: int, key: int, code: str) -> Request:
    command = place_order(
        buyer=buyer(by), hold=HoldId(f"{by:032x}"), order=OrderCode(code)
    )
    return request(command, key)


def payment(*, key: int, code: str) -> Request:
    return request(settle("captured", order=OrderCode(code)), key)


def request(command: Command, number: int, *, body: int = 0) -> Request:
    return Request(number.to_bytes(16, "big"), bytes([body]), command, META)


def key_of(number: int) -> bytes:
    return number.to_bytes(16, "big")


def store_length(store: LogWriter) -> int:
    return len(store.read(after=0, limit=100_000))


@pytest.fixture
def store() -> MemoryEventStore:
    store = MemoryEventStore(now=lambda: NOON)
    store_facts(store, on_sale())
    return store


@pytest.fixture
def path(store: MemoryEventStore) -> WritePath:
    return WritePath(store, families_max=4)


def refused(answer: Answer, kind: type[Exception]) -> None:
    assert kind is type(answer), repr(answer)


def test_each_decision_sees_the_ones_before_it_in_the_batch(path: WritePath) -> None:
    answers = path.step([hold(1, by=1), hold(1, by=2), hold(2, by=3)])
    assert isinstance(answers[key_of(1)], Accepted)
    refused(answers[key_of(2)], SeatsUnavailable)
    assert isinstance(answers[key_of(3)], Accepted)


def test_facts_carry_their_place_in_the_log(
    path: WritePath, store: MemoryEventStore
) -> None:
    before = store_length(store)
    answers = path.step([hold(1, by=1), hold(2, by=2)])
    accepted = answers[key_of(2)]
    assert isinstance(accepted, Accepted)
    assert [before + 3, before + 4] == [fact.position for fact in accepted.facts]
    assert [0, 0] == [fact.version for fact in accepted.facts]


def test_a_repeat_gives_the_same_facts_and_stores_nothing(
    path: WritePath, store: MemoryEventStore
) -> None:
    first = path.step([hold(1, by=1)])[key_of(1)]
    length = store_length(store)
    again = path.step([hold(1, by=1)])[key_of(1)]
    assert isinstance(first, Accepted)
    assert Accepted(first.facts, repeated=True) == again
    assert length == store_length(store)


def test_ones_own_success_is_never_answered_taken(path: WritePath) -> None:
    path.step([hold(1, by=1)])
    answers = path.step([hold(1, by=2), hold(1, by=1)])
    refused(answers[key_of(2)], SeatsUnavailable)
    assert isinstance(answers[key_of(1)], Accepted)


def test_another_request_under_the_same_key_is_refused(path: WritePath) -> None:
    path.step([hold(1, by=1)])
    refused(path.step([hold(2, by=1, body=7)])[key_of(1)], KeyReused)


def test_a_refusal_does_not_use_up_its_key(path: WritePath) -> None:
    path.step([hold(1, by=1)])
    refused(path.step([hold(1, by=2, key=9)])[key_of(9)], SeatsUnavailable)
    path.step([release(by=1, key=8)])
    assert isinstance(path.step([hold(1, by=2, key=9)])[key_of(9)], Accepted)


def test_a_batch_decided_on_stale_memory_is_decided_again_as_a_whole(
    path: WritePath, store: MemoryEventStore
) -> None:
    """Memory has ticket 1 held; another process sold it; we would release and hold."""
    path.step([hold(1, by=1)])
    sold = TicketSold(
        hold=f"{1:032x}", order="X", section=0, category=0, price=FULL_PRICE
    )
    store_facts(store, [(ticket_stream(PERFORMANCE, 1), sold)], version=0)
    length = store_length(store)
    answers = path.step([release(by=1, key=8), hold(1, by=2), hold(3, by=3)])
    refused(answers[key_of(2)], SeatsUnavailable)
    assert isinstance(answers[key_of(3)], Accepted)
    tags = [record.tag for record in store.read(after=length, limit=10)]
    assert ["cart-hold-released.v1", "ticket-held.v1", "cart-hold-placed.v1"] == tags


def test_a_refusal_is_never_given_from_stale_memory(
    path: WritePath, store: MemoryEventStore
) -> None:
    path.step([hold(1, by=1)])
    other = WritePath(store, families_max=4)
    other.step([release(by=1, key=8)])
    assert isinstance(path.step([hold(1, by=2)])[key_of(2)], Accepted)


def test_streams_that_were_only_read_are_guarded_too(
    path: WritePath, store: MemoryEventStore
) -> None:
    path.step([hold(1, by=1)])
    where = performance_stream(PERFORMANCE)
    store_facts(store, [(where, SaleClosed(reason="fire alarm"))], version=2)
    answer = path.step([hold(2, by=2)])[key_of(2)]
    assert "sale-not-open" == getattr(answer, "code", None)


class Restless(MemoryEventStore):
    """A log on which somebody else always writes first, unless it is locked."""

    locked = False
    conflicts = 0

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        if self.locked or not batch.guards:
            return super().append(batch)
        self.conflicts += 1
        return Stale(tuple(batch.guards), head=self.head().position)

    @contextmanager
    def exclusive(self) -> Iterator[LogWriter]:
        self.locked = True
        with super().exclusive():
            yield self
        self.locked = False


def test_after_two_conflicts_the_batch_is_decided_under_the_lock() -> None:
    store = Restless(now=lambda: NOON)
    store.locked = True
    store_facts(store, on_sale())
    store.locked = False
    answer = WritePath(store, families_max=4).step([hold(1, by=1)])[key_of(1)]
    assert isinstance(answer, Accepted)
    assert 2 == store.conflicts


class Picky(MemoryEventStore):
    """A log that cannot store anything about one buyer."""

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        if any(buyer(13).encode() in data for data in batch.event_datas):
            raise Unstorable
        return super().append(batch)


def test_only_the_culprit_fails_when_data_cannot_be_stored() -> None:
    store = Picky(now=lambda: NOON)
    store_facts(store, on_sale())
    requests = [hold(n, by=n + 10) for n in range(1, 8)]
    answers = WritePath(store, families_max=4).step(requests)
    refused(answers[key_of(13)], Unstorable)
    assert 6 == sum(isinstance(answer, Accepted) for answer in answers.values())


class Cut(MemoryEventStore):
    """A log whose reply is lost, after or before it stored."""

    stores = True
    cuts = 1

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        if self.cuts == 0 or not batch.guards or self.head().position == 0:
            return super().append(batch)
        self.cuts -= 1
        if self.stores:
            super().append(batch)
        raise OutcomeUnknown


@pytest.mark.parametrize("stores", [True, False])
def test_a_lost_reply_is_settled_by_receipts(*, stores: bool) -> None:
    store = Cut(now=lambda: NOON)
    store_facts(store, on_sale())
    store.stores = stores
    answers = WritePath(store, families_max=4).step([hold(1, by=1), hold(2, by=2)])
    assert all(isinstance(answer, Accepted) for answer in answers.values())
    held = [r for r in store.read(after=0, limit=99) if r.tag == "ticket-held.v1"]
    assert 2 == len(held)


def test_a_log_that_is_away_gives_unavailable_and_recovers() -> None:
    class Away(MemoryEventStore):
        away = False

        def append(self, batch: Append) -> Stored | Stale | Repeated:
            if self.away:
                raise Unavailable
            return super().append(batch)

    store = Away(now=lambda: NOON)
    store_facts(store, on_sale())
    path = WritePath(store, families_max=4)
    store.away = True
    refused(path.step([hold(1, by=1)])[key_of(1)], Unavailable)
    store.away = False
    assert isinstance(path.step([hold(1, by=1)])[key_of(1)], Accepted)


async def test_a_hundred_buyers_on_one_place_have_one_winner(
    path: WritePath, store: MemoryEventStore
) -> None:
    writer = Writer(path, queue_max=1_000, batch_max=16, timeout_s=5)
    asks = (ask(writer, hold(1, by=n)) for n in range(1, 101))
    answers = await asyncio.gather(*asks, return_exceptions=True)
    assert 1 == sum(isinstance(answer, Accepted) for answer in answers)
    assert 99 == sum(type(answer) is SeatsUnavailable for answer in answers)
    assert writer.drain(5)
    held = [r for r in store.read(after=0, limit=999) if r.tag == "ticket-held.v1"]
    assert 1 == len(held)


def test_a_refusal_does_not_keep_the_batch_that_keeps_it(path: WritePath) -> None:
    answers = path.step([hold(1, by=1), hold(1, by=2)])
    refusal = answers[key_of(2)]
    assert isinstance(refusal, SeatsUnavailable)
    assert refusal.__traceback__ is None


async def test_a_refusal_that_was_answered_is_gone_at_once(path: WritePath) -> None:
    writer = Writer(path, queue_max=100, batch_max=2, timeout_s=5)
    await ask(writer, hold(1, by=1))
    gc.disable()
    try:
        try:
            await ask(writer, hold(1, by=2))
        except SeatsUnavailable as error:
            refusal = weakref.ref(error)
        assert await asyncio.to_thread(writer.drain, 5)
        assert refusal() is None
    finally:
        gc.enable()


async def test_copies_of_one_request_have_one_effect_and_one_answer(
    path: WritePath, store: MemoryEventStore
) -> None:
    writer = Writer(path, queue_max=1_000, batch_max=64, timeout_s=5)
    answers = await asyncio.gather(*(ask(writer, hold(1, by=1)) for _ in range(8)))
    assert 1 == len({answer.facts for answer in answers})
    assert writer.drain(5)
    held = [r for r in store.read(after=0, limit=99) if r.tag == "ticket-held.v1"]
    assert 1 == len(held)


async def test_more_than_the_queue_holds_is_refused_at_once(
    store: MemoryEventStore, path: WritePath
) -> None:
    writer = Writer(path, queue_max=3, batch_max=1, timeout_s=5)
    with store.exclusive():
        waiting = [
            asyncio.ensure_future(ask(writer, hold(1, by=n))) for n in range(1, 11)
        ]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    overloaded = sum(type(answer) is Overloaded for answer in answers)
    assert overloaded >= 10 - 3 - 1
    assert writer.drain(5)


async def test_a_drained_writer_answers_what_waited_and_takes_no_more(
    path: WritePath,
) -> None:
    writer = Writer(path, queue_max=100, batch_max=2, timeout_s=5)
    waiting = [asyncio.ensure_future(ask(writer, hold(n, by=n))) for n in range(1, 9)]
    await asyncio.sleep(0)
    assert await asyncio.to_thread(writer.drain, 5)
    answers = await asyncio.gather(*waiting)
    assert all(answer.facts for answer in answers)
    with pytest.raises(Unavailable):
        await ask(writer, hold(9, by=9))


class DrainedMeanwhile:
    """An event loop while whose turn another thread drains the writer."""

    def __init__(self, writer: Writer) -> None:
        self.real = asyncio.get_running_loop()
        self.draining = Thread(target=writer.drain, args=(5,))

    def call_soon(self, *_: object) -> None:
        self.draining.start()
        self.draining.join(0.2)

    def call_soon_threadsafe(self, *work: Any) -> None:
        self.real.call_soon_threadsafe(*work)

    def is_closed(self) -> bool:
        return False


async def test_a_job_that_comes_while_the_writer_is_drained_is_answered(
    path: WritePath,
) -> None:
    writer = Writer(path, queue_max=100, batch_max=2, timeout_s=5)
    loop = DrainedMeanwhile(writer)
    future: asyncio.Future[Accepted] = loop.real.create_future()
    writer.submit(
        Job(
            hold(1, by=1),
            loop=loop,  # type: ignore[arg-type]  # all that the writer asks of one
            future=future,
            deadline=monotonic() + 5,
        )
    )
    await asyncio.to_thread(loop.draining.join)
    async with asyncio.timeout(5):
        assert (await future).facts


async def test_nobody_waits_longer_than_the_time_allowed(
    store: MemoryEventStore, path: WritePath
) -> None:
    writer = Writer(path, queue_max=100, batch_max=2, timeout_s=0.05)
    with store.exclusive(), pytest.raises(OutcomeUnknown):
        await ask(writer, hold(1, by=1))
    assert await asyncio.to_thread(writer.drain, 5)


class Gone(Cut):
    """A log that stores, loses the reply, and then does not answer at all."""

    def receipts(self, _: Sequence[bytes]) -> list[Receipt]:
        raise Unavailable


def test_what_may_have_been_stored_is_never_called_not_stored() -> None:
    store = Gone(now=lambda: NOON)
    store_facts(store, on_sale())
    answer = WritePath(store, families_max=4).step([hold(1, by=1)])[key_of(1)]
    refused(answer, OutcomeUnknown)


class Counted(MemoryEventStore):
    """A log that counts what is asked of it."""

    loads = 0
    appends = 0

    def families(self, families: Sequence[Family]) -> list[LogRecord]:
        self.loads += 1
        return super().families(families)

    def append(self, batch: Append) -> Stored | Stale | Repeated:
        self.appends += 1
        return super().append(batch)


def test_purchases_read_nothing_and_push_no_house_out_of_memory() -> None:
    store = Counted(now=lambda: NOON)
    store_facts(store, on_sale(places=20))
    path = WritePath(store, families_max=1)
    for number in range(1, 11):
        path.step([hold(number, by=number)])
        code, placed, paid = f"ORDER{number}", 100 + number, 200 + number
        path.step([order(by=number, key=placed, code=code)])
        answer = path.step([payment(key=paid, code=code)])[key_of(paid)]
        assert isinstance(answer, Accepted), answer
        assert OrderConfirmed in [type(fact.event) for fact in answer.facts]
    assert 1 == store.loads


def test_an_order_code_that_another_process_gave_is_refused() -> None:
    store = MemoryEventStore(now=lambda: NOON)
    store_facts(store, on_sale(places=20))
    path, other = (WritePath(store, families_max=4) for _ in range(2))
    path.step([hold(1, by=1)])
    other.step([hold(2, by=2)])
    other.step([order(by=2, key=8, code="SAME")])
    answer = path.step([order(by=1, key=9, code="SAME")])[key_of(9)]
    refused(answer, Conflict)


async def test_when_the_log_is_away_everybody_who_waits_is_told_at_once() -> None:
    """2,000 wait for a log that takes its time to say no, and it says it once."""

    class Slow(MemoryEventStore):
        away = False

        def append(self, batch: Append) -> Stored | Stale | Repeated:
            if self.away:
                time.sleep(NO_AFTER_S)  # house: allow wait because it is the log
                raise Unavailable
            return super().append(batch)

    store = Slow(now=lambda: NOON)
    store_facts(store, on_sale())
    path = WritePath(store, families_max=4)
    writer = Writer(path, queue_max=5_000, batch_max=50, timeout_s=60)
    store.away = True
    started = time.monotonic()
    asks = (ask(writer, hold(1, by=n)) for n in range(1, 2_001))
    answers = await asyncio.gather(*asks, return_exceptions=True)
    took = time.monotonic() - started
    assert {Unavailable} == {type(answer) for answer in answers}
    assert took < 2_000 / 50 * NO_AFTER_S / 2
    assert writer.drain(5)


async def test_a_request_that_was_never_tried_is_told_so() -> None:
    store = Counted(now=lambda: NOON)
    store_facts(store, on_sale())
    path = WritePath(store, families_max=4)
    writer = Writer(path, queue_max=5_000, batch_max=1, timeout_s=0.2)
    with store.exclusive():
        asks = (ask(writer, hold(1, by=n)) for n in range(1, 11))
        answers = await asyncio.gather(*asks, return_exceptions=True)
        kinds = [type(answer) for answer in answers]
    assert [OutcomeUnknown] == [kind for kind in kinds if kind is not Overloaded]
    assert await asyncio.to_thread(writer.drain, 5)
    assert store.appends <= 3


def test_holding_and_releasing_for_ever_does_not_slow_the_house(
    path: WritePath, store: MemoryEventStore
) -> None:
    for number in range(1, 60):
        path.step([hold(1, by=1, key=number)])
        path.step([release(by=1, key=1_000 + number, hold=number)])
    where = allowance_stream(PERFORMANCE, buyer(1))
    events = [
        decode(r.tag, r.data, position=r.position)
        for r in store.read(after=0, limit=1_000)
        if r.stream == where
    ]
    assert 118 == len(events)
    assert ENDED_KEPT == len(ALLOWANCE.fold(events).holds)
