"""What goes over the wire to a payment provider, and what comes of strange answers.

The other side is a server of the test that answers as it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from boxoffice.application.ports.payments import Method, ProviderPayment
from boxoffice.domain.money import Money
from boxoffice.errors import BoxOfficeError, ProviderRefused, Unavailable
from boxoffice.infrastructure.payments.stripe_wire import StripeWire

INTENT: dict[str, Any] = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 4500,
    "amount_received": 0,
    "currency": "eur",
    "status": "requires_capture",
    "metadata": {"attempt": "try-1", "order": "ABC"},
    "a_field_of_tomorrow": {"x": 1},
}
PATIENCE_S = 30.0
PRICE = Money(4500, "EUR")
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Other:
    """The other side: what it was asked, and what it says next."""

    url: str = ""
    asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(
        default_factory=list
    )
    answer: Answer | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append((request.method, request.path, dict(request.headers), form))
        assert self.answer is not None
        return await self.answer(request)

    def says(self, status: int, body: object) -> None:
        async def answer(_request: web.Request) -> web.Response:
            return web.json_response(body, status=status)

        self.answer = answer


@pytest.fixture
async def other() -> AsyncIterator[Other]:
    side = Other()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", side.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    side.url = f"http://127.0.0.1:{port}"
    yield side
    await runner.cleanup()


@pytest.fixture
async def wire(other: Other) -> AsyncIterator[StripeWire]:
    provider = StripeWire(f"{other.url}/", key="sk_test_x", timeout_s=PATIENCE_S)
    yield provider
    await provider.close()


async def started(
    wire: StripeWire, method: Method, amount: Money = PRICE
) -> ProviderPayment:
    return await wire.start(
        attempt="try-1",
        order="ABC",
        amount=amount,
        method=method,
        return_url="https://house.example/back?a=1&b=2",
    )


async def test_a_payment_goes_out_as_a_form_under_its_key(
    other: Other, wire: StripeWire
) -> None:
    other.says(200, INTENT)
    begun = await started(wire, Method("card", "pm_card_visa"))

    ((verb, path, headers, form),) = other.asked
    assert (verb, path) == ("POST", "/v1/payment_intents")
    assert headers["Authorization"] == "Bearer sk_test_x"
    assert headers["Idempotency-Key"] == "try-1"
    assert form == {
        "amount": "4500",
        "currency": "eur",
        "capture_method": "manual",
        "payment_method_types[]": "card",
        "return_url": "https://house.example/back?a=1&b=2",
        "metadata[attempt]": "try-1",
        "metadata[order]": "ABC",
        "confirm": "true",
        "payment_method": "pm_card_visa",
    }
    assert (begun.status, begun.amount) == ("authorised", Money(4500, "EUR"))


async def test_without_a_token_nothing_is_confirmed_and_the_page_is_named(
    other: Other, wire: StripeWire
) -> None:
    waiting = {"status": "requires_payment_method", "client_secret": "pi_1_secret_2"}
    other.says(200, INTENT | waiting)
    begun = await started(wire, Method("pix"))

    form = other.asked[0][3]
    assert "confirm" not in form
    assert "payment_method" not in form
    assert (form["capture_method"], form["payment_method_types[]"]) == (
        "automatic",
        "pix",
    )
    assert begun.action_url == f"{other.url}/pay/pi_1?client_secret=pi_1_secret_2"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(1200, "JPY"), 1200),
        (Money(1200, "VND"), 1200),
        (Money(1200, "MGA"), 12),
        (Money(1200, "ISK"), 120_000),
        (Money(1200, "UGX"), 120_000),
        (Money(12_500, "JOD"), 12_500),
        (Money(1200, "BRL"), 1200),
    ],
)
async def test_amounts_are_counted_as_the_provider_counts(
    other: Other, wire: StripeWire, ours: Money, theirs: int
) -> None:
    known = {"amount": theirs, "currency": ours.currency.lower()}
    other.says(200, INTENT | known)
    begun = await started(wire, Method("card", "pm_card_visa"), ours)

    assert other.asked[0][3]["amount"] == str(theirs)
    assert begun.amount == ours


@pytest.mark.parametrize("amount", [Money(1250, "MGA"), Money(12_505, "JOD")])
async def test_a_fraction_that_cannot_be_counted_is_never_asked_for(
    other: Other, wire: StripeWire, amount: Money
) -> None:
    with pytest.raises(ProviderRefused):
        await started(wire, Method("card", "pm_card_visa"), amount)
    assert other.asked == []


@pytest.mark.parametrize(("minor", "currency"), [(550, "isk"), (500, "xyz")])
async def test_an_answer_in_what_we_cannot_count_settles_nothing(
    other: Other, wire: StripeWire, minor: int, currency: str
) -> None:
    other.says(200, INTENT | {"amount": minor, "currency": currency})
    with pytest.raises(Unavailable):
        await started(wire, Method("card", "pm_card_visa"))


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"type": "invalid_request_error"}, ProviderRefused),
        (400, {"type": "idempotency_error"}, ProviderRefused),
        (401, {"type": "invalid_request_error"}, Unavailable),
        (402, {"type": "card_error", "code": "incorrect_number"}, ProviderRefused),
        (403, {"type": "invalid_request_error"}, Unavailable),
        (404, {"type": "invalid_request_error"}, ProviderRefused),
        (302, {}, Unavailable),
        (408, {}, Unavailable),
        (409, {"type": "idempotency_error"}, Unavailable),
        (424, {}, Unavailable),
        (429, {}, Unavailable),
        (500, {"type": "api_error"}, Unavailable),
        (503, {}, Unavailable),
    ],
)
async def test_every_refusal_tells_whether_to_ask_again(
    other: Other,
    wire: StripeWire,
    status: int,
    error: dict[str, str],
    kind: type[BoxOfficeError],
) -> None:
    other.says(status, {"error": error})

    with pytest.raises(kind) as caught:
        await wire.capture("pi_1", attempt="try-1")
    assert type(caught.value) is kind
    assert len(other.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        INTENT | {"amount": "much"},
        INTENT | {"status": "requires_prayer"},
        INTENT | {"metadata": None},
    ],
)
async def test_an_answer_that_says_nothing_known_settles_nothing(
    other: Other, wire: StripeWire, body: object
) -> None:
    other.says(200, body)
    with pytest.raises(Unavailable):
        await wire.look_up("pi_1")


async def test_an_answer_that_breaks_off_settles_nothing(
    other: Other, wire: StripeWire
) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b'{"id": "pi_1"')
        assert request.transport is not None
        request.transport.close()
        return answer

    other.answer = half
    with pytest.raises(Unavailable):
        await wire.capture("pi_1", attempt="try-1")


async def test_silence_ends_in_time(other: Other) -> None:
    quiet = asyncio.Event()

    async def silent(_request: web.Request) -> web.StreamResponse:
        await quiet.wait()
        return web.Response()

    other.answer = silent
    wire = StripeWire(other.url, key="sk_test_x", timeout_s=0.2)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(Unavailable):
            await wire.look_up("pi_1")
    quiet.set()
    await wire.close()


async def test_a_server_that_is_not_there_settles_nothing(
    unused_tcp_port: int,
) -> None:
    wire = StripeWire(
        f"http://127.0.0.1:{unused_tcp_port}", key="sk_test_x", timeout_s=PATIENCE_S
    )
    with pytest.raises(Unavailable):
        await wire.look_up("pi_1")
    await wire.close()


@pytest.mark.parametrize("reference", ["", "../refunds", "pi_1/capture", "pi 1", "?"])
async def test_a_reference_is_no_path_to_elsewhere(
    other: Other, wire: StripeWire, reference: str
) -> None:
    with pytest.raises(ProviderRefused):
        await wire.capture(reference, attempt="try-1")
    with pytest.raises(ProviderRefused):
        await wire.look_up_refund(reference)
    assert other.asked == []


async def test_a_cancel_that_may_work_later_is_asked_under_another_key(
    other: Other, wire: StripeWire
) -> None:
    other.says(200, INTENT | {"status": "processing"})
    assert "processing" == (await wire.cancel("pi_1", attempt="try-1")).status
    assert ["GET"] == [verb for verb, *_ in other.asked]
    for status in ("requires_action", "requires_capture"):
        other.says(200, INTENT | {"status": status})
        await wire.cancel("pi_1", attempt="try-1")
    keys = [
        headers["Idempotency-Key"]
        for verb, _, headers, _ in other.asked
        if verb == "POST"
    ]
    assert ["try-1:cancel:needs_action", "try-1:cancel:authorised"] == keys


async def test_a_refund_of_tomorrows_kind_is_read_by_what_is_known(
    other: Other, wire: StripeWire
) -> None:
    made = {"id": "re_1", "amount": 5, "currency": "eur", "payment_intent": "pi_1"}
    other.says(200, made | {"status": "requires_action", "metadata": {}})
    pending = await wire.refund("pi_1", refund="back-1", amount=Money(5, "EUR"))
    other.says(200, made | {"status": "canceled", "failure_reason": "expired_card"})
    ended = await wire.look_up_refund("re_1")

    _verb, path, headers, form = other.asked[0]
    assert (path, headers["Idempotency-Key"]) == ("/v1/refunds", "back-1")
    assert form == {
        "payment_intent": "pi_1",
        "amount": "5",
        "metadata[refund]": "back-1",
    }
    assert (pending.status, ended.status, ended.reason) == (
        "pending",
        "failed",
        "expired_card",
    )
