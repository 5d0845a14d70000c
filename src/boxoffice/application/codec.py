"""Events to bytes and back, through their tags.

The stored bytes are JSON so that any language, and a person with psql, can read the
log. Reading ignores unknown fields, so old readers survive new fields; an unknown tag
or a body that does not fit is `Corrupt` and names its position.
"""

from __future__ import annotations

import msgspec

from boxoffice.domain.events import TAGS, AnyEvent
from boxoffice.domain.message import Event, Meta
from boxoffice.errors import Corrupt

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_meta_decoder: msgspec.json.Decoder[Meta] = msgspec.json.Decoder(Meta)

encode = _encoder.encode
"""An event or a Meta to its stored bytes."""


def tag_of(event: Event) -> str:
    """Give the tag under which an event is stored."""
    return TAGS[type(event)]


def decode(tag: str, data: bytes, *, position: int) -> Event:
    """Read a stored event.

    Raises:
        Corrupt: the tag is unknown, differs from the body's, or the body does not
            fit its schema; stop and look at `position`.
    """
    try:
        event: Event = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = f"Event {position} ({tag}) cannot be read: {error}"
        raise Corrupt(detail, position=position, tag=tag) from error
    if TAGS[type(event)] != tag:
        detail = f"Event {position} is stored as {tag} but says {TAGS[type(event)]}."
        raise Corrupt(detail, position=position, tag=tag)
    return event


def decode_meta(meta: bytes, *, position: int) -> Meta:
    """Read who caused a stored event.

    Raises:
        Corrupt: the bytes are no such record.
    """
    try:
        return _meta_decoder.decode(meta)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        detail = f"The origin of event {position} cannot be read: {error}"
        raise Corrupt(detail, position=position) from error
