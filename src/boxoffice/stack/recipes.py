"""How each service is had when no URL is given: find what it runs, then plan it.

Finding comes apart from planning so that everything is fetched, and everything that
is missing named, before the first server starts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack import programs
from boxoffice.stack.class_archive import archive_options
from boxoffice.stack.jars import broker_jars
from boxoffice.stack.java import find_java
from boxoffice.stack.kafka import Broker, kafka_plan
from boxoffice.stack.mongo import mongo_plan
from boxoffice.stack.pins import pinned_jars
from boxoffice.stack.ports import lasting_port
from boxoffice.stack.postgres import postgres_plan
from boxoffice.stack.redis import redis_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from boxoffice.stack.account import Account
    from boxoffice.stack.server import Plan


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipe may know about the machine and the wishes of the caller."""

    environ: Mapping[str, str]
    cache: Path
    account: Account | None
    fast: bool


class Found(msgspec.Struct, frozen=True):
    """A service that can be started here."""

    origin: str
    lay_out: Callable[[Path], Plan]
    """Prepares a folder and says how to run the server in it."""


def find_postgres(around: Surroundings) -> Found:
    """PostgreSQL, readable by the account it has to run as."""
    program = programs.find_program(
        programs.POSTGRES, cache=around.cache, account=around.account
    )

    def lay_out(folder: Path) -> Plan:
        return postgres_plan(
            program.path,
            folder=folder,
            port=lasting_port(folder),
            account=around.account,
            fast=around.fast,
        )

    return Found(program.origin, lay_out)


def find_kafka(around: Surroundings) -> Found:
    """Kafka's jars and a Java for them, ready for a fast start."""
    pins = pinned_jars()
    java = find_java(around.environ, cache=around.cache)
    libs = broker_jars(pins, cache=around.cache, java=java)
    jars = tuple(sorted(libs.glob("*.jar")))
    plain = Broker(java=java, jars=jars, version=pins.kafka_version)
    options = archive_options(plain, cache=around.cache)
    broker = msgspec.structs.replace(plain, options=options)

    def lay_out(folder: Path) -> Plan:
        controller = folder / "controller"
        controller.mkdir(exist_ok=True)
        ports = (lasting_port(folder), lasting_port(controller))
        return kafka_plan(broker, folder=folder, ports=ports, cache=around.cache)

    return Found(f"Maven, {broker.version}, on Java from {java.origin}", lay_out)


def find_mongo(around: Surroundings) -> Found:
    """A mongod."""
    program = programs.find_program(programs.MONGOD, cache=around.cache)
    return Found(program.origin, partial(_lay_out_mongo, program.path))


def find_redis(around: Surroundings) -> Found:
    """A redis-server."""
    program = programs.find_program(programs.REDIS, cache=around.cache)
    return Found(program.origin, partial(_lay_out_redis, program.path))


def _lay_out_mongo(program: Path, folder: Path) -> Plan:
    return mongo_plan(program, folder=folder, port=lasting_port(folder))


def _lay_out_redis(program: Path, folder: Path) -> Plan:
    return redis_plan(program, folder=folder, port=lasting_port(folder))


RECIPES: dict[str, Callable[[Surroundings], Found]] = {
    # In the order of starting: the slowest first, and PostgreSQL, whose new folder
    # takes a moment to make, while the others get on their feet.
    "kafka": find_kafka,
    "mongo": find_mongo,
    "redis": find_redis,
    "postgres": find_postgres,
}
