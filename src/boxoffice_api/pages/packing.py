"""Compression that is done once for what many pages share.

A part is deflated on its own and ends on a whole byte, so finished parts can be set
beside each other in one gzip stream: a hall of hundreds of kilobytes is compressed
once, and each page around it costs next to nothing.

Source: RFC 1951, 3.2.4 (byte alignment), and RFC 1952.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

import msgspec

LEVEL = 5
RAW_DEFLATE = -15
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST_BLOCK = b"\x03\x00"
"""An empty block that says that nothing follows."""


class Part(msgspec.Struct, frozen=True):
    """A piece of a page, plain and deflated."""

    plain: bytes
    deflated: bytes


def part(text: str) -> Part:
    """Deflate a piece."""
    plain = text.encode()
    squeezer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW_DEFLATE)
    body = squeezer.compress(plain) + squeezer.flush(zlib.Z_FULL_FLUSH)
    return Part(plain, body)


def gzipped(parts: Iterable[Part]) -> bytes:
    """Set pieces beside each other in one gzip stream."""
    check, length, pieces = 0, 0, [HEADER]
    for piece in parts:
        check = zlib.crc32(piece.plain, check)
        length += len(piece.plain)
        pieces.append(piece.deflated)
    pieces += [LAST_BLOCK, struct.pack("<II", check, length & 0xFFFF_FFFF)]
    return b"".join(pieces)
