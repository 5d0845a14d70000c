"""A document's JSON as BSON, so that staff can query it, and back to the same bytes.

Nearly every body survives the way through BSON. One that does not (a number of more
than 64 bits, white space, a key with a NUL) keeps its bytes beside the queryable
form, so that what comes out is always what went in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bson
import msgspec
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument

from boxoffice.application.ports.documents import Document
from boxoffice.errors import Unstorable

_encoder = msgspec.json.Encoder(enc_hook=int)
"""The driver gives numbers of 64 bits as a subclass of int."""


def stored(document: Document) -> RawBSONDocument:
    """Give what is stored under the document's key.

    Raises:
        Unstorable: the body is no JSON.
    """
    try:
        body = msgspec.json.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = f"Document {document.key!r} is no JSON: {error}"
        raise Unstorable(detail, key=document.key) from error
    fields = {"_id": document.key, "position": document.position, "body": body}
    if _encoder.encode(body) != document.body:
        fields["raw"] = document.body
    try:
        return RawBSONDocument(bson.encode(fields))
    except (InvalidDocument, OverflowError):
        fields |= {"body": None, "raw": document.body}
        return RawBSONDocument(bson.encode(fields))


def restored(fields: Mapping[str, Any]) -> Document:
    """Give back the document that was stored."""
    body = fields.get("raw")
    if body is None:
        body = _encoder.encode(fields["body"])
    return Document(key=fields["_id"], position=fields["position"], body=body)
