"""A notice is the provider's word only with the provider's signature."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

import msgspec
import pytest

from boxoffice.application.ports.payments import Notice
from boxoffice.errors import Forged, Invalid
from boxoffice.infrastructure.payments.notices import read_notice, sign

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
SECRET = "whsec_one"


def body(kind: str, thing: object) -> bytes:
    event = {"id": "evt_1", "type": kind, "data": {"object": thing}, "created": AT}
    return msgspec.json.encode(event)


def read(raw: bytes, signature: str | None = None) -> Notice:
    given = sign(raw, secret=SECRET, at=AT) if signature is None else signature
    return read_notice(raw, given, secrets=[SECRET], now=NOON)


def test_the_signature_is_the_documented_one() -> None:
    code = hmac.new(SECRET.encode(), f"{AT}.{{}}".encode(), hashlib.sha256).hexdigest()
    assert sign(b"{}", secret=SECRET, at=AT) == f"t={AT},v1={code}"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("payment_intent.succeeded", "payment"),
        ("payment_intent.amount_capturable_updated", "payment"),
        ("refund.failed", "refund"),
        ("charge.refunded", "other"),
        ("refunds", "other"),
    ],
)
def test_notices_are_of_payments_of_refunds_or_of_nothing_to_us(
    event: str, kind: str
) -> None:
    assert read(body(event, {"id": "x_1", "metadata": {}})).kind == kind


def test_a_notice_of_a_payment_names_attempt_and_order() -> None:
    known = {"attempt": "try-1", "order": "ABC", "refund": "none"}
    raw = body("payment_intent.succeeded", {"id": "pi_1", "metadata": known})

    assert read(raw) == Notice("evt_1", "payment", "pi_1", "try-1", "ABC")


def test_what_is_nothing_to_us_needs_no_name() -> None:
    raw = body("balance.available", {"object": "balance", "metadata": None})

    assert read(raw) == Notice("evt_1", "other", "")


def test_one_good_code_among_several_is_enough() -> None:
    raw = body("refund.created", {"id": "re_1"})
    time, good = sign(raw, secret=SECRET, at=AT).split(",")

    assert read(raw, f"{time}, v1=00, v0=11, {good}").reference == "re_1"


@pytest.mark.parametrize("secrets", [[], ["whsec_two"], ["whsec_two", "whsec_three"]])
def test_who_knows_no_secret_believes_nobody(secrets: list[str]) -> None:
    raw = body("refund.created", {"id": "re_1"})
    with pytest.raises(Forged):
        read_notice(raw, sign(raw, secret=SECRET, at=AT), secrets=secrets, now=NOON)


@pytest.mark.parametrize(
    "signature",
    [
        "=,=,=",
        "t=١٢٣,v1=00",
        f"t=-{AT},v1=00",
        f"t={'9' * 5_000},v1=00",
        f"t={AT},v1=é\ud800",
        f"t={AT}," + "v1=00," * 5_000,
        "\x00",
    ],
)
def test_an_odd_signature_is_a_forged_one(signature: str) -> None:
    with pytest.raises(Forged):
        read(b"{}", signature)


def test_a_code_for_another_time_does_not_fit_this_one() -> None:
    raw = body("refund.created", {"id": "re_1"})
    code = sign(raw, secret=SECRET, at=AT - 100).partition(",")[2]

    with pytest.raises(Forged):
        read(raw, f"t={AT},{code}")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"id":"evt_1"}',
        body("refund.created", {"metadata": {}}),
        body("payment_intent.succeeded", []),
        body("payment_intent.succeeded", {"id": 7}),
    ],
)
def test_what_is_signed_and_cannot_be_read_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid):
        read(raw)
