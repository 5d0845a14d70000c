from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client import REGISTRY

from boxoffice.application.ports.payments import Method, ProviderPayment, ProviderRefund
from boxoffice.application.queries.orders import KnownOrder, find_order
from boxoffice.domain.money import Money
from boxoffice.domain.payments.decide import REFUND_TRIES_MAX
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.payments.memory import MemoryPaymentProvider
from boxoffice.infrastructure.payments.notices import sign
from boxoffice_api.app import create_app
from tests.unit.api.house import SETTINGS, House, open_house

SECRET = "whsec_test"
WEBHOOK = "/v1/payments/webhook"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    settings = msgspec.structs.replace(SETTINGS, payments_webhook_secrets=SECRET)
    async with open_house(settings) as opened:
        yield opened


@pytest.fixture
async def order(house: House, performance: str) -> str:
    buyer = await house.buyer()
    code: str = (await house.ordered(performance, buyer, 1))["order"]
    return code


def till(house: House) -> MemoryPaymentProvider:
    payments = house.container.payments
    assert isinstance(payments, MemoryPaymentProvider)
    return payments


async def known(house: House, code: str) -> KnownOrder:
    return await find_order(house.container.store, code)


async def started(house: House, code: str, token: str) -> ProviderPayment:
    (attempt,) = (await known(house, code)).payment.attempts.values()
    return await till(house).start(
        attempt=attempt.attempt,
        order=code,
        amount=attempt.amount,
        method=Method("card", token),
        return_url="",
    )


def notice(kind: str, thing: dict[str, Any], *, event: str = "evt_1") -> bytes:
    return msgspec.json.encode(
        {"id": event, "object": "event", "type": kind, "data": {"object": thing}}
    )


async def told(
    house: House, body: bytes, *, secret: str = SECRET, age_s: int = 0
) -> httpx.Response:
    at = int(house.clock.now().timestamp()) - age_s
    headers = {"stripe-signature": sign(body, secret=secret, at=at)}
    return await house.client.post(WEBHOOK, content=body, headers=headers)


def of_payment(payment: ProviderPayment, *, event: str = "evt_1") -> bytes:
    thing = {"id": payment.reference, "object": "payment_intent", "amount": 1}
    return notice("payment_intent.succeeded", thing, event=event)


async def test_a_notice_confirms_an_order_by_what_the_provider_says_itself(
    house: House, order: str
) -> None:
    payment = await started(house, order, "pm_card_visa")
    answer = await told(house, of_payment(payment))
    assert (answer.status_code, answer.json()) == (200, {"outcome": "news"})
    assert (await known(house, order)).order.status == "confirmed"


async def test_the_same_news_under_another_event_changes_nothing(
    house: House, order: str
) -> None:
    payment = await started(house, order, "pm_card_visa")
    await told(house, of_payment(payment))
    length = house.container.store.head().position
    for event in ("evt_1", "evt_2"):
        answer = await told(house, of_payment(payment, event=event))
        assert answer.json() == {"outcome": "known"}
    assert house.container.store.head().position == length


async def test_a_decline_is_noted_and_can_no_longer_be_undone(
    house: House, order: str
) -> None:
    payment = await started(house, order, "pm_card_visa_chargeDeclined")
    answer = await told(house, of_payment(payment))
    assert answer.json() == {"outcome": "news"}
    (attempt,) = (await known(house, order)).payment.attempts.values()
    assert attempt.status == "failed"
    stands = await till(house).look_up(payment.reference)
    assert stands.status == "cancelled"


async def refunding(
    house: House, performance: str, token: str = "pm_card_visa"
) -> tuple[str, ProviderRefund]:
    """Buy, and give back; give the order, and the refund as the provider made it."""
    buyer = await house.buyer()
    code = (await house.ordered(performance, buyer, 1))["order"]
    payment = await started(house, code, token)
    await till(house).capture(payment.reference, attempt=payment.attempt)
    await told(house, of_payment(payment))
    tickets = [{"performance": performance, "place": 1}]
    asked = await house.client.post(
        f"/v1/orders/{code}/refund",
        json={"tickets": tickets, "note": "ill"},
        headers=house.staff(),
    )
    assert asked.status_code < 300, asked.text
    (refund,) = (await known(house, code)).payment.refunds.values()
    made = await till(house).refund(
        payment.reference, refund=refund.refund, amount=refund.amount
    )
    return code, made


