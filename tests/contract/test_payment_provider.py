"""What whoever takes the money answers: in memory, and over the wire to a sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest

from boxoffice.application.ports.payments import (
    Method,
    PaymentProvider,
    ProviderPayment,
)
from boxoffice.domain.money import Money
from boxoffice.errors import Forged, Invalid, ProviderRefused, Unavailable
from boxoffice.infrastructure.payments.memory import MemoryPaymentProvider
from boxoffice.infrastructure.payments.memory_till import TOKENS as TWIN_TOKENS
from boxoffice.infrastructure.payments.mortal import MortalProvider
from boxoffice.infrastructure.payments.notices import CODES_MAX, sign
from boxoffice.infrastructure.payments.stripe_wire import StripeWire
from boxoffice.sandbox.cards import TOKENS
from boxoffice.sandbox.server import API_KEY, running_sandbox

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD_SECRET, NEW_SECRET = "whsec_old", "whsec_new"
PRICE = Money(4500, "EUR")
BACK = "https://house.example/orders/ABC"
PATIENCE_S = 30.0
VISA = Method("card", "pm_card_visa")
LOSING = ("pm_sandbox_timeout_after_authorise", "pm_sandbox_timeout_after_capture")

Act = Callable[[ProviderPayment, str], Awaitable[None]]


class Desk(NamedTuple):
    """A provider, and what its buyers and their banks do."""

    provider: PaymentProvider
    impatient: PaymentProvider
    """The same one, as somebody knows it who does not wait long."""
    agree: Act
    """`yes` or `no`."""
    settle: Act
    """`succeed` or `fail`."""
    type_card: Act


def _memory_desk(*, is_mortal: bool = False) -> Desk:
    provider = MemoryPaymentProvider(webhook_secrets=(OLD_SECRET, NEW_SECRET))
    tokens = {"4242424242424242": "pm_card_visa"}

    async def agree(of: ProviderPayment, answer: str) -> None:
        provider.till.authenticate(of.reference, agreed=answer == "yes")

    async def settle(of: ProviderPayment, outcome: str) -> None:
        provider.till.settle(of.reference, succeeds=outcome == "succeed")

    async def type_card(of: ProviderPayment, number: str) -> None:
        provider.till.confirm(of.reference, tokens[number])

    asked = MortalProvider(provider) if is_mortal else provider
    return Desk(asked, asked, agree, settle, type_card)


class _Browser:
    """What a buyer's browser and the sandbox's owner do, over HTTP."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def agree(self, of: ProviderPayment, answer: str) -> None:
        await self._send(of.action_url, {"agreed": answer})

    async def type_card(self, of: ProviderPayment, number: str) -> None:
        await self._send(of.action_url, {"number": number})

    async def settle(self, of: ProviderPayment, outcome: str) -> None:
        url = f"{self._url}/v1/sandbox/settle/{of.reference}"
        await self._send(url, {"outcome": outcome})

    async def _send(self, url: str, form: dict[str, str]) -> None:
        key = {"Authorization": f"Bearer {API_KEY}"}
        async with self._session.post(
            url, data=form, headers=key, allow_redirects=False
        ) as answer:
            assert answer.status < 400, await answer.text()


def _wire(url: str, *, timeout_s: float = PATIENCE_S) -> StripeWire:
    return StripeWire(
        url,
        key=API_KEY,
        timeout_s=timeout_s,
        webhook_secrets=(OLD_SECRET, NEW_SECRET),
    )


