"""A message as a Kafka record: CloudEvents 1.0, binary mode.

The value is the stored bytes, untouched. Everything else is a header, in ASCII or
UTF-8, so that any consumer can route and follow a story without parsing JSON: the
attributes of CloudEvents, and our own as its extensions (`ce_position`, `ce_prev`,
`ce_hash`, …). `meta` is the stored bytes of who caused the event; what a stranger
needs of it is repeated. A mark has the type `boxoffice.mark` and an empty value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import msgspec

from boxoffice.application.ports.bus import Message
from boxoffice.domain.ids import StreamId
from boxoffice.errors import Corrupt

MARK = "boxoffice.mark"
Headers = list[tuple[str, bytes]]

_STORY = ("correlation", "causation")
"""What is repeated from `meta`, each as `ce_<name>`."""


class Record(Protocol):
    """What the driver gives for a record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes]]


class _Story(msgspec.Struct, frozen=True):
    correlation: str = ""
    causation: str | None = None


_story_decoder = msgspec.json.Decoder(_Story)


class Envelope:
    """Writes messages of one partition of one topic as records."""

    def __init__(self, log: str, family: str, partition: int) -> None:
        self._log = log
        self._place = f"{family}:{partition}"
        self._same: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_source", f"boxoffice/{log}/{family}".encode()),
            ("content-type", b"application/json"),
        ]
        self._time: datetime | None = None
        self._time_text = b""

    def headers(self, message: Message) -> Headers:
        """Give everything but key and value."""
        epoch, position = message.epoch, message.position
        event_id = f"{self._log}:{epoch}:{position}:{self._place}:{message.key}"
        headers = [
            *self._same,
            ("ce_id", event_id.encode()),
            ("ce_type", (message.tag or MARK).encode()),
            ("ce_epoch", b"%d" % epoch),
            ("ce_position", b"%d" % position),
            ("ce_prev", b"%d" % message.prev),
        ]
        if message.stream:
            headers.append(("ce_subject", message.stream.hex().encode()))
        if message.version:
            headers.append(("ce_version", b"%d" % message.version))
        if message.recorded_at is not None:
            headers.append(("ce_time", self._text_of(message.recorded_at)))
        if message.hash:
            headers.append(("ce_hash", message.hash.hex().encode()))
        if message.meta:
            headers += _meta_headers(message.meta)
        return headers

    def _text_of(self, time: datetime) -> bytes:
        """All events of an append have the same time, so the last text mostly fits."""
        if time != self._time:
            self._time, self._time_text = time, time.isoformat().encode()
        return self._time_text


@lru_cache(maxsize=1_024)
def _meta_headers(meta: bytes) -> Headers:
    """All events of a command have the same; so it is read once for all of them."""
    try:
        story = _story_decoder.decode(meta)
    except (msgspec.DecodeError, UnicodeDecodeError):
        story = _Story()  # The bytes still arrive; who decodes them will complain.
    told = ((name, getattr(story, name)) for name in _STORY)
    return [
        ("meta", meta),
        *((f"ce_{name}", value.encode()) for name, value in told if value),
    ]


def to_message(record: Record) -> Message:
    """Read a record.

    Raises:
        Corrupt: somebody else wrote it, or it was damaged.
    """
    headers = dict(record.headers)
    try:
        tag = headers["ce_type"].decode()
        time = headers.get("ce_time")
        return Message(
            key=(record.key or b"").decode(),
            epoch=int(headers["ce_epoch"]),
            position=int(headers["ce_position"]),
            prev=int(headers["ce_prev"]),
            tag="" if tag == MARK else tag,
            stream=StreamId(bytes.fromhex(headers.get("ce_subject", b"").decode())),
            version=int(headers.get("ce_version", 0)),
            recorded_at=None if time is None else datetime.fromisoformat(time.decode()),
            hash=bytes.fromhex(headers.get("ce_hash", b"").decode()),
            meta=headers.get("meta", b""),
            data=record.value or b"",
        )
    except (KeyError, ValueError) as error:
        place = f"{record.topic}/{record.partition}@{record.offset}"
        detail = f"The record {place} is none of ours: {error!r}"
        raise Corrupt(detail, place=place) from error
