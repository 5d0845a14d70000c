"""A provider at whose every call this process can be told to die.

Whoever calls it, cashier, webhook or anything between them, passes the same places: to
prove that dying there harms nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from boxoffice.application.crash_points import reached
from boxoffice.application.ports.payments import (
    Method,
    Notice,
    PaymentProvider,
    ProviderPayment,
    ProviderRefund,
)
from boxoffice.domain.money import Money

T = TypeVar("T")


class MortalProvider:
    """Passes every call on, with a place to die before and after it."""

    def __init__(self, provider: PaymentProvider) -> None:
        self.provider = provider
        self.name = provider.name

    async def start(
        self,
        *,
        attempt: str,
        order: str,
        amount: Money,
        method: Method,
        return_url: str,
    ) -> ProviderPayment:
        begun = self.provider.start(
            attempt=attempt,
            order=order,
            amount=amount,
            method=method,
            return_url=return_url,
        )
        return await _between("start", begun)

    async def look_up(self, reference: str) -> ProviderPayment:
        return await _between("look_up", self.provider.look_up(reference))

    async def capture(self, reference: str, *, attempt: str) -> ProviderPayment:
        taken = self.provider.capture(reference, attempt=attempt)
        return await _between("capture", taken)

    async def cancel(self, reference: str, *, attempt: str) -> ProviderPayment:
        ended = self.provider.cancel(reference, attempt=attempt)
        return await _between("cancel", ended)

    async def refund(
        self, reference: str, *, refund: str, amount: Money
    ) -> ProviderRefund:
        back = self.provider.refund(reference, refund=refund, amount=amount)
        return await _between("refund", back)

    async def look_up_refund(self, reference: str) -> ProviderRefund:
        found = self.provider.look_up_refund(reference)
        return await _between("look_up_refund", found)

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        return self.provider.read_notice(raw, signature, now=now)

    async def close(self) -> None:
        await self.provider.close()


async def _between(call: str, work: Awaitable[T]) -> T:
    reached(f"provider.{call}.before")
    answer = await work
    reached(f"provider.{call}.after")
    return answer