@pytest.fixture(params=["memory", "mortal", "wire"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    if request.param != "wire":
        yield _memory_desk(is_mortal=request.param == "mortal")
        return
    async with running_sandbox() as url, aiohttp.ClientSession() as session:
        provider, impatient = _wire(url), _wire(url, timeout_s=2.0)
        browser = _Browser(url, session)
        yield Desk(
            provider, impatient, browser.agree, browser.settle, browser.type_card
        )
        await provider.close()
        await impatient.close()


@pytest.fixture
def provider(desk: Desk) -> PaymentProvider:
    return desk.provider


async def started(
    provider: PaymentProvider, method: Method = VISA, *, attempt: str = "try-1"
) -> ProviderPayment:
    return await provider.start(
        attempt=attempt, order="ABC", amount=PRICE, method=method, return_url=BACK
    )


async def captured(provider: PaymentProvider, token: str = "pm_card_visa") -> str:
    begun = await started(provider, Method("card", token))
    done = await provider.capture(begun.reference, attempt="try-1")
    assert done.status == "captured"
    return done.reference


# ------------------------------------------------------------------- payments


async def test_card_is_authorised_and_nothing_is_taken(
    provider: PaymentProvider,
) -> None:
    begun = await started(provider)

    assert (begun.attempt, begun.order, begun.amount) == ("try-1", "ABC", PRICE)
    assert (begun.status, begun.captured) == ("authorised", Money(0, "EUR"))
    assert (begun.action_url, begun.reason) == ("", "")
    assert await provider.look_up(begun.reference) == begun


async def test_what_was_authorised_is_captured_once(provider: PaymentProvider) -> None:
    begun = await started(provider)
    done = await provider.capture(begun.reference, attempt="try-1")

    assert (done.status, done.captured) == ("captured", PRICE)
    assert await provider.capture(begun.reference, attempt="try-1") == done
    assert await provider.look_up(begun.reference) == done


async def test_what_was_captured_under_another_key_comes_back_as_it_is(
    provider: PaymentProvider,
) -> None:
    reference = await captured(provider)

    again = await provider.capture(reference, attempt="try-2")
    assert (again.status, again.captured) == ("captured", PRICE)


async def test_the_same_attempt_is_the_same_payment(provider: PaymentProvider) -> None:
    first, second = await started(provider), await started(provider)
    other = await started(provider, attempt="try-2")

    assert first == second
    assert other.reference != first.reference


async def test_an_attempt_is_for_one_amount(provider: PaymentProvider) -> None:
    await started(provider)

    with pytest.raises(ProviderRefused) as refused:
        await provider.start(
            attempt="try-1",
            order="ABC",
            amount=Money(4501, "EUR"),
            method=VISA,
            return_url=BACK,
        )
    assert refused.value.data["provider_code"] == "idempotency_error"


async def test_an_attempt_with_an_instrument_is_not_one_without(
    provider: PaymentProvider,
) -> None:
    bare = await started(provider, Method("pix"))
    assert (bare.status, bare.captured) == ("needs_method", Money(0, "EUR"))

    with pytest.raises(ProviderRefused) as refused:
        await started(provider, Method("pix", "pm_pix"))
    assert refused.value.data["provider_code"] == "idempotency_error"
    assert await provider.look_up(bare.reference) == bare


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ],
)
async def test_a_decline_is_an_answer_with_its_reason(
    provider: PaymentProvider, token: str, reason: str
) -> None:
    said = await started(provider, Method("card", token))

    assert (said.status, said.reason, said.action_url) == ("declined", reason, "")
    assert said.captured == Money(0, "EUR")
    assert await started(provider, Method("card", token)) == said
    assert await provider.look_up(said.reference) == said


@pytest.mark.parametrize(
    ("token", "answer", "status", "reason"),
    [
        ("pm_card_authenticationRequired", "yes", "authorised", ""),
        ("pm_card_authenticationRequired", "no", "declined", "authentication_failed"),
        (
            "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            "yes",
            "declined",
            "insufficient_funds",
        ),
    ],
)
async def test_the_buyers_own_bank_decides_when_it_has_to_be_asked(
    desk: Desk, token: str, answer: str, status: str, reason: str
) -> None:
    begun = await started(desk.provider, Method("card", token))
    assert begun.status == "needs_action"
    assert begun.action_url

    await desk.agree(begun, answer)
    now = await desk.provider.look_up(begun.reference)
    assert (now.status, now.reason, now.action_url) == (status, reason, "")


async def test_pix_is_captured_at_once(provider: PaymentProvider) -> None:
    begun = await started(provider, Method("pix", "pm_pix"))

    assert (begun.status, begun.captured) == ("captured", PRICE)


@pytest.mark.parametrize(
    ("outcome", "status", "reason", "taken"),
    [
        ("succeed", "captured", "", PRICE),
        ("fail", "declined", "settlement_failed", Money(0, "EUR")),
    ],
)
async def test_pix_may_be_on_its_way(
    desk: Desk, outcome: str, status: str, reason: str, taken: Money
) -> None:
    begun = await started(desk.provider, Method("pix", "pm_pix_processing"))
    assert (begun.status, begun.captured) == ("processing", Money(0, "EUR"))

    await desk.settle(begun, outcome)
    now = await desk.provider.look_up(begun.reference)
    assert (now.status, now.reason, now.captured) == (status, reason, taken)


