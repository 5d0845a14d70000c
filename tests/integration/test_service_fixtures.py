from collections.abc import Callable

import psycopg
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient
from redis import Redis


def test_every_new_postgres_database_is_empty_and_apart(
    new_postgres_database: Callable[[], str],
) -> None:
    first, second = new_postgres_database(), new_postgres_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE seat (id int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('seat')").fetchone() == (None,)


def test_every_new_mongo_database_has_a_name_of_its_own(
    mongo_url: str, new_mongo_database: Callable[[], str]
) -> None:
    first, second = new_mongo_database(), new_mongo_database()
    with MongoClient[dict[str, object]](mongo_url) as client:
        client[first].seats.insert_one({"_id": 1})
        assert client[second].seats.count_documents({}) == 0


def test_every_new_redis_database_is_empty_and_apart(
    new_redis_database: Callable[[], str],
) -> None:
    first, second = new_redis_database(), new_redis_database()
    with Redis.from_url(first) as one, Redis.from_url(second) as other:
        one.set("seat", "free")
        assert other.get("seat") is None


async def test_a_topic_is_never_made_by_accident(kafka_url: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    await admin.start()
    try:
        await admin.describe_topics(["never-made"])
        assert "never-made" not in await admin.list_topics()
    finally:
        await admin.close()
