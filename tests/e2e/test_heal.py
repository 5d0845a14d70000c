"""Each store behind the log is lost in turn, and healed by the documented commands.

`verify` must see the loss, and see nothing any more after the commands that the page
docs/howto/heal-the-read-side.md says to type. The sale goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from pathlib import Path

import httpx
import psycopg
import pytest
from pymongo import MongoClient
from redis import Redis

from boxoffice.infrastructure.kafka.topics import delete_topics
from tests.e2e.house import House

HEAL_S = 240
HOWTO = Path(__file__).parents[2] / "docs/howto/heal-the-read-side.md"


def sell_some(house: House) -> None:
    """Sell places to a few buyers; the storm ends by itself and is judged."""
    result = house.run("storm", "--url", house.url, "--buyers", "40", "--json")
    assert 0 == result.returncode, result.stdout + result.stderr
    assert json.loads(result.stdout.strip().splitlines()[-1])["sold"]


def succeeds(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    result = house.run(*arguments)
    assert 0 == result.returncode, result.stdout + result.stderr
    return result


def heal(house: House, what_happened: str) -> None:
    """Type what the page says to type when this has happened."""
    text = HOWTO.read_text("utf-8")
    (row,) = [r for r in text.splitlines() if r.startswith(f"| {what_happened}")]
    commands = re.findall(r"`boxoffice ([^`]+)`", row.split("|")[2])
    assert commands
    for command in commands:
        succeeds(house, *command.split())


@pytest.mark.slow
@pytest.mark.timeout(HEAL_S)
def test_a_dropped_mongo_database_is_healed_by_a_replay(house: House) -> None:
    house.start_all("--demo")
    sell_some(house)
    with MongoClient[dict[str, object]](house.setting("MONGO_URL")) as client:
        client.drop_database(house.setting("MONGO_DATABASE"))
    assert 1 == house.run("verify").returncode
    heal(house, "MongoDB was dropped")
    succeeds(house, "verify")
    sell_some(house)


@pytest.mark.slow
@pytest.mark.timeout(HEAL_S)
def test_a_flushed_redis_is_healed_by_a_replay(house: House) -> None:
    house.start_all("--demo")
    sell_some(house)
    with Redis.from_url(house.setting("REDIS_URL")) as client:
        client.flushdb()
    assert 1 == house.run("verify").returncode
    heal(house, "Redis was flushed")
    succeeds(house, "verify")
    sell_some(house)


@pytest.mark.slow
@pytest.mark.timeout(HEAL_S)
def test_deleted_topics_are_healed_by_publishing_again(house: House) -> None:
    house.start_all("--demo")
    sell_some(house)
    url, prefix = house.setting("KAFKA_URL"), house.setting("TOPIC_PREFIX")
    assert asyncio.run(delete_topics(url, prefix=prefix))
    heal(house, "Kafka's topics were deleted")
    sell_some(house)
    succeeds(house, "verify")


def restore(house: House, *, share: float) -> None:
    """Leave of the log what a backup would have that was made this far into it."""
    reached = int(share * house.head())
    whole_calls = (
        "select max(position) from boxoffice.events where recorded_at <"
        " (select recorded_at from boxoffice.events where position = %s)"
    )
    with psycopg.connect(house.setting("LOG_URL"), autocommit=True) as owner:
        last = owner.execute(whole_calls, [reached]).fetchone()
        owner.execute("begin")
        table = "alter table boxoffice.events {} trigger events_are_for_ever"
        owner.execute(table.format("disable").encode())
        owner.execute("delete from boxoffice.events where position > %s", last)
        owner.execute("delete from boxoffice.receipts where last_position > %s", last)
        owner.execute(table.format("enable always").encode())
        owner.execute("commit")


@pytest.mark.slow
@pytest.mark.timeout(HEAL_S)
def test_a_log_that_was_set_back_is_healed_by_a_new_epoch(house: House) -> None:
    house.start_all("--demo")
    sell_some(house)
    # A process that knows nothing of what is lost may go on.
    httpx.get(f"{house.url}/v1/performances").raise_for_status()
    restore(house, share=0.7)
    for role in ("api", "reactors"):
        assert 1 == house.ended(role)
        assert "process_ends" in house.log_of(role)
        assert "was set back" in house.log_of(role)
    succeeds(house, "new-epoch", "--yes")
    house.start("api")
    house.start("reactors")
    succeeds(house, "replay", "--all")
    succeeds(house, "verify")
    sell_some(house)
    succeeds(house, "verify")
