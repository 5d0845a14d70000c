"""Whether a service answers a real client, given its URL; used for any source of it.

Each check returns the server's version and raises whatever its driver raises while
the server is not ready. None of them leaves a trace on the server.
"""

from __future__ import annotations

import logging

import psycopg
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from boxoffice.stack.errors import StackError

ANSWER_LIMIT_S = 10
"""How long one attempt may take, longer than a busy machine's slowest answer: a caller
that waits tries again, and must not give up each attempt just before it succeeds."""


async def check_postgres(url: str) -> str:
    """Log in and ask for the version."""
    connection = await psycopg.AsyncConnection.connect(
        url, connect_timeout=ANSWER_LIMIT_S
    )
    async with connection:
        cursor = await connection.execute("SHOW server_version")
        row = await cursor.fetchone()
        return f"PostgreSQL {row[0].split()[0]}" if row else "PostgreSQL"


async def check_kafka(url: str) -> str:
    """Ask for the brokers: a broker that may not serve yet is not among them."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(
        bootstrap_servers=url, request_timeout_ms=ANSWER_LIMIT_S * 1000
    )
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    finally:
        await admin.close()
    brokers = len(cluster["brokers"])
    if brokers == 0:
        raise StackError("Kafka has no broker that serves yet.")
    return f"Kafka with {brokers} broker{'s' if brokers > 1 else ''}"


async def check_mongo(url: str) -> str:
    """Ask for the version and require that this is a primary that takes writes."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        url, serverSelectionTimeoutMS=ANSWER_LIMIT_S * 1000
    )
    async with client:
        hello = await client.admin.command("hello")
        if not hello["isWritablePrimary"]:
            raise StackError("mongod is not a primary yet.")
        return f"MongoDB {(await client.server_info())['version']}"


async def check_redis(url: str) -> str:
    """Ask for the version."""
    async with Redis.from_url(url, socket_timeout=ANSWER_LIMIT_S) as client:
        server = await client.info("server")
        return f"Redis {server['redis_version']}"


CHECKS = {
    "postgres": check_postgres,
    "kafka": check_kafka,
    "mongo": check_mongo,
    "redis": check_redis,
}
