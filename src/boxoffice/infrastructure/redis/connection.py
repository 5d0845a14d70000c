"""How this house talks to Redis: limits on waiting, and errors of our own.

Deadlines are generous against a round trip: a call that is cut off drops its
connection, so deadlines near the round trip would end in reconnecting for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from boxoffice.errors import Misconfigured, Unavailable

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 1.0
RETRIES_MAX = 1
RETRY_FIRST_S = 0.02
RETRY_LONGEST_S = 0.2
CONNECTIONS_MAX = 64


def connect(url: str) -> Redis:
    """Make a client; it connects with its first command.

    Everything we send may be sent again: writes are guarded by their position and
    deltas carry theirs.

    Raises:
        Misconfigured: this is no address of a Redis.
    """
    try:
        return Redis.from_url(
            url,
            protocol=2,
            socket_timeout=ANSWER_TIMEOUT_S,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            max_connections=CONNECTIONS_MAX,
            retry=Retry(
                ExponentialBackoff(cap=RETRY_LONGEST_S, base=RETRY_FIRST_S), RETRIES_MAX
            ),
        )
    except ValueError as error:
        raise Misconfigured(f"The Redis URL cannot be used: {error}") from error


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises into errors of ours."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise Unavailable(f"Redis did not answer: {error}") from error
