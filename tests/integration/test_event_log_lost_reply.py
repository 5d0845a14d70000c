"""A lost reply leaves the outcome open; the receipt settles it, never a retry."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import psycopg
import pytest

from boxoffice.application.ports.log import Append, Repeated
from boxoffice.application.requests import Accepted, Request
from boxoffice.application.write_path import WritePath
from boxoffice.domain.ids import BuyerId, HoldId
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.message import Meta
from boxoffice.errors import OutcomeUnknown, SeatsUnavailable, Unavailable
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.testing import NOON, PERFORMANCE, on_sale, store_facts
from tests.contract.event_log import batch, command_id, receipt, stored, ticket
from tests.integration.event_log_database import new_log, opened, whole_log
from tests.integration.tcp_proxy import TcpProxy, tcp_proxy

META = Meta(command="c", correlation="c", actor="buyer:a", venue="main")


@pytest.fixture
def log_url(postgres_url: str) -> str:
    return new_log(postgres_url)


@pytest.fixture
def proxy(log_url: str) -> Iterator[TcpProxy]:
    with tcp_proxy(log_url) as proxy:
        yield proxy


@pytest.fixture
def store(proxy: TcpProxy, log_url: str) -> Iterator[PostgresEventStore]:
    """A store with one connection through the proxy, too fresh to be checked."""
    with opened(proxy.url(log_url), pool_size=1) as store:
        stored(store, batch([(ticket(99), 0)], first_id=99))
        yield store


def test_cut_reply_of_a_stored_append_is_settled_by_its_receipt(
    store: PostgresEventStore, proxy: TcpProxy
) -> None:
    call = batch([(ticket(1), 0), (ticket(2), 0)])
    proxy.cut_reply.set()
    with pytest.raises(OutcomeUnknown):
        store.append(call)

    assert proxy.cuts == 1
    assert store.receipts([command_id(1)]) == [receipt(1, 2, 3)]
    assert store.append(call) == Repeated((command_id(1),), 3)
    assert len(whole_log(store)) == 3


def test_append_that_never_arrived_has_no_receipt(
    store: PostgresEventStore, proxy: TcpProxy
) -> None:
    call = batch([(ticket(1), 0)])
    proxy.cut_request.set()
    with pytest.raises(OutcomeUnknown):
        store.append(call)

    assert store.receipts([command_id(1)]) == []
    assert stored(store, call).first == 2


def append_exclusively(
    store: PostgresEventStore, proxy: TcpProxy, call: Append
) -> None:
    with store.exclusive() as held:
        stored(held, call)
        proxy.cut_reply.set()


def test_cut_reply_of_the_commit_of_an_exclusive_block(
    store: PostgresEventStore, proxy: TcpProxy
) -> None:
    with pytest.raises(OutcomeUnknown):
        append_exclusively(store, proxy, batch([(ticket(1), 0)]))

    assert store.receipts([command_id(1)]) == [receipt(1, 2, 2)]


def append_cut_off(store: PostgresEventStore, proxy: TcpProxy, call: Append) -> None:
    with store.exclusive() as held:
        proxy.cut_reply.set()
        held.append(call)


def test_cut_connection_inside_an_exclusive_block_stored_nothing(
    store: PostgresEventStore, proxy: TcpProxy
) -> None:
    with pytest.raises(Unavailable) as raised:
        append_cut_off(store, proxy, batch([(ticket(1), 0)]))

    assert not isinstance(raised.value, OutcomeUnknown)
    assert store.receipts([command_id(1)]) == []


def test_cut_read_is_unavailable_and_the_next_one_works(
    store: PostgresEventStore, proxy: TcpProxy
) -> None:
    proxy.cut_reply.set()
    with pytest.raises(Unavailable):
        store.read(after=0, limit=1)

    assert len(store.read(after=0, limit=1)) == 1


def hold(*ordinals: int, by: str, key: int) -> Request:
    command = HoldPlaces(
        now=NOON,
        performance=PERFORMANCE,
        buyer=BuyerId(by * 32),
        hold=HoldId(f"{key:032x}"),
        ordinals=ordinals,
        ttl_s=600,
    )
    return Request(command_id(key), b"hash", command, META)


def test_buyer_whose_reply_was_cut_gets_the_original_answer_and_one_effect(
    store: PostgresEventStore, proxy: TcpProxy
) -> None:
    store_facts(store, on_sale())
    path = WritePath(store, families_max=4)
    path.step([hold(9, by="c", key=9)])
    before = store.head().position
    mine = hold(1, 2, by="a", key=1)

    proxy.cut_reply.set()
    first = path.step([mine])[mine.command_id]
    again = path.step([mine])[mine.command_id]
    late = path.step([hold(2, by="b", key=2)])[command_id(2)]

    assert proxy.cuts == 1
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert first.facts == again.facts
    assert [fact.position for fact in first.facts] == list(
        range(before + 1, store.head().position + 1)
    )
    assert isinstance(late, SeatsUnavailable)


def test_success_retried_by_another_process_is_not_answered_taken(
    store: PostgresEventStore, log_url: str
) -> None:
    """The first process died before it could answer; the retry lands elsewhere."""
    store_facts(store, on_sale())
    mine = hold(1, 2, by="a", key=1)
    WritePath(store, families_max=4).step([mine])
    with opened(log_url) as elsewhere:
        answer = WritePath(elsewhere, families_max=4).step([mine])[mine.command_id]

    assert isinstance(answer, Accepted)
    assert answer.repeated


def test_server_that_drops_every_connection_is_survived(
    store: PostgresEventStore, log_url: str
) -> None:
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    deadline = monotonic() + 10
    while True:
        try:
            store.ping()
        except Unavailable:
            assert monotonic() < deadline
        else:
            break

    assert stored(store, batch([(ticket(1), 0)])).head == 2
