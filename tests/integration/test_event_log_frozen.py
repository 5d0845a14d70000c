"""Frozen clients and frozen backends: others commit or hear so within 2.5 s."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from boxoffice.application.chain import verify_chain
from boxoffice.application.ports.log import Append, Repeated, Stored
from boxoffice.errors import OutcomeUnknown, Unavailable
from boxoffice.infrastructure.postgres.connection import CHECK_AFTER_S
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.settings import Settings
from tests.contract.event_log import batch, command_id, stored, ticket
from tests.integration.event_log_database import named, new_log, opened, whole_log
from tests.services import own_stack
from tests.unit.api.house import open_house
from tests.unit.api.serving import Reply, serving, talk

pytestmark = [pytest.mark.service, pytest.mark.slow]

BOUND_S = 2.5
"""What a caller waits at most. Source: reference, frozen process."""
SCHEDULING_S = 0.5
"""For a hundred answers of one event loop on a busy machine."""
RECOVERY_S = 6.0

HOLD_THE_LOG = """
import sys, time
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
with PostgresEventStore(sys.argv[1]).exclusive():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """A server of our own: its processes may be stopped."""
    with own_stack("postgres") as stack:
        yield stack.urls["postgres"]


@pytest.fixture
def log_url(server_url: str) -> str:
    return new_log(server_url)


@pytest.fixture
def store(log_url: str) -> Iterator[PostgresEventStore]:
    with opened(log_url) as store:
        stored(store, batch([(ticket(99), 0)], first_id=99))
        yield store


@pytest.fixture
def victim(log_url: str) -> Iterator[PostgresEventStore]:
    """A store with one connection, whose backend will be frozen."""
    with opened(named(log_url, "victim"), pool_size=1) as store:
        store.ping()
        yield store


