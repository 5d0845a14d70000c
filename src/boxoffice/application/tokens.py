"""Consistency tokens: what was written, so that a query can wait until it shows.

A token names the log, its epoch and a position. Clients keep it and hand it back; its
text is theirs to store and ours to read.
"""

from __future__ import annotations

import asyncio

import msgspec

from boxoffice.application.generations import origin_of
from boxoffice.application.partitioning import partition_of
from boxoffice.application.ports.documents import Documents
from boxoffice.errors import Invalid, TooSlow

POLL_S = 0.01
POLL_MAX_S = 0.1
"""Waiting starts with the short pause and doubles up to the long one."""


class Token(msgspec.Struct, frozen=True):
    """A position in one epoch of one log."""

    log: str
    epoch: int
    position: int


def encode(token: Token) -> str:
    """Give a token's text."""
    return f"{token.log}.{token.epoch}.{token.position}"


def decode(text: str, *, log: str, epoch: int) -> Token:
    """Read a token of this log in its present epoch.

    Raises:
        Invalid: it is no token, or another log's or epoch's.
    """
    name, *numbers = text.rsplit(".", 2)
    if len(numbers) != 2 or not all(_is_number(number) for number in numbers):  # noqa: PLR2004  (epoch and position)
        raise Invalid("This is not a token that we gave.")
    token = Token(name, int(numbers[0]), int(numbers[1]))
    if (token.log, token.epoch) != (log, epoch):
        raise Invalid("This token is of another log or of an earlier epoch.")
    return token


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18  # noqa: PLR2004  (fits 64 bits)


def etag(*, epoch: int, generation: int, position: int) -> str:
    """Give the entity tag of a document: the same tag means the same bytes."""
    return f'"{epoch}.{generation}.{position}"'


async def wait_for(
    documents: Documents, model: str, token: Token, *, key: str, timeout_s: float
) -> int:
    """Wait until the documents of `key` show everything up to a token.

    `key` is the message key: the performance. Gives the generation that serves.

    Raises:
        TooSlow: time ran out; answer with what there is, or try again.
        Unavailable: the store does not answer.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout_s
    pause = POLL_S
    while True:
        generation = await documents.generation(model)
        if await _reached(documents, model, generation, key=key) >= token.position:
            return generation
        if loop.time() + pause > until:
            raise TooSlow(position=token.position)
        await asyncio.sleep(pause)
        pause = min(2 * pause, POLL_MAX_S)


async def _reached(
    documents: Documents, model: str, generation: int, *, key: str
) -> int:
    """Give how far a key is folded: the watermark of its partition."""
    marks = await documents.watermarks(model, generation)
    if not marks:
        return 0
    partitions = (await origin_of(documents, model, generation)).partitions
    return marks.get(partition_of(key, partitions), 0) if partitions else 0
