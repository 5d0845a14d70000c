"""Whole box offices for end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boxoffice.bootstrap import migrate
from boxoffice.settings import Settings
from tests.e2e.house import House, embedded_house, full_house


@pytest.fixture
def house(
    tmp_path: Path,
    new_postgres_database: Callable[[], str],
    kafka_url: str,
    mongo_url: str,
    new_redis_database: Callable[[], str],
) -> Iterator[House]:
    """A box office on the real services, every role a process of its own."""
    with full_house(
        tmp_path,
        postgres=new_postgres_database(),
        kafka=kafka_url,
        mongo=mongo_url,
        redis=new_redis_database(),
    ) as opened:
        yield opened


@pytest.fixture(params=["postgres", "sqlite"])
async def log_url(
    request: pytest.FixtureRequest,
    new_postgres_database: Callable[[], str],
    tmp_path: Path,
) -> str:
    """An empty log on the database of a large house, and on that of a small one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.sqlite'}"
    url = new_postgres_database()
    await migrate(Settings(log_url=url))
    return url


@pytest.fixture
def small_house(tmp_path: Path) -> Iterator[House]:
    """An embedded box office: one process, one folder."""
    with embedded_house(tmp_path) as opened:
        yield opened
