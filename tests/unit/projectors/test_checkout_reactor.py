from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import pytest
from prometheus_client import REGISTRY

from boxoffice.application.codec import decode_meta
from boxoffice.application.lease import Leadership
from boxoffice.application.queries.orders import KnownOrder
from boxoffice.domain.catalogue.commands import CancelPerformance
from boxoffice.domain.ids import OrderCode, order_stream, payment_stream
from boxoffice.domain.orders.commands import CancelOrder
from boxoffice.domain.orders.events import OrderPlaced
from boxoffice.domain.payments.decide import REFUND_TRIES_MAX
from boxoffice.infrastructure.payments.memory import Call, MemoryPaymentProvider
from boxoffice.testing import FULL_PRICE, ORDER, PERFORMANCE, ordered
from boxoffice_projectors.health import Health
from boxoffice_projectors.leased import while_leading
from tests.checkout_shop import Shop, back, failed, paid, refunded
from tests.read_side import memory_house, reacting, running, until

MINUTE = timedelta(minutes=1)


async def test_a_card_is_authorised_then_sold_then_captured() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_visa")
        known = await shop.becomes(code, paid, "the order is paid")
    happened = [type(fact.event).__name__ for fact in known.facts]
    assert happened == [
        "OrderPlaced",
        "PaymentRequested",
        "PaymentAuthorised",
        "OrderConfirmed",
        "PaymentCaptured",
    ]
    assert shop.provider.till.kept() == [FULL_PRICE]


async def test_what_the_process_does_is_said_to_be_its_doing() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_visa")
        await shop.becomes(code, paid, "the order is paid")
    record = shop.house.store.read(after=0, limit=1_000)[-1]
    meta = decode_meta(record.meta, position=record.position)
    assert (meta.actor, meta.correlation) == ("system:checkout", code)


async def test_a_pix_is_captured_at_once() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_pix", method="pix")
        known = await shop.becomes(code, paid, "the order is paid")
    assert "PaymentAuthorised" not in [type(f.event).__name__ for f in known.facts]


async def test_a_decline_leaves_the_order_open_and_the_payment_cancelled() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_visa_chargeDeclined")
        known = await shop.becomes(code, failed, "the attempt failed")
    assert known.order.status == "placed"
    (account,) = shop.provider.till.accounts.values()
    assert account.payment.status == "cancelled"


async def test_a_buyer_who_comes_back_from_3ds_is_noticed_without_a_webhook() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_authenticationRequired")
        waiting = await shop.becomes(
            code,
            lambda known: [a.status for a in known.payment.open()] == ["awaited"],
            "the buyer is waited for",
        )
        (attempt,) = waiting.payment.attempts.values()
        assert attempt.action_url
        shop.provider.till.authenticate(attempt.reference)
        await shop.becomes(code, paid, "the order is paid")


async def test_an_order_that_nobody_pays_is_ended_and_its_payment_cancelled() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "")
        await shop.becomes(code, lambda k: bool(k.payment.attempts), "it was asked for")
        shop.later(11 * MINUTE)
        known = await shop.becomes(code, failed, "the attempt failed")
    assert known.order.status == "expired"
    assert shop.provider.till.kept() == []


async def test_money_that_comes_after_the_end_brings_the_order_back() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_pix_processing", method="pix")
        await shop.becomes(
            code,
            lambda known: [a.waits_for for a in known.payment.open()] == ["money"],
            "the money is on its way",
        )
        shop.later(11 * MINUTE)
        await shop.becomes(
            code, lambda known: known.order.status == "expired", "its time ran out"
        )
        (reference,) = shop.provider.till.accounts
        shop.provider.till.settle(reference)
        known = await shop.becomes(code, paid, "the order came back")
    assert len(known.order.valid()) == 1


class Outage:
    """Loses every first call, before or after its effect, until it is `over`."""

    def __init__(self, lost: Literal["before", "after"]) -> None:
        self.lost = lost
        self.calls = 0
        self.over = False

    def __call__(self, call: Call) -> Literal["before", "after"] | None:
        self.calls += call.operation == "start"
        return self.lost if call.operation == "start" and not self.over else None


async def expired_unanswered(shop: Shop, outage: Outage, token: str) -> OrderCode:
    method = "pix" if token == "pm_pix" else "card"
    code = await shop.order(1, token, method=method)
    await shop.becomes(code, lambda _: outage.calls > 0, "it was asked for")
    shop.later(11 * MINUTE)
    await shop.becomes(
        code, lambda known: known.order.status == "expired", "its time ran out"
    )
    outage.over = True
    return code


