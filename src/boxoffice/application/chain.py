"""The hash chain of the log: the same bytes in every store, and who checks them.

Every record has a *leaf*, the SHA-256 of its fields and of the link before its
append; each field has its type and length in front, so that no byte can move from one
field to the next. A record's `hash` is its leaf, except for the last record of an
append: its hash is the *link*, the SHA-256 of all leaves of that append. So one hash
a record suffices, a database can compute a whole append at once, and each link still
stands on everything before it. Source: ADR 0003.

Altering, swapping, inserting or deleting records breaks the chain, and the first
position that is wrong is named. A log cut off inside an append ends without a link.
One cut off between two appends is a valid, shorter log: compare its head with a link
that was noted elsewhere, as checkpoints and messages do.

The bytes are PostgreSQL's own, because that lets the database make them in one step.
Leaf: the binary form of a row, i.e. the number of fields, then for each the OID of
its type, its length and its value. Link: the binary form of an array of the leaves.
All numbers are big-endian; an instant is microseconds since 2000-01-01 UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct

from msgspec.structs import replace

from boxoffice.application.ports.log import Append, LogRecord

GENESIS = bytes(32)
"""The link before the first append."""

STREAM_BYTES = 16
VERSION_MAX = 2**63 - 1

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT8, _BYTEA, _TEXT, _TIMESTAMPTZ, _UUID = 20, 17, 25, 1184, 2950
_fixed_fields = Struct(">i ii32s iiq ii16s iiq ii").pack
_field = Struct(">ii").pack
_instant_field = Struct(">iiq").pack
_array = Struct(">iiiii").pack
_LEAF_LENGTH = Struct(">i").pack(32)


def microseconds(at: datetime) -> int:
    """Give microseconds since 2000-01-01 UTC, an instant as it is hashed."""
    return (at - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """Give the instant back from its microseconds."""
    return _EPOCH + timedelta(microseconds=microseconds)


def leaf(previous: bytes, record: LogRecord) -> bytes:
    """Hash a record's fields, after the link of the append before its own."""
    tag = record.tag.encode()
    link_and_position = (_BYTEA, 32, previous, _INT8, 8, record.position)
    stream_and_version = (_UUID, 16, record.stream, _INT8, 8, record.version)
    fields = (
        _fixed_fields(8, *link_and_position, *stream_and_version, _TEXT, len(tag)),
        tag,
        _field(_BYTEA, len(record.data)),
        record.data,
        _field(_BYTEA, len(record.meta)),
        record.meta,
        _instant_field(_TIMESTAMPTZ, 8, microseconds(record.recorded_at)),
    )
    return hashlib.sha256(b"".join(fields)).digest()


def link(leaves: Sequence[bytes]) -> bytes:
    """Hash all leaves of an append."""
    head = _array(1, 0, _BYTEA, len(leaves), 1)
    return hashlib.sha256(_LEAF_LENGTH.join([head, *leaves])).digest()


def hashes(previous: bytes, records: Iterable[LogRecord]) -> list[bytes]:
    """Give the hashes of the records of one append."""
    leaves = [leaf(previous, record) for record in records]
    if leaves:
        leaves[-1] = link(leaves)
    return leaves


def chained(
    batch: Append, *, first: int, at: datetime, previous: bytes
) -> list[LogRecord]:
    """Give an append's records as they are stored, for stores that hash in Python."""
    columns = zip(
        batch.event_streams,
        batch.event_versions,
        batch.event_tags,
        batch.event_datas,
        batch.event_metas,
        strict=True,
    )
    bare = [
        LogRecord(position, stream, version, tag, data, meta, at, b"")
        for position, (stream, version, tag, data, meta) in enumerate(columns, first)
    ]
    links = hashes(previous, bare)
    return [
        replace(record, hash=link) for record, link in zip(bare, links, strict=True)
    ]


class ChainCheck:
    """Checks a log from its beginning on, page by page.

    After a position was named, nothing can be said about what follows.
    """

    def __init__(self) -> None:
        self.position = 0
        self._link = GENESIS
        self._leaves: list[bytes] = []

    def feed(self, records: Iterable[LogRecord]) -> int | None:
        """Check the next records; give the first position that is wrong.

        A missing record is named by the position that is missing.
        """
        for record in records:
            self.position += 1
            if record.position != self.position or not self._fits(record):
                return self.position
        return None

    def finish(self) -> int | None:
        """Name the position that is missing when the log ends inside an append."""
        return self.position + 1 if self._leaves else None

    def _fits(self, record: LogRecord) -> bool:
        if not is_sound(record):
            return False
        self._leaves.append(leaf(self._link, record))
        if record.hash == self._leaves[-1]:
            return True
        self._link = link(self._leaves)
        self._leaves.clear()
        return record.hash == self._link


def is_sound(record: LogRecord) -> bool:
    """Tell whether every field is of its kind, whatever the database let in.

    Only then can a record be hashed: `leaf` would cut a stream id that is too long.
    """
    return (
        type(record.stream) is bytes
        and len(record.stream) == STREAM_BYTES
        and type(record.version) is int
        and 0 <= record.version <= VERSION_MAX
        and type(record.tag) is str
        and (record.tag.isascii() or _is_text(record.tag))
        and type(record.data) is bytes
        and type(record.meta) is bytes
        and type(record.hash) is bytes
        and type(record.recorded_at) is datetime
        and record.recorded_at.tzinfo is not None
    )


def _is_text(tag: str) -> bool:
    try:
        tag.encode()
    except UnicodeEncodeError:
        return False
    return True


def verify_chain(records: Iterable[LogRecord]) -> int | None:
    """Give the first position of a whole log that is wrong; None when none is."""
    check = ChainCheck()
    wrong = check.feed(records)
    return check.finish() if wrong is None else wrong
