"""Whatever is sent, the answer is a sentence and never a 5xx."""

from __future__ import annotations

import base64
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxoffice.sandbox.server import API_KEY
from tests.unit.sandbox.counter import Counter, paying

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


@pytest.mark.parametrize(
    ("changed", "code", "param"),
    [
        ({"amount": "-1"}, "parameter_invalid_integer", "amount"),
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "٣"}, "parameter_invalid_integer", "amount"),
        ({"amount": "9" * 400}, "parameter_invalid_integer", "amount"),
        ({"amount": "100000000"}, "amount_too_large", "amount"),
        ({"amount": ""}, "parameter_missing", "amount"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"card__number": "4242"}, "parameter_unknown", "card[number]"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
    ],
)
async def test_a_wrong_parameter_is_named(
    counter: Counter, changed: dict[str, object], code: str, param: str
) -> None:
    wanted = {**paying("pm_card_visa"), **changed}
    status, error = await counter.refused("payment_intents", **wanted)
    assert status in (400, 404)
    assert (code, param) == (error["code"], error["param"])
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "changed",
    [
        {"currency": "euro"},
        {"currency": "e$r"},
        {"capture_method": "later"},
        {"confirm": "perhaps"},
        {"payment_method_types__0": "cheque"},
        {"return_url": "javascript:alert(1)"},
        {"metadata__order": "x" * 501},
    ],
)
async def test_a_wrong_value_is_refused(
    counter: Counter, changed: dict[str, object]
) -> None:
    status, _ = await counter.refused(
        "payment_intents", **{**paying("pm_card_visa"), **changed}
    )
    assert status == 400


@pytest.mark.parametrize("path", ["payment_intents/pi_nobody", "refunds/re_nobody"])
async def test_what_does_not_exist_is_missing(counter: Counter, path: str) -> None:
    answer = await counter.client.get(f"/v1/{path}")
    assert (404, "resource_missing") == (
        answer.status_code,
        answer.json()["error"]["code"],
    )


async def test_a_foreign_card_number_is_refused_and_not_kept(counter: Counter) -> None:
    number = "4111111111111111"
    status, error = await counter.refused(
        "payment_methods", "k1", type="card", card__number=number
    )
    assert (402, "incorrect_number") == (status, error["code"])
    dump = "\n".join(counter.opened.ledger.db.iterdump())
    assert number not in dump


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer sk_other", "Basic !!", "Basic "])
@pytest.mark.parametrize("path", POSTS)
async def test_nobody_comes_in_without_the_key(
    counter: Counter, path: str, key: str
) -> None:
    headers = {"Authorization": key}
    answer = await counter.client.post(f"/v1/{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_the_key_may_come_as_the_user_of_basic(counter: Counter) -> None:
    code = base64.b64encode(f"{API_KEY}:".encode()).decode()
    answer = await counter.client.post(
        "/v1/payment_intents",
        data={"amount": "100", "currency": "eur"},
        headers={"Authorization": f"Basic {code}"},
    )
    assert answer.status_code == 200


WORDS = ("amount", "currency", "payment_method", "confirm", "metadata[a]", "outcome")
FORMS = st.dictionaries(
    st.sampled_from(WORDS) | st.text(max_size=12),
    st.text(max_size=30) | st.integers().map(str),
    max_size=6,
).map(lambda fields: urlencode(fields).encode())


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=st.sampled_from(POSTS), body=st.binary(max_size=200) | FORMS)
async def test_anything_at_all_is_answered_in_words(
    counter: Counter, path: str, body: bytes
) -> None:
    answer = await counter.client.post(f"/v1/{path}", content=body, headers=FORM)
    assert answer.status_code < 500
    assert answer.status_code == 200 or answer.json()["error"]["message"]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.binary(max_size=100), name=st.text(min_size=1, max_size=20))
async def test_pages_answer_anything_in_words(
    counter: Counter, body: bytes, name: str
) -> None:
    for page in ("pay", "3ds"):
        address = f"/{page}/{quote(name, safe='')}"
        answer = await counter.client.post(address, content=body, headers=FORM)
        assert answer.status_code in (400, 404, 405)