@pytest.mark.parametrize("token", ["pm_pix", "pm_card_visa"])
async def test_a_first_call_that_never_arrived_takes_nothing_after_the_end(
    token: str,
) -> None:
    outage = Outage("before")
    shop = Shop(MemoryPaymentProvider(fault=outage))
    async with reacting(shop.house):
        code = await expired_unanswered(shop, outage, token)
        known = await shop.becomes(code, failed, "the attempt failed")
    assert (known.order.status, known.payment.captured()) == ("expired", 0)
    (account,) = shop.provider.till.accounts.values()
    assert (account.payment.status, account.refunded) == ("cancelled", 0)


async def test_a_first_call_whose_answer_was_lost_is_found_after_the_end() -> None:
    outage = Outage("after")
    shop = Shop(MemoryPaymentProvider(fault=outage))
    async with reacting(shop.house):
        code = await expired_unanswered(shop, outage, "pm_pix")
        await shop.becomes(code, paid, "the order came back")
    assert shop.provider.till.kept() == [FULL_PRICE]
    assert len(shop.provider.till.accounts) == 1


async def test_a_first_authorisation_whose_answer_was_lost_is_let_go() -> None:
    outage = Outage("after")
    shop = Shop(MemoryPaymentProvider(fault=outage))
    async with reacting(shop.house):
        code = await expired_unanswered(shop, outage, "pm_card_visa")
        await shop.becomes(code, failed, "the attempt failed")
    assert (shop.provider.till.kept(), shop.provider.till.reserved()) == ([], [])


async def test_a_lost_answer_is_found_though_the_pages_have_moved() -> None:
    outage = Outage("after")
    shop = Shop(MemoryPaymentProvider(fault=outage))
    async with reacting(shop.house):
        code = await shop.order(1, "pm_pix", method="pix")
        await shop.becomes(code, lambda _: outage.calls > 0, "it was asked for")
    outage.over = True
    shop.move("http://127.0.0.1:8001")
    async with reacting(shop.house):
        await shop.becomes(code, paid, "the order is paid")
    assert shop.provider.till.kept() == [FULL_PRICE]


async def test_cancelled_while_the_money_is_on_its_way_it_goes_back() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_pix_processing", method="pix")
        await shop.becomes(
            code,
            lambda known: [a.waits_for for a in known.payment.open()] == ["money"],
            "the money is on its way",
        )
        await shop.ask(
            CancelOrder(
                now=shop.house.clock.now(),
                performance=PERFORMANCE,
                order=code,
                buyer=None,
                by="staff:t",
            )
        )
        (reference,) = shop.provider.till.accounts
        shop.provider.till.settle(reference)
        await shop.becomes(code, back, "the money is back")
    assert shop.provider.till.kept() == []


async def test_a_performance_called_off_gives_everybody_the_money_back() -> None:
    shop = Shop()
    async with reacting(shop.house):
        codes = [await shop.order(number, "pm_card_visa") for number in (1, 2, 3)]
        for code in codes:
            await shop.becomes(code, paid, "the order is paid")
        await shop.ask(
            CancelPerformance(
                now=shop.house.clock.now(),
                performance=PERFORMANCE,
                by="staff:t",
                reason="storm",
            )
        )
        for code in codes:
            known = await shop.becomes(code, back, "the money is back")
            assert known.order.valid() == []
    assert shop.provider.till.kept() == []


async def test_a_performance_called_off_long_after_its_start_gives_the_money_back() -> (
    None
):
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_visa")
        await shop.becomes(code, paid, "the order is paid")
        unpaid = await shop.order(2, "")
        shop.later(timedelta(days=40))
        # The end of this one shows that the reactor has seen the time.
        await shop.becomes(unpaid, failed, "the attempt failed")
        await shop.ask(
            CancelPerformance(
                now=shop.house.clock.now(),
                performance=PERFORMANCE,
                by="staff:t",
                reason="storm",
            )
        )
        await shop.becomes(code, back, "the money is back")
    assert shop.provider.till.kept() == []


async def test_a_refund_that_fails_once_is_done_under_another_name() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_sandbox_refund_fails_once")
        await shop.becomes(code, paid, "the order is paid")
        await refunded(shop, code)
        known = await shop.becomes(code, back, "the money is back")
    states = [refund.state for refund in known.payment.refunds.values()]
    assert states == ["replaced", "completed"]
    assert shop.provider.till.kept() == []