def of_refund(made: ProviderRefund) -> bytes:
    return notice("refund.updated", {"id": made.reference, "object": "refund"})


async def states(house: House, code: str) -> list[str]:
    return [r.state for r in (await known(house, code)).payment.refunds.values()]


async def test_a_refund_that_is_back_is_noted(house: House, performance: str) -> None:
    code, made = await refunding(house, performance)
    assert (await told(house, of_refund(made))).json() == {"outcome": "news"}
    assert await states(house, code) == ["completed"]


async def test_a_refund_that_fails_after_it_was_back_is_tried_again(
    house: House, performance: str
) -> None:
    code, made = await refunding(house, performance, "pm_card_refundFail")
    await told(house, of_refund(made))
    assert await states(house, code) == ["completed"]
    till(house).till.come_back(made.reference)
    assert (await told(house, of_refund(made))).json() == {"outcome": "news"}
    assert await states(house, code) == ["replaced", "requested"]


async def test_a_refund_that_fails_for_good_is_counted_by_whoever_hears_first(
    house: House, performance: str
) -> None:
    code, made = await refunding(house, performance, "pm_sandbox_refund_fails")
    before = stuck_refunds()
    for _ in range(1, REFUND_TRIES_MAX):
        assert (await told(house, of_refund(made))).json() == {"outcome": "news"}
        *_, last = (await known(house, code)).payment.refunds.values()
        made = await till(house).refund(
            last.payment, refund=last.refund, amount=last.amount
        )
    assert stuck_refunds() == before
    assert (await told(house, of_refund(made))).json() == {"outcome": "news"}
    assert (await told(house, of_refund(made))).json() == {"outcome": "known"}
    assert stuck_refunds() == before + 1


async def test_a_second_payment_under_a_forgotten_key_goes_back(
    house: House, order: str
) -> None:
    first = await started(house, order, "pm_card_visa")
    await till(house).capture(first.reference, attempt=first.attempt)
    await told(house, of_payment(first))
    till(house).forget_keys()
    second = await started(house, order, "pm_card_visa")
    await till(house).capture(second.reference, attempt=second.attempt)
    before = doubts("second-payment")
    assert (await told(house, of_payment(second))).json() == {"outcome": "news"}
    (refund,) = (await known(house, order)).payment.refunds.values()
    assert (refund.payment, refund.state) == (second.reference, "requested")
    assert doubts("second-payment") == before + 1


async def test_a_refund_of_another_amount_is_left_for_somebody_to_look(
    house: House, performance: str
) -> None:
    code, made = await refunding(house, performance)
    wrong = msgspec.structs.replace(made, amount=Money(1, "USD"))
    till(house).till.refunds[made.reference] = wrong
    before = doubts("refund-amount")
    assert (await told(house, of_refund(made))).json() == {"outcome": "known"}
    assert await states(house, code) == ["requested"]
    assert doubts("refund-amount") == before + 1


async def test_a_second_refund_under_a_forgotten_key_is_for_somebody_to_look_at(
    house: House, performance: str
) -> None:
    code, made = await refunding(house, performance)
    await told(house, of_refund(made))
    again = msgspec.structs.replace(made, reference="re_memory_again")
    till(house).till.refunds[again.reference] = again
    before = doubts("second-refund")
    assert (await told(house, of_refund(again))).json() == {"outcome": "known"}
    assert (await told(house, of_refund(made))).json() == {"outcome": "known"}
    assert await states(house, code) == ["completed"]
    assert doubts("second-refund") == before + 1


