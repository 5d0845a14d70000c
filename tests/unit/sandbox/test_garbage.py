"""Whatever is sent, the answer is a sentence and never a 5xx."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxoffice.sandbox.server import API_KEY
from tests.unit.sandbox.bank import Bank

POSTS = (
    "payment_methods",
    "payment_intents",
    "payment_intents/pi_1/confirm",
    "payment_intents/pi_1/capture",
    "payment_intents/pi_1/cancel",
    "refunds",
    "sandbox/settle/pi_1",
    "sandbox/faults",
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WORDS = ("amount", "currency", "payment_method", "confirm", "metadata[a]", "outcome")
FORMS = st.dictionaries(
    st.sampled_from(WORDS) | st.text(max_size=12),
    st.text(max_size=30) | st.integers().map(str),
    max_size=6,
).map(lambda fields: urlencode(fields).encode())
# The sandbox of a test is asked by all its examples: what one leaves behind is no harm.
shared = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    ("changed", "code", "param"),
    [
        ({"amount": "-1"}, "parameter_invalid_integer", "amount"),
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        (
            {"amount": "\N{ARABIC-INDIC DIGIT THREE}"},
            "parameter_invalid_integer",
            "amount",
        ),
        ({"amount": "9" * 400}, "parameter_invalid_integer", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"card__number": "4242"}, "parameter_unknown", "card[number]"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"return_url": "javascript:alert(1)"}, "url_invalid", "return_url"),
        ({"return_url": "//house.test"}, "url_invalid", "return_url"),
    ],
)
async def test_a_wrong_parameter_is_named(
    bank: Bank, changed: dict[str, Any], code: str, param: str
) -> None:
    fields = {"amount": 5_000, "currency": "usd", "payment_method": "pm_card_visa"}
    status, answer = await bank.post(
        "payment_intents", **{**fields, "confirm": "true", **changed}
    )
    error = answer["error"]
    assert (code, param) == (error["code"], error["param"])
    assert "invalid_request_error" == error["type"]
    assert (404 if code == "resource_missing" else 400) == status
    assert 0 == bank.total("instrument")


@pytest.mark.parametrize(
    "changed",
    [
        {"currency": "euro"},
        {"currency": "e$r"},
        {"capture_method": "later"},
        {"confirm": "perhaps"},
        {"payment_method_types__0": "cheque", "confirm": "false"},
        {"metadata__order": "x" * 501},
    ],
)
async def test_a_wrong_value_is_refused(bank: Bank, changed: dict[str, Any]) -> None:
    status, answer = await bank.pay(**changed)
    assert (400, "invalid_request_error") == (status, answer["error"]["type"])
    assert 0 == bank.total("instrument")


@pytest.mark.parametrize("path", ["payment_intents/pi_nobody", "refunds/re_nobody"])
async def test_what_does_not_exist_is_missing(bank: Bank, path: str) -> None:
    answer = await bank.client.get(f"/v1/{path}")
    assert 404 == answer.status_code
    assert "resource_missing" == answer.json()["error"]["code"]


async def test_a_foreign_card_number_is_refused_and_not_kept(bank: Bank) -> None:
    number = "4111111111111111"
    card = {"type": "card", "card__number": number}
    status, answer = await bank.post("payment_methods", "k", **card)
    assert (402, "incorrect_number") == (status, answer["error"]["code"])
    assert number not in "\n".join(bank.opened.ledger.db.iterdump())


async def test_the_number_of_a_test_card_is_a_method_that_does_not_keep_it(
    bank: Bank,
) -> None:
    number = "5555 5555 5555 4444"
    card = {"type": "card", "card__number": number, "card__cvc": "123"}
    _, made = await bank.post("payment_methods", "k", **card)
    assert {"brand": "mastercard", "last4": "4444"} == made["card"]
    _, paid = await bank.pay(made["id"])
    assert "requires_capture" == paid["status"]
    dump = "\n".join(bank.opened.ledger.db.iterdump())
    assert number not in dump
    assert number.replace(" ", "") not in dump


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer sk_other", "Basic !!", "Basic "])
@pytest.mark.parametrize("path", POSTS)
async def test_nobody_comes_in_without_the_key(bank: Bank, path: str, key: str) -> None:
    headers = {"Authorization": key}
    answer = await bank.client.post(f"/v1/{path}", headers=headers)
    assert 401 == answer.status_code
    assert "invalid_request_error" == answer.json()["error"]["type"]


async def test_the_key_may_come_as_the_user_of_basic(bank: Bank) -> None:
    code = base64.b64encode(f"{API_KEY}:".encode()).decode()
    answer = await bank.client.get(
        "/v1/sandbox/ledger", headers={"Authorization": f"Basic {code}"}
    )
    assert {"payments": [], "postings": []} == answer.json()


@shared
@given(path=st.sampled_from(POSTS), body=st.binary(max_size=200) | FORMS)
async def test_anything_at_all_is_answered_in_words(
    bank: Bank, path: str, body: bytes
) -> None:
    answer = await bank.client.post(f"/v1/{path}", content=body, headers=FORM)
    assert answer.status_code < 500
    assert answer.is_success or answer.json()["error"]["message"]


@shared
@given(body=st.binary(max_size=100) | FORMS, name=st.text(min_size=1, max_size=20))
async def test_pages_answer_anything_in_words(
    bank: Bank, body: bytes, name: str
) -> None:
    for page in ("pay", "3ds"):
        address = f"/{page}/{quote(name, safe='')}"
        answer = await bank.client.post(address, content=body, headers=FORM)
        assert answer.status_code in (400, 404, 405)
