"""A message and its Kafka record say the same, whatever the message says."""

from datetime import UTC
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.application.ports.bus import Message
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import StreamId
from boxoffice.domain.message import Meta
from boxoffice.errors import Corrupt
from boxoffice.infrastructure.kafka.envelope import MARK, Envelope, to_message

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
POSITIONS = st.integers(0, 2**63 - 1)
TIMES = st.datetimes(timezones=st.just(UTC))
METAS = st.builds(
    Meta,
    command=TEXT,
    correlation=TEXT,
    actor=TEXT,
    venue=TEXT,
    causation=st.none() | TEXT,
)

MESSAGES = st.builds(
    Message,
    key=TEXT,
    epoch=st.integers(1, 2**31),
    position=POSITIONS,
    prev=POSITIONS,
    tag=st.sampled_from(sorted(TAGS.values())),
    stream=st.binary(min_size=16, max_size=16).map(StreamId),
    version=POSITIONS,
    recorded_at=TIMES,
    hash=st.binary(min_size=32, max_size=32),
    meta=METAS.map(msgspec.json.encode) | st.binary(),
    data=st.binary(),
)
MARKS = st.builds(
    Message, key=TEXT, epoch=st.integers(1, 2**31), position=POSITIONS, prev=POSITIONS
)


def a_record(message: Message, *, log: str = "main") -> Any:
    """What the broker gives back for what is sent."""
    return SimpleNamespace(
        topic="t",
        partition=2,
        offset=7,
        key=message.key.encode(),
        value=message.data,
        headers=tuple(Envelope(log, "performance", 2).headers(message)),
    )


@given(message=MESSAGES | MARKS, log=TEXT)
def test_a_message_comes_back_exactly(message: Message, log: str) -> None:
    assert to_message(a_record(message, log=log)) == message


@given(message=MESSAGES)
def test_a_record_is_a_cloud_event(message: Message) -> None:
    headers = dict(a_record(message).headers)
    place = f"main:{message.epoch}:{message.position}:performance:2:{message.key}"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"].decode() == place
    assert headers["ce_source"] == b"boxoffice/main/performance"
    assert headers["ce_type"].decode() == message.tag
    assert headers["ce_subject"].decode() == message.stream.hex()
    assert headers["content-type"] == b"application/json"
    assert message.recorded_at is not None
    assert headers["ce_time"].decode() == message.recorded_at.isoformat()


@given(message=MARKS)
def test_a_mark_is_a_cloud_event_without_a_value(message: Message) -> None:
    record = a_record(message)
    assert dict(record.headers)["ce_type"].decode() == MARK
    assert record.value == b""


@given(message=MESSAGES, meta=METAS)
def test_others_can_follow_a_story_without_parsing(
    message: Message, meta: Meta
) -> None:
    told = msgspec.structs.replace(message, meta=msgspec.json.encode(meta))
    headers = dict(a_record(told).headers)
    story = {
        name: headers.get(f"ce_{name}", b"").decode()
        for name in ("correlation", "causation")
    }
    expected = {name: getattr(meta, name) or "" for name in story}
    assert story == expected


@given(message=MESSAGES | MARKS)
def test_no_header_comes_twice(message: Message) -> None:
    names = [name for name, _ in a_record(message).headers]
    assert sorted(set(names)) == sorted(names)


@given(message=MESSAGES, name=st.sampled_from(["ce_type", "ce_position", "ce_epoch"]))
def test_a_strangers_record_is_named(message: Message, name: str) -> None:
    record = a_record(message)
    record.headers = tuple(item for item in record.headers if item[0] != name)
    with pytest.raises(Corrupt, match="t/2@7"):
        to_message(record)


@given(
    message=MESSAGES,
    name=st.sampled_from(["ce_position", "ce_prev", "ce_time", "ce_hash", "ce_type"]),
    damage=st.sampled_from([b"\xff", b"x", b"1z"]),
)
def test_a_damaged_header_is_named_or_is_text(
    message: Message, name: str, damage: bytes
) -> None:
    record = a_record(message)
    record.headers = tuple({**dict(record.headers), name: damage}.items())
    if name == "ce_type" and damage != b"\xff":
        assert to_message(record).tag == damage.decode()
    else:
        with pytest.raises(Corrupt):
            to_message(record)
