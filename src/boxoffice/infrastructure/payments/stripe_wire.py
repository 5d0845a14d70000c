"""A payment provider that speaks Stripe's API over HTTP, or our sandbox that does too.

Nothing is asked twice here: whoever called repeats with the same key, and the provider
does it once. Answers that settle nothing (none in time, 408, 409, 424, 429, 5xx, or
what cannot be read) are `Unavailable`; every other no is `ProviderRefused`, except a
decline, which is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import aiohttp
import msgspec

from boxoffice.application.ports.payments import (
    Method,
    Notice,
    ProviderPayment,
    ProviderRefund,
)
from boxoffice.domain.money import Money
from boxoffice.errors import ProviderRefused, Unavailable
from boxoffice.infrastructure.payments import stripe_answers as answers
from boxoffice.infrastructure.payments.notices import WINDOW_S, read_notice

CONNECTIONS_MAX = 32
"""At once, unless somebody makes more calls."""
OK = 200
DECLINED = 402
BAD_REQUEST = 400
SERVER_ERROR = 500
UNSETTLED = frozenset({401, 403, 408, 409, 424, 429})
"""Our key is wrong, time-out, key in use, a failure behind the provider, too many
requests. A wrong key is the operator's slip: it must not end a buyer's payment."""
BEYOND_CANCEL = frozenset({"processing", "captured", "cancelled"})
NOT_IN_THIS_STATE = "payment_intent_unexpected_state"
CAPTURE_METHODS = {"card": "manual", "pix": "automatic"}

T = TypeVar("T")


class _Refusal(msgspec.Struct, frozen=True):
    error: answers.Failure


class StripeWire:
    """One provider at one URL; make it inside a running event loop.

    `pay_page` is where buyers' browsers find the provider's pages, when that is not
    `<url>/pay`.
    """

    name = "stripe-wire"

    def __init__(
        self,
        url: str,
        *,
        key: str,
        timeout_s: float,
        webhook_secrets: Sequence[str] = (),
        notice_window_s: float = WINDOW_S,
        pay_page: str = "",
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self.connections_max = connections_max
        self._url = url.rstrip("/")
        self._pay_page = pay_page or f"{self._url}/pay"
        self._secrets = tuple(webhook_secrets)
        self._window_s = notice_window_s
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections_max),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            headers={"Authorization": f"Bearer {key}"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def start(
        self,
        *,
        attempt: str,
        order: str,
        amount: Money,
        method: Method,
        return_url: str,
    ) -> ProviderPayment:
        fields = {
            "amount": str(answers.to_wire(amount)),
            "currency": amount.currency.lower(),
            "capture_method": CAPTURE_METHODS[method.kind],
            "payment_method_types[]": method.kind,
            "return_url": return_url,
            "metadata[attempt]": attempt,
            "metadata[order]": order,
        }
        if method.token:
            fields |= {"confirm": "true", "payment_method": method.token}
        return await self._post_payment("/v1/payment_intents", fields, key=attempt)

    async def look_up(self, reference: str) -> ProviderPayment:
        status, body = await self._ask("GET", _intent(reference))
        return self._payment(status, body)

    async def capture(self, reference: str, *, attempt: str) -> ProviderPayment:
        path, key = f"{_intent(reference)}/capture", f"{attempt}:capture"
        try:
            return await self._post_payment(path, {}, key=key)
        except ProviderRefused as error:
            found = await self._as_it_is(reference, error)
            if found.status != "captured":
                raise
            return found

    async def cancel(self, reference: str, *, attempt: str) -> ProviderPayment:
        found = await self.look_up(reference)
        if found.status in BEYOND_CANCEL:
            return found
        # A refusal is kept under its key: what may be cancelled later needs another.
        path, key = f"{_intent(reference)}/cancel", f"{attempt}:cancel:{found.status}"
        try:
            return await self._post_payment(path, {}, key=key)
        except ProviderRefused as error:
            return await self._as_it_is(reference, error)

    async def refund(
        self, reference: str, *, refund: str, amount: Money
    ) -> ProviderRefund:
        fields = {
            "payment_intent": reference,
            "amount": str(answers.to_wire(amount)),
            "metadata[refund]": refund,
        }
        status, body = await self._ask("POST", "/v1/refunds", fields, key=refund)
        return answers.refund(_decoded(status, body, answers.Refund))

    async def look_up_refund(self, reference: str) -> ProviderRefund:
        status, body = await self._ask("GET", f"/v1/refunds/{_plain(reference)}")
        return answers.refund(_decoded(status, body, answers.Refund))

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        return read_notice(
            raw, signature, secrets=self._secrets, now=now, window_s=self._window_s
        )

    async def close(self) -> None:
        await self._session.close()

    async def _post_payment(
        self, path: str, fields: Mapping[str, str], *, key: str
    ) -> ProviderPayment:
        return self._payment(*await self._ask("POST", path, fields, key=key))

    async def _as_it_is(
        self, reference: str, refusal: ProviderRefused
    ) -> ProviderPayment:
        """Look a payment up, if it is its state alone that was refused."""
        if refusal.data.get("provider_code") != NOT_IN_THIS_STATE:
            raise refusal
        return await self.look_up(reference)

    async def _ask(
        self,
        verb: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        key: str = "",
    ) -> tuple[int, bytes]:
        """Send one request; give the status and the body of its answer."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            async with self._session.request(
                verb,
                f"{self._url}{path}",
                data=fields,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable("The payment provider does not answer.") from error

    def _payment(self, status: int, body: bytes) -> ProviderPayment:
        if status != DECLINED:
            intent = _decoded(status, body, answers.Intent)
            return answers.payment(intent, pay_page=self._pay_page)
        failure = _parsed(body, _Refusal).error
        if failure.payment_intent is None:
            raise _refused(status, failure)
        stands = answers.payment(failure.payment_intent, pay_page=self._pay_page)
        reason = failure.decline_code or failure.code or "declined"
        return msgspec.structs.replace(
            stands, status="declined", reason=reason, action_url=""
        )


def _decoded(status: int, body: bytes, wanted: type[T]) -> T:
    if status == OK:
        return _parsed(body, wanted)
    if status in UNSETTLED or not BAD_REQUEST <= status < SERVER_ERROR:
        raise Unavailable(f"The payment provider answers {status}.")
    raise _refused(status, _parsed(body, _Refusal).error)


def _refused(status: int, failure: answers.Failure) -> ProviderRefused:
    said = failure.message or "nothing more"
    return ProviderRefused(
        f"The payment provider refuses with {status}: {said}",
        provider_code=failure.decline_code or failure.code or failure.type,
    )


def _parsed(body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.DecodeError as error:
        raise Unavailable("The payment provider's answer cannot be read.") from error


def _intent(reference: str) -> str:
    return f"/v1/payment_intents/{_plain(reference)}"


def _plain(reference: str) -> str:
    """Check that a reference is one, and no path to elsewhere."""
    if not reference or not reference.replace("_", "").isalnum():
        raise ProviderRefused(f"The provider has no reference {reference[:40]!r}.")
    return reference