async def test_without_a_token_the_buyer_pays_on_the_providers_page(desk: Desk) -> None:
    begun = await started(desk.provider, Method("card"))
    assert begun.status == "needs_method"
    assert urlsplit(begun.action_url).path.endswith(begun.reference)

    await desk.type_card(begun, "4242424242424242")
    now = await desk.provider.look_up(begun.reference)
    assert (now.status, now.action_url) == ("authorised", "")


# ------------------------------------------------------------- the end of them


async def test_what_was_cancelled_takes_nothing_any_more(
    provider: PaymentProvider,
) -> None:
    begun = await started(provider)
    ended = await provider.cancel(begun.reference, attempt="try-1")

    assert (ended.status, ended.captured) == ("cancelled", Money(0, "EUR"))
    assert await provider.cancel(begun.reference, attempt="try-1") == ended
    with pytest.raises(ProviderRefused):
        await provider.capture(begun.reference, attempt="try-1")


@pytest.mark.parametrize(
    "method",
    [
        Method("card"),
        Method("card", "pm_card_authenticationRequired"),
        Method("card", "pm_card_visa_chargeDeclined"),
    ],
)
async def test_what_waits_for_the_buyer_can_be_cancelled(
    provider: PaymentProvider, method: Method
) -> None:
    begun = await started(provider, method)

    ended = await provider.cancel(begun.reference, attempt="try-1")
    assert (ended.status, ended.action_url) == ("cancelled", "")


async def test_what_is_captured_is_not_cancelled(provider: PaymentProvider) -> None:
    reference = await captured(provider)

    still = await provider.cancel(reference, attempt="try-1")
    assert (still.status, still.captured) == ("captured", PRICE)


async def test_what_is_on_its_way_cannot_be_cancelled_but_afterwards_it_is_known(
    desk: Desk,
) -> None:
    begun = await started(desk.provider, Method("pix", "pm_pix_processing"))
    waiting = await desk.provider.cancel(begun.reference, attempt="try-1")
    assert waiting.status == "processing"

    await desk.settle(begun, "succeed")
    now = await desk.provider.cancel(begun.reference, attempt="try-1")
    assert (now.status, now.captured) == ("captured", PRICE)


# -------------------------------------------------------------------- refunds


async def test_a_part_is_given_back_once_per_refund(provider: PaymentProvider) -> None:
    reference = await captured(provider)
    part = Money(1500, "EUR")
    made = await provider.refund(reference, refund="back-1", amount=part)

    assert (made.refund, made.payment, made.amount) == ("back-1", reference, part)
    assert (made.status, made.reason) == ("succeeded", "")
    assert await provider.refund(reference, refund="back-1", amount=part) == made
    assert await provider.look_up_refund(made.reference) == made
    rest = await provider.refund(reference, refund="back-2", amount=Money(3000, "EUR"))
    assert rest.status == "succeeded"


async def test_never_more_is_given_back_than_was_captured(
    provider: PaymentProvider,
) -> None:
    reference = await captured(provider)
    await provider.refund(reference, refund="back-1", amount=Money(4000, "EUR"))

    with pytest.raises(ProviderRefused):
        await provider.refund(reference, refund="back-2", amount=Money(501, "EUR"))
    rest = await provider.refund(reference, refund="back-3", amount=Money(500, "EUR"))
    assert rest.status == "succeeded"


async def test_nothing_is_given_back_of_what_was_only_authorised(
    provider: PaymentProvider,
) -> None:
    begun = await started(provider)

    with pytest.raises(ProviderRefused):
        await provider.refund(begun.reference, refund="back-1", amount=PRICE)


async def test_a_refund_that_failed_may_be_tried_under_another_name(
    provider: PaymentProvider,
) -> None:
    reference = await captured(provider, "pm_sandbox_refund_fails_once")
    failed = await provider.refund(reference, refund="back-1", amount=PRICE)
    again = await provider.refund(reference, refund="back-1", amount=PRICE)
    other = await provider.refund(reference, refund="back-2", amount=PRICE)

    assert (failed.status, bool(failed.reason)) == ("failed", True)
    assert again == failed
    assert other.status == "succeeded"


async def test_a_refund_may_be_on_its_way_and_what_is_left_counts_it(
    provider: PaymentProvider,
) -> None:
    reference = await captured(provider, "pm_card_pendingRefund")
    made = await provider.refund(reference, refund="back-1", amount=PRICE)

    assert (made.status, made.reason) == ("pending", "")
    with pytest.raises(ProviderRefused):
        await provider.refund(reference, refund="back-2", amount=Money(1, "EUR"))
    again = await provider.refund(reference, refund="back-1", amount=PRICE)
    assert again == made


