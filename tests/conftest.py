"""Services as fixtures; a test that takes one is marked `service` by that alone.

The factories hand out as many corners as a module wants, and clear them after it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.services import (
    mongo_database,
    postgres_database,
    redis_database,
    service_url,
)

SERVERS = frozenset({"postgres_server", "kafka_url", "mongo_url", "redis_server"})
"""Every fixture that needs a service takes one of these."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("service")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The server's own database, as superuser; do not leave anything in it."""
    return service_url("postgres")


@pytest.fixture(scope="session")
def kafka_url() -> str:
    """Bootstrap servers; give your topics names of their own."""
    return service_url("kafka")


@pytest.fixture(scope="session")
def mongo_url() -> str:
    """The replica set; see `new_mongo_database` for a name to use."""
    return service_url("mongo")


@pytest.fixture(scope="session")
def redis_server() -> str:
    """The first logical database, which is nobody's."""
    return service_url("redis")


@pytest.fixture(scope="module")
def new_postgres_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases and returns their URLs."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(postgres_database(postgres_server))


@pytest.fixture(scope="module")
def new_mongo_database(mongo_url: str) -> Iterator[Callable[[], str]]:
    """Returns names of databases that nobody else uses."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(mongo_database(mongo_url))


@pytest.fixture(scope="module")
def new_redis_database(redis_server: str) -> Iterator[Callable[[], str]]:
    """Returns URLs of empty logical databases."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(redis_database(redis_server))


@pytest.fixture(scope="module")
def postgres_url(new_postgres_database: Callable[[], str]) -> str:
    """An empty database for this module."""
    return new_postgres_database()


@pytest.fixture(scope="module")
def redis_url(new_redis_database: Callable[[], str]) -> str:
    """An empty logical database for this module."""
    return new_redis_database()