async def test_the_name_of_a_refund_under_way_outlives_the_reactor() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_card_pendingRefund")
        await shop.becomes(code, paid, "the order is paid")
        await refunded(shop, code)
        await shop.becomes(code, under_way, "the refund is under way")
    shop.provider.forget_keys()
    async with reacting(shop.house):
        (reference,) = shop.provider.till.refunds
        shop.provider.till.arrive(reference)
        await shop.becomes(code, back, "the money is back")
    assert list(shop.provider.till.refunds) == [reference]


def under_way(known: KnownOrder) -> bool:
    return any(refund.reference for refund in known.payment.refunds.values())


async def test_a_refund_that_always_fails_is_left_to_people_in_the_end() -> None:
    shop = Shop()
    async with reacting(shop.house):
        code = await shop.order(1, "pm_sandbox_refund_fails")
        await shop.becomes(code, paid, "the order is paid")
        await refunded(shop, code)
        known = await shop.becomes(
            code,
            lambda known: "failed" in [r.state for r in known.payment.refunds.values()],
            "the refund failed for good",
        )
    assert len(known.payment.refunds) == REFUND_TRIES_MAX


async def test_an_order_that_cannot_be_followed_holds_up_no_other() -> None:
    shop = Shop()
    placed = next(e for _, e in ordered(1) if isinstance(e, OrderPlaced))
    endless = msgspec.structs.replace(placed, pay_by=datetime.max.replace(tzinfo=UTC))
    shop.house.recorder.record([(order_stream(ORDER), endless)])
    async with reacting(shop.house):
        code = await shop.order(2, "pm_card_visa")
        await shop.becomes(code, paid, "the other order is paid")
    assert REGISTRY.get_sample_value("boxoffice_checkout_set_aside_orders") == 1


async def test_a_job_that_fails_for_no_known_reason_does_not_end_its_role() -> None:
    house, health = memory_house(), Health()
    terms = []

    async def work(_leadership: Leadership) -> None:
        terms.append("begun")
        raise ValueError

    async def unwell() -> bool:
        return "job" in health.problems

    async with running(while_leading(house, health, "job", work)):
        await until(unwell, "the job is unwell")
    assert terms == ["begun"]


@pytest.mark.parametrize("seed", range(8))
async def test_calls_that_get_lost_change_nothing_about_how_it_ends(seed: int) -> None:
    chance = random.Random(seed)

    def fault(_call: Call) -> Literal["before", "after"] | None:
        drawn = chance.random()
        return "before" if drawn < 0.25 else "after" if drawn < 0.5 else None

    shop = Shop(MemoryPaymentProvider(fault=fault))
    tokens = ["pm_card_visa", "pm_pix", "pm_card_visa_chargeDeclined"]
    async with reacting(shop.house):
        codes = {}
        for number in range(1, 10):
            token = tokens[number % 3]
            method = "pix" if token == "pm_pix" else "card"
            codes[await shop.order(number, token, method=method)] = token
        for code, token in codes.items():
            done = failed if "Declined" in token else paid
            await shop.becomes(code, done, f"{token} ends")
        first = next(code for code, token in codes.items() if token == "pm_card_visa")
        await refunded(shop, first)
        await shop.becomes(first, back, "the money is back")
    assert shop.provider.till.reserved() == []
    assert shop.provider.till.kept() == [FULL_PRICE] * 5
    names = Counter(a.payment.attempt for a in shop.provider.till.accounts.values())
    assert set(names.values()) == {1}


async def test_a_restart_finishes_what_was_open_and_repeats_nothing() -> None:
    shop = Shop()
    code = await shop.order(1, "pm_card_visa")
    async with reacting(shop.house):
        await shop.becomes(code, paid, "the order is paid")
    length = len(shop.house.store.read(after=0, limit=1_000))
    second = await shop.order(2, "pm_card_visa")
    async with reacting(shop.house):
        await shop.becomes(second, paid, "the other order is paid")
    assert len(shop.provider.till.accounts) == 2
    assert shop.provider.till.kept() == [FULL_PRICE, FULL_PRICE]
    log = shop.house.store.read(after=length, limit=1_000)
    repeated = [r for r in log if r.stream == payment_stream(code)]
    assert repeated == []
