"""Which of the polled messages a model folds next: pure, no store, no bus.

`prev` links every message of a partition to the one before it. A message at or below
the watermark is known already; one whose `prev` lies above it shows that something is
missing before it, and is not taken. A message that closes the gap may still come after
it, when the relay sends the log again, so the scan goes on behind a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from boxoffice.application.codec import decode
from boxoffice.application.ports.bus import Message
from boxoffice.domain.message import Fact
from boxoffice.errors import Corrupt


class Taken(msgspec.Struct, frozen=True):
    """Messages to fold, marks among them, and the watermark once they are folded.

    `gap` is the first message that could not be taken and is still wanted.
    """

    messages: tuple[Message, ...]
    watermark: int
    gap: Message | None


def take(messages: Iterable[Message], *, watermark: int, epoch: int) -> Taken:
    """Take what follows the watermark without a gap.

    Messages of an older epoch are history that was set back; they are passed over.

    Raises:
        Corrupt: a message comes from an epoch that this process does not know.
    """
    taken: list[Message] = []
    gaps: list[Message] = []
    for message in messages:
        if message.epoch > epoch:
            detail = f"The log is in epoch {message.epoch} now; start again."
            raise Corrupt(detail, position=message.position)
        if message.position <= watermark or message.epoch < epoch:
            continue
        if message.prev > watermark:
            gaps.append(message)
            continue
        taken.append(message)
        watermark = message.position
    open_gaps = (message for message in gaps if message.position > watermark)
    return Taken(tuple(taken), watermark, next(open_gaps, None))


class Decoder:
    """Decodes each polled message once, for all models that fold it."""

    def __init__(self) -> None:
        self._facts: dict[int, Fact | Corrupt] = {}

    def facts(
        self, messages: Sequence[Message]
    ) -> tuple[list[Fact], list[tuple[Message, Corrupt]]]:
        """Give the facts, and what cannot be read."""
        facts: list[Fact] = []
        poisoned: list[tuple[Message, Corrupt]] = []
        for message in messages:
            if not message.tag:
                continue
            known = self._facts.get(message.position)
            if known is None:
                known = self._facts[message.position] = _read(message)
            if isinstance(known, Corrupt):
                poisoned.append((message, known))
            else:
                facts.append(known)
        return facts, poisoned


def _read(message: Message) -> Fact | Corrupt:
    try:
        event = decode(message.tag, message.data, position=message.position)
    except Corrupt as error:
        return error
    if message.recorded_at is None:
        return Corrupt(f"Message {message.position} does not say when it happened.")
    return Fact(
        message.position, message.stream, message.version, message.recorded_at, event
    )