@contextmanager
def frozen_backend(store: PostgresEventStore) -> Iterator[None]:
    """Stop the server's process that serves the victim."""
    rows = store.run(
        "select pid from pg_stat_activity where application_name = 'victim'"
    ).rows
    pids = [pid for (pid,) in rows]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def frozen_server(store: PostgresEventStore) -> Iterator[None]:
    """Stop the victim's processes and the one that would start new ones."""
    ((pid,),) = store.run("select pg_backend_pid()").rows
    postmaster = int(Path(f"/proc/{pid}/stat").read_text().split()[3])
    with frozen_backend(store):
        os.kill(postmaster, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(postmaster, signal.SIGCONT)


def seconds(call: Callable[[], object], raises: type[Exception]) -> float:
    began = monotonic()
    with pytest.raises(raises):
        call()
    return monotonic() - began


def append_until_stored(store: PostgresEventStore, call: Append) -> list[float]:
    """Append again and again, as callers would; give how long each call took."""
    took: list[float] = []
    deadline = monotonic() + RECOVERY_S
    while True:
        began = monotonic()
        try:
            outcome = store.append(call)
        except Unavailable:
            assert monotonic() < deadline, "the log did not come back"
            took.append(monotonic() - began)
        else:
            assert isinstance(outcome, Stored)
            return [*took, monotonic() - began]


def test_frozen_client_that_holds_the_log_stops_others_for_two_seconds(
    store: PostgresEventStore, log_url: str
) -> None:
    command = [sys.executable, "-c", HOLD_THE_LOG, log_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "held\n"
        client.send_signal(signal.SIGSTOP)
        began = monotonic()
        took = append_until_stored(store, batch([(ticket(1), 0)]))
        recovered_s = monotonic() - began
        client.kill()

    assert max(took) < BOUND_S
    assert recovered_s < BOUND_S + 1
    assert store.head().position == 2


def test_append_to_a_frozen_backend_is_unknown_and_nobody_else_waits(
    store: PostgresEventStore, victim: PostgresEventStore
) -> None:
    victim.ping()
    with frozen_backend(store):
        took = seconds(lambda: victim.append(batch([(ticket(1), 0)])), OutcomeUnknown)
        assert took < BOUND_S
        began = monotonic()
        stored(store, batch([(ticket(2), 0)], first_id=2))
        assert monotonic() - began < BOUND_S
        assert store.receipts([command_id(1)]) == []
        assert victim.head().position == 2


def test_reading_from_a_frozen_backend_is_unavailable(
    store: PostgresEventStore, victim: PostgresEventStore
) -> None:
    victim.ping()
    with frozen_backend(store):
        took = seconds(lambda: victim.read(after=0, limit=10), Unavailable)
        assert took < BOUND_S
        assert len(victim.read(after=0, limit=10)) == 1


@pytest.fixture
def idle_pool(log_url: str, store: PostgresEventStore) -> Iterator[PostgresEventStore]:
    """The victim with four connections, idle for so long that they are checked."""
    with opened(named(log_url, "victim"), pool_size=4) as victim:
        with ExitStack() as borrowed:
            for _ in range(4):
                borrowed.enter_context(victim.datastore.borrowed())
        assert not store.wait(after=1, timeout_s=2 * CHECK_AFTER_S)
        yield victim


def test_frozen_backends_of_an_idle_pool_are_replaced_in_time(
    store: PostgresEventStore, idle_pool: PostgresEventStore
) -> None:
    with frozen_backend(store):
        began = monotonic()
        idle_pool.ping()
        assert monotonic() - began < BOUND_S


def test_server_that_is_silent_as_a_whole_is_unavailable_in_time(
    store: PostgresEventStore, idle_pool: PostgresEventStore
) -> None:
    with frozen_server(store):
        assert seconds(idle_pool.ping, Unavailable) < BOUND_S


def freeze_before_commit(store: PostgresEventStore, server: PostgresEventStore) -> None:
    """Append under the lock; then the backend freezes and others look."""
    with store.exclusive() as held:
        stored(held, batch([(ticket(1), 0)]))
        with frozen_backend(server):
            began = monotonic()
            with pytest.raises(Unavailable):
                server.append(batch([(ticket(2), 0)], first_id=2))
            with pytest.raises(Unavailable):
                server.receipts([command_id(1)])
            assert monotonic() - began < 2 * BOUND_S
            assert seconds(lambda: held.append(Append()), Unavailable) < BOUND_S
            raise InterruptedError


def test_frozen_backend_that_holds_the_log_makes_others_unavailable_until_it_is_gone(
    store: PostgresEventStore, victim: PostgresEventStore
) -> None:
    with pytest.raises(InterruptedError):
        freeze_before_commit(victim, store)

    append_until_stored(store, batch([(ticket(2), 0)], first_id=2))
    assert store.receipts([command_id(1)]) == []
    assert verify_chain(whole_log(store)) is None


def test_append_that_waits_in_a_frozen_backend_is_stored_once_or_never(
    store: PostgresEventStore, victim: PostgresEventStore
) -> None:
    call = batch([(ticket(1), 0)])
    victim.ping()
    with frozen_backend(store):
        seconds(lambda: victim.append(call), OutcomeUnknown)
    outcome = store.append(call)

    assert isinstance(outcome, Stored | Repeated)
    assert len(store.receipts([command_id(1)])) == 1
    assert [r.stream for r in whole_log(store)] == [ticket(99), ticket(1)]


def test_lock_that_is_held_elsewhere_is_given_up_after_a_second(
    store: PostgresEventStore, log_url: str
) -> None:
    with psycopg.connect(log_url, autocommit=True) as other:
        other.execute(
            "select pg_advisory_lock('boxoffice.events'::regclass::oid::bigint)"
        )
        took = seconds(lambda: store.append(batch([(ticket(1), 0)])), Unavailable)

    assert took < BOUND_S
    assert stored(store, batch([(ticket(1), 0)])).head == 2


async def looked(port: int, path: str, token: str) -> tuple[Reply, float]:
    """Ask for a page or a document; give the answer and how long it took."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n"
    began = monotonic()
    reply = await talk(port, request.encode())
    return reply, monotonic() - began


async def test_a_hundred_who_look_while_the_log_is_frozen_hear_so_in_time(
    store: PostgresEventStore, log_url: str
) -> None:
    settings = Settings(log_url=named(log_url, "victim"), secret="the secret of tests")
    async with open_house(settings) as house, serving(house.container) as port:
        buyer = await house.buyer()
        of = await house.on_sale()
        hold = await house.held(of, buyer, 1)
        order = await house.ordered(of, buyer, 2)
        documents = [
            "",
            f"/{of}",
            f"/{of}/availability",
            hold.removeprefix("/v1/performances"),
        ]
        paths = ["/", f"/performances/{of}", f"/v1/orders/{order['order']}"]
        paths += [f"/v1/performances{path}" for path in documents]
        token = buyer["authorization"]
        with frozen_server(store):
            asked = [looked(port, path, token) for path in paths * 15]
            answers = await asyncio.gather(*asked)

    assert {reply.status for reply, _ in answers} == {503}
    assert max(took for _, took in answers) < BOUND_S + SCHEDULING_S
