import asyncio
import gc
import os
import signal
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient
from redis import Redis

from boxoffice.stack.assembly import Stack, Wishes, brought_up
from boxoffice.stack.errors import PortTaken, StackError
from boxoffice.stack.listeners import listens
from boxoffice.stack.ports import free_ports, lasting_port
from boxoffice.stack.processes import alive, children_of
from boxoffice.stack.recipes import RECIPES, Found, Surroundings
from boxoffice.stack.server import Plan, Server
from tests.services import own_stack

pytestmark = pytest.mark.service

TOPIC = "facts"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with own_stack("postgres", "kafka", "mongo", "redis") as stack:
        yield stack


@pytest.fixture(autouse=True)
def _lost_sockets() -> Iterator[None]:
    """Drivers leave sockets of servers that were killed under them to the collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def kill_and_restart(stack: Stack, service: str) -> None:
    server = stack.servers[service]
    before = server.pid
    server.stop(hard=True)
    with pytest.raises(StackError, match="is not running"):
        _ = server.pid
    server.start()
    asyncio.run(server.ready())
    assert server.pid != before


def test_killed_postgres_comes_back_with_what_was_committed(stack: Stack) -> None:
    with psycopg.connect(stack.urls["postgres"]) as connection:
        connection.execute("CREATE TABLE sold (seat text)")
        connection.execute("INSERT INTO sold VALUES ('A-1')")
    kill_and_restart(stack, "postgres")
    with psycopg.connect(stack.urls["postgres"]) as connection:
        assert connection.execute("SELECT * FROM sold").fetchall() == [("A-1",)]


def test_killed_postgres_takes_its_frozen_backend_with_it(stack: Stack) -> None:
    with psycopg.connect(stack.urls["postgres"]) as connection:
        backends = children_of(stack.servers["postgres"].pid)
        frozen = connection.info.backend_pid
        assert frozen in {backend.pid for backend in backends}
        os.kill(frozen, signal.SIGSTOP)
        kill_and_restart(stack, "postgres")
    assert not [backend for backend in backends if alive(backend)]


def test_postgres_is_as_the_log_needs_it(stack: Stack) -> None:
    with psycopg.connect(stack.urls["postgres"]) as connection:
        rows = connection.execute(
            "SELECT current_setting('max_connections'), current_setting('wal_level'),"
            " current_user, datcollate FROM pg_database WHERE datname = 'postgres'"
        )
        connections, wal, user, collation = rows.fetchall()[0]
    assert (connections, wal, user) == ("200", "logical", "boxoffice")
    assert collation in {"C.UTF-8", "C"}


def test_killed_mongod_comes_back_as_primary_with_its_documents(stack: Stack) -> None:
    with MongoClient[dict[str, object]](stack.urls["mongo"]) as client:
        client.house.seats.insert_one({"_id": "A-1"})
        kill_and_restart(stack, "mongo")
        assert client.house.seats.count_documents({"_id": "A-1"}) == 1


def test_killed_redis_comes_back_empty(stack: Stack) -> None:
    with Redis.from_url(stack.urls["redis"]) as client:
        client.set("seat", "free")
        kill_and_restart(stack, "redis")
        assert client.dbsize() == 0


def test_killed_kafka_comes_back_with_what_was_acknowledged(stack: Stack) -> None:
    asyncio.run(publish(stack.urls["kafka"], b"A-1"))
    kill_and_restart(stack, "kafka")
    assert asyncio.run(consume(stack.urls["kafka"])) == b"A-1"


async def publish(url: str, fact: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=url, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(TOPIC, fact)
    finally:
        await producer.stop()


async def consume(url: str) -> bytes:
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=url, group_id="door", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        message = await asyncio.wait_for(consumer.getone(), 20)
        return bytes(message.value)
    finally:
        await consumer.stop()


def test_kept_data_survives_another_run_on_other_ports() -> None:
    with TemporaryDirectory(dir="/tmp") as name:
        data = Path(name)
        data.chmod(0o755)
        wishes = Wishes(environ={}, services=("postgres", "mongo"), data=data)
        with brought_up(wishes) as first:
            with psycopg.connect(first.urls["postgres"]) as connection:
                connection.execute("CREATE TABLE sold AS SELECT 'A-1' AS seat")
            with MongoClient[dict[str, object]](first.urls["mongo"]) as client:
                client.house.seats.insert_one({"_id": "A-1"})
        for service in wishes.services:
            (data / service / "port").unlink()
        with brought_up(wishes) as second:
            assert not set(first.urls.values()) & set(second.urls.values())
            with psycopg.connect(second.urls["postgres"]) as connection:
                assert connection.execute("TABLE sold").fetchall() == [("A-1",)]
            with MongoClient[dict[str, object]](second.urls["mongo"]) as client:
                assert client.house.seats.count_documents({}) == 1


class Squatter:
    """Takes the first port that a service chooses, before its server can."""

    def __init__(self, service: str, *, note: str) -> None:
        self._find = RECIPES[service]
        self._note = note
        self.socket: socket.socket | None = None

    def find(self, around: Surroundings) -> Found:
        """The real recipe, with somebody else on the port it chose first."""
        found = self._find(around)

        def lay_out(folder: Path) -> Plan:
            plan = found.lay_out(folder)
            if self.socket is None:
                port = int((folder / self._note).read_text())
                self.socket = socket.create_server(("127.0.0.1", port))
            return plan

        return Found(found.origin, lay_out)


@pytest.mark.parametrize(
    ("service", "note"),
    [
        ("postgres", "port"),
        ("kafka", "port"),
        ("kafka", "controller/port"),
        ("mongo", "port"),
        ("redis", "port"),
    ],
)
def test_a_server_whose_port_was_taken_meanwhile_starts_on_another(
    service: str, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    squatter = Squatter(service, note=note)
    monkeypatch.setitem(RECIPES, service, squatter.find)
    with own_stack(service) as stack:
        assert squatter.socket is not None
        with squatter.socket:
            taken = squatter.socket.getsockname()[1]
            assert f":{taken}" not in stack.urls[service]
            assert int((stack.servers[service].plan.folder / note).read_text()) != taken
            asyncio.run(stack.servers[service].ready())


def test_a_stranger_of_the_same_kind_on_the_port_is_not_taken_for_ours(
    stack: Stack, tmp_path: Path
) -> None:
    theirs = stack.servers["redis"].plan
    ours = Server(msgspec.structs.replace(theirs, folder=tmp_path))
    ours.start()
    with pytest.raises(PortTaken, match="redis ended at its start"):
        asyncio.run(ours.ready())


def test_only_the_process_that_listens_is_said_to_listen(stack: Stack) -> None:
    redis, mongo = stack.servers["redis"], stack.servers["mongo"]
    assert listens(redis.pid, redis.plan.port)
    assert not listens(mongo.pid, redis.plan.port)
    assert not listens(redis.pid, mongo.plan.port)


def test_ports_asked_for_together_differ() -> None:
    ports = free_ports(50, chance=Random(1))
    assert len(set(ports)) == 50


def test_a_folder_keeps_its_port_while_it_is_free(tmp_path: Path) -> None:
    assert lasting_port(tmp_path) == lasting_port(tmp_path)


def test_a_folder_gets_another_port_when_its_own_is_taken(tmp_path: Path) -> None:
    port = lasting_port(tmp_path)
    with socket.create_server(("127.0.0.1", port)):
        assert lasting_port(tmp_path) != port
