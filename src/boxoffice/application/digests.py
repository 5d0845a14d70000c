"""When two documents are the same: equal canonical JSON, wherever they were kept."""

from __future__ import annotations

import hashlib

import msgspec

from boxoffice.errors import Corrupt


def digest(body: bytes) -> bytes:
    """Give the SHA-256 of a document's canonical JSON.

    Raises:
        Corrupt: it is no JSON.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"A stored document cannot be read: {error}") from error
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).digest()