async def test_a_refund_that_was_made_although_it_was_refused_is_for_somebody_to_look(
    house: House, performance: str
) -> None:
    code, made = await refunding(house, performance, "pm_sandbox_refund_fails")
    before = doubts("refund-after-all")
    await told(house, of_refund(made))
    assert await states(house, code) == ["replaced", "requested"]
    after_all = msgspec.structs.replace(made, status="succeeded")
    till(house).till.refunds[made.reference] = after_all
    assert (await told(house, of_refund(after_all))).json() == {"outcome": "known"}
    assert doubts("refund-after-all") == before + 1


def stuck_refunds() -> float:
    return REGISTRY.get_sample_value("boxoffice_notices_refunds_stuck_total") or 0


def doubts(what: str) -> float:
    return (
        REGISTRY.get_sample_value("boxoffice_notices_doubted_total", {"what": what})
        or 0
    )


async def test_who_cannot_sign_is_refused(house: House, order: str) -> None:
    payment = await started(house, order, "pm_card_visa")
    forged = await told(house, of_payment(payment), secret="whsec_wrong")
    old = await told(house, of_payment(payment), age_s=3_600)
    bare = await house.client.post(WEBHOOK, content=of_payment(payment))
    for answer in (forged, old, bare):
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/forged")
    assert (await known(house, order)).order.status == "placed"


async def test_what_cannot_be_read_is_refused_although_it_was_signed(
    house: House,
) -> None:
    for body in (b"", b"{", b"[]", b"\xff", b'{"id": 1}'):
        assert (await told(house, body)).status_code == 422


async def test_a_notice_that_is_too_long_is_refused(house: House) -> None:
    answer = await told(house, b" " * 70_000)
    assert answer.status_code == 413


async def test_payments_of_others_are_taken_and_left_alone(
    house: House, order: str
) -> None:
    foreign = await till(house).start(
        attempt="attempt-of-others",
        order="ABCDEFGHJK",
        amount=Money(100, "USD"),
        method=Method("card", "pm_card_visa"),
        return_url="",
    )
    unknown = {"id": "pi_memory_999", "object": "payment_intent"}
    for body in (
        of_payment(foreign),
        notice("payment_intent.succeeded", unknown),
        notice("refund.updated", {"id": "re_memory_999"}),
    ):
        answer = await told(house, body)
        assert (answer.status_code, answer.json()) == (200, {"outcome": "not-ours"})
    assert (await known(house, order)).order.status == "placed"


@pytest.mark.parametrize("is_of_our_order", [True, False])
async def test_a_declined_payment_of_others_can_still_be_paid_there(
    house: House, order: str, *, is_of_our_order: bool
) -> None:
    foreign = await till(house).start(
        attempt="attempt-of-others",
        order=order if is_of_our_order else "ABCDEFGHJK",
        amount=Money(100, "USD"),
        method=Method("card", "pm_card_visa_chargeDeclined"),
        return_url="",
    )
    answer = await told(house, of_payment(foreign))
    assert (answer.status_code, answer.json()) == (200, {"outcome": "not-ours"})
    assert await till(house).look_up(foreign.reference) == foreign


async def test_notices_of_other_things_are_ignored(house: House) -> None:
    answer = await told(house, notice("customer.created", {"id": "cus_1"}))
    assert answer.json() == {"outcome": "ignored"}


async def test_a_provider_that_does_not_answer_has_to_send_it_again(
    house: House, order: str
) -> None:
    payment = await started(house, order, "pm_card_visa")

    class Mute(MemoryPaymentProvider):
        async def look_up(self, reference: str) -> ProviderPayment:
            raise Unavailable(reference)

    mute = Mute(webhook_secrets=[SECRET])
    container = dataclasses.replace(house.container, payments=mute)
    transport = httpx.ASGITransport(create_app(container))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://boxoffice.test"
    ) as client:
        away = await told(
            dataclasses.replace(house, client=client), of_payment(payment)
        )
    assert (away.status_code, away.headers["retry-after"]) == (503, "1")
    assert (await told(house, of_payment(payment))).json() == {"outcome": "news"}