# ------------------------------------------------------------ what goes wrong


async def test_a_lost_authorisation_is_found_under_its_key(desk: Desk) -> None:
    method = Method("card", "pm_sandbox_timeout_after_authorise")
    with pytest.raises(Unavailable):
        await started(desk.impatient, method)

    found = await started(desk.provider, method)
    assert found.status == "authorised"
    assert await started(desk.provider, method) == found


async def test_a_lost_capture_is_found_under_its_key(desk: Desk) -> None:
    begun = await started(
        desk.provider, Method("card", "pm_sandbox_timeout_after_capture")
    )
    with pytest.raises(Unavailable):
        await desk.impatient.capture(begun.reference, attempt="try-1")

    found = await desk.provider.capture(begun.reference, attempt="try-1")
    assert (found.status, found.captured) == ("captured", PRICE)


@pytest.mark.parametrize(
    "method", [Method("card", "pm_card_nobody"), Method("card", "pm_pix")]
)
async def test_an_instrument_that_is_none_is_refused(
    provider: PaymentProvider, method: Method
) -> None:
    with pytest.raises(ProviderRefused):
        await started(provider, method)


async def test_what_nobody_knows_is_refused(provider: PaymentProvider) -> None:
    with pytest.raises(ProviderRefused):
        await provider.look_up("pi_unknown")
    with pytest.raises(ProviderRefused):
        await provider.capture("pi_unknown", attempt="try-1")
    with pytest.raises(ProviderRefused):
        await provider.look_up_refund("re_unknown")


def test_the_twin_knows_every_token_of_the_sandbox() -> None:
    def outcomes(tokens: object) -> dict[str, tuple[object, ...]]:
        assert isinstance(tokens, dict)
        return {
            name: (one.outcome, one.kind, one.code, one.refunds_fail, one.comes_back)
            for name, one in tokens.items()
        }

    assert outcomes(TWIN_TOKENS) == outcomes(TOKENS)
    assert {name for name, one in TWIN_TOKENS.items() if one.loses} == set(LOSING)


# -------------------------------------------------------------------- notices

RAW = msgspec.json.encode(
    {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": "pi_1",
                "object": "payment_intent",
                "metadata": {"attempt": "try-1", "order": "ABC"},
            }
        },
    }
)


def signed(secret: str = OLD_SECRET, *, raw: bytes = RAW, at: datetime = NOON) -> str:
    return sign(raw, secret=secret, at=int(at.timestamp()))


@pytest.mark.parametrize("secret", [OLD_SECRET, NEW_SECRET])
async def test_a_notice_is_read_under_either_secret(
    provider: PaymentProvider, secret: str
) -> None:
    notice = provider.read_notice(RAW, signed(secret), now=NOON)

    assert (notice.event, notice.kind, notice.reference) == ("evt_1", "payment", "pi_1")
    assert (notice.attempt, notice.order) == ("try-1", "ABC")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=,v1=",
        "v1=00",
        signed("whsec_stranger"),
        signed(raw=RAW + b" "),
        signed().replace("v1=", "v0="),
        f"t=1,{signed()}",
    ],
)
async def test_a_forged_notice_is_refused(
    provider: PaymentProvider, signature: str
) -> None:
    with pytest.raises(Forged):
        provider.read_notice(RAW, signature, now=NOON)


async def test_only_so_many_codes_of_a_notice_are_looked_at(
    provider: PaymentProvider,
) -> None:
    time, code = signed().split(",")
    wrong = ["v1=00"] * CODES_MAX
    most = ",".join([time, *wrong[1:], code])
    assert provider.read_notice(RAW, most, now=NOON).event == "evt_1"
    with pytest.raises(Forged):
        provider.read_notice(RAW, ",".join([time, *wrong, code]), now=NOON)


@pytest.mark.parametrize("away_s", [-301, 301])
async def test_a_notice_of_another_time_is_refused(
    provider: PaymentProvider, away_s: int
) -> None:
    with pytest.raises(Forged):
        provider.read_notice(RAW, signed(), now=NOON + timedelta(seconds=away_s))
    nearly = NOON + timedelta(seconds=away_s - (1 if away_s > 0 else -1))
    assert provider.read_notice(RAW, signed(), now=nearly).event == "evt_1"


async def test_a_signed_notice_that_is_no_json_is_invalid(
    provider: PaymentProvider,
) -> None:
    with pytest.raises(Invalid):
        provider.read_notice(b"{", signed(raw=b"{"), now=NOON)
