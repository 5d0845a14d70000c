"""Real services for tests: where they are, and a clean corner of each.

URLs come from `BOXOFFICE_TEST_{POSTGRES,KAFKA,MONGO,REDIS}_URL`, as `boxoffice stack
run` sets them. What is not there, a service or a Chromium, skips the test with one
sentence, or fails it when `BOXOFFICE_TEST_REQUIRE` names it, as CI's does. Tests share
the servers, so each takes a corner of its own from here; a test that kills a server
takes an `own_stack`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from pymongo import MongoClient
from redis import Redis

from boxoffice.stack.assembly import Stack, Wishes, brought_up, given_variable
from boxoffice.stack.errors import Missing

DATABASE_COUNTER = "boxoffice:test:database"
"""Which logical databases of Redis are taken, kept in its first one."""


def service_url(service: str) -> str:
    """The URL of a service; ends the test when there is none."""
    variable = given_variable(service)
    url = os.environ.get(variable)
    return url or unavailable(
        f"{variable} is not set: run it by `boxoffice stack run -- pytest`.", service
    )


def unavailable(sentence: str, *needed: str) -> NoReturn:
    """Skip, or fail where anything that is needed is required."""
    required = os.environ.get("BOXOFFICE_TEST_REQUIRE", "").split(",")
    if not set(required).isdisjoint(needed):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """The URL of an empty database; roles belong to the server and stay."""
    name = f"test_{uuid4().hex}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)


@contextmanager
def mongo_database(server: str) -> Iterator[str]:
    """The name of a database that nobody else uses."""
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[dict[str, object]](server) as client:
        client.drop_database(name)


@contextmanager
def redis_database(server: str) -> Iterator[str]:
    """The URL of an empty logical database; the first one is nobody's."""
    with Redis.from_url(server) as client:
        databases = int(client.config_get("databases")["databases"])
        number = 1 + int(client.incr(DATABASE_COUNTER)) % (databases - 1)
    url = urlsplit(server)._replace(path=f"/{number}").geturl()
    with Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@contextmanager
def own_stack(*services: str) -> Iterator[Stack]:
    """Servers of one's own, whatever URLs are given: these may be killed."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BOXOFFICE_TEST_")
    }
    wishes = Wishes(environ=environ, services=services, fast=True)
    try:
        with brought_up(wishes) as stack:
            yield stack
    except Missing as missing:
        unavailable(str(missing), *services)
