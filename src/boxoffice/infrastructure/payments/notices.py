"""Notices as Stripe signs them: `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=…]`.

The code is an HMAC-SHA256 of `<t>.<raw body>`, so it is checked over the bytes as they
came, before anything reads them. Several codes and several secrets may be valid at once
while a secret is being replaced.
Source: docs.stripe.com/webhooks, "Verify webhook signatures manually".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from boxoffice.application.ports.payments import Notice
from boxoffice.errors import Forged, Invalid

WINDOW_S = 300.0
"""How far a notice's time may lie from ours, either way."""
SECRETS_MAX = 2
CODES_MAX = 16
"""Codes of one header that are looked at."""
TIME_DIGITS_MAX = 12


class _Object(msgspec.Struct, frozen=True):
    id: str = ""
    metadata: Mapping[str, str] | None = None


class _Data(msgspec.Struct, frozen=True):
    object: _Object


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: _Data


def read_notice(
    raw: bytes,
    signature: str,
    *,
    secrets: Sequence[str],
    now: datetime,
    window_s: float = WINDOW_S,
) -> Notice:
    """Read a signed notice.

    Raises:
        Forged: no secret made this signature for this body, or not at this time.
        Invalid: the body cannot be read.
    """
    _check(raw, signature, secrets=secrets, now=now, window_s=window_s)
    try:
        event = msgspec.json.decode(raw, type=_Event)
    except msgspec.DecodeError as error:
        raise Invalid("This notice of the payment provider cannot be read.") from error
    thing = event.data.object
    kind = _kind(event.type)
    if kind != "other" and not thing.id:
        raise Invalid("This notice of the payment provider names nothing.")
    known = thing.metadata or {}
    return Notice(
        event=event.id,
        kind=kind,
        reference=thing.id,
        attempt=known.get("attempt", ""),
        order=known.get("order", ""),
    )


def sign(raw: bytes, *, secret: str, at: int) -> str:
    """Give the header for a body; `at` in Unix seconds."""
    return f"t={at},v1={_code(str(at), raw, secret).decode()}"


def _check(
    raw: bytes,
    signature: str,
    *,
    secrets: Sequence[str],
    now: datetime,
    window_s: float,
) -> None:
    parts = [part.strip().partition("=") for part in signature.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    codes = [value for name, _, value in parts if name == "v1"][:CODES_MAX]
    if len(times) != 1 or not _is_time(times[0]):
        raise Forged("The signature of this notice says no time.")
    # Every code is compared with every secret, whichever fits, in constant time.
    right = [_code(times[0], raw, secret) for secret in secrets[:SECRETS_MAX]]
    fits = [
        hmac.compare_digest(ours, code.encode(errors="replace"))
        for ours in right
        for code in codes
    ]
    if not any(fits):
        raise Forged
    if abs(now.timestamp() - int(times[0])) > window_s:
        raise Forged("This notice was signed too long ago, or in the future.")


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= TIME_DIGITS_MAX


def _code(time: str, raw: bytes, secret: str) -> bytes:
    signed = time.encode() + b"." + raw
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


def _kind(event_type: str) -> Literal["payment", "refund", "other"]:
    match event_type.partition(".")[0]:
        case "payment_intent":
            return "payment"
        case "refund":
            return "refund"
        case _:
            return "other"
