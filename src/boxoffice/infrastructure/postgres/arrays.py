"""Python lists as PostgreSQL's binary arrays, packed at once.

psycopg dumps a list element by element; a call to append has a dozen lists of up to
hundreds of elements, so they are packed here in a few steps each. A packed array says
its own type, so a statement needs no casts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Any, ClassVar

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

from boxoffice.errors import Unstorable

_INT4, _INT8, _TEXT, _BYTEA, _UUID = 23, 20, 25, 17, 2950
_UUID_BYTES = 16

_header = Struct(">iiiii").pack
_empty = Struct(">iii").pack
_length = Struct(">i").pack


class PackedArray:
    """An array as it goes over the wire; `oid` is its type."""

    __slots__ = ("payload",)
    oid: ClassVar[int]

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


class Uuids(PackedArray):
    """uuid[]."""

    oid = 2951


class Int4s(PackedArray):
    """integer[]."""

    oid = 1007


class Int8s(PackedArray):
    """bigint[]."""

    oid = 1016


class Texts(PackedArray):
    """text[]."""

    oid = 1009


class Byteas(PackedArray):
    """bytea[]."""

    oid = 1001


def register(connection: Connection[Any]) -> None:
    """Teach a connection to send packed arrays."""
    for kind in (Uuids, Int4s, Int8s, Texts, Byteas):
        connection.adapters.register_dumper(kind, _dumper(kind.oid))


def uuids(values: Collection[bytes]) -> Uuids:
    """Pack 16-byte strings.

    Raises:
        Unstorable: one of them has another length.
    """
    if not set(map(len, values)) <= {_UUID_BYTES}:
        raise Unstorable("Stream ids and command ids are 16 bytes.")
    return Uuids(_head(_UUID, len(values)) + _of_one_length(values, _UUID_BYTES))


def int4s(values: Sequence[int]) -> Int4s:
    """Pack numbers of 32 bits."""
    return Int4s(_head(_INT4, len(values)) + _numbers(values, "ii", 4))


def int8s(values: Sequence[int]) -> Int8s:
    """Pack numbers of 64 bits."""
    return Int8s(_head(_INT8, len(values)) + _numbers(values, "iq", 8))


def byteas(values: Collection[bytes]) -> Byteas:
    """Pack byte strings."""
    lengths = set(map(len, values))
    if len(lengths) == 1:
        body = _of_one_length(values, lengths.pop())
    else:
        sized = zip(map(_length, map(len, values)), values, strict=True)
        body = b"".join(chain.from_iterable(sized))
    return Byteas(_head(_BYTEA, len(values)) + body)


def texts(values: Sequence[str]) -> Texts:
    """Pack texts of which there are few different ones, as tags are.

    Raises:
        Unstorable: one of them is no valid text.
    """
    try:
        body = b"".join(map(_text, values))
    except UnicodeEncodeError as error:
        raise Unstorable("A tag is valid text.") from error
    return Texts(_head(_TEXT, len(values)) + body)


def _head(element: int, length: int) -> bytes:
    if not length:
        return _empty(0, 0, element)
    return _header(1, 0, element, length, 1)


def _of_one_length(values: Collection[bytes], length: int) -> bytes:
    """Join with the length, which stands before every element, as the separator."""
    return _length(length).join([b"", *values])


def _numbers(values: Sequence[int], form: str, size: int) -> bytes:
    sized = [size] * (2 * len(values))
    sized[1::2] = values
    try:
        return _packer(form, len(values))(*sized)
    except struct.error as error:
        raise Unstorable("A number is too large for the log.") from error


@lru_cache(maxsize=512)
def _packer(form: str, length: int) -> Callable[..., bytes]:
    return Struct(">" + form * length).pack


@lru_cache(maxsize=1024)
def _text(value: str) -> bytes:
    encoded = value.encode()
    return _length(len(encoded)) + encoded


def _dumper(array_oid: int) -> type[Dumper]:
    class PackedDumper(Dumper):
        format = Format.BINARY
        oid = array_oid

        def dump(self, obj: PackedArray) -> bytes:
            return obj.payload

    return PackedDumper
