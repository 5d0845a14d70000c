"""A payment provider in memory, for tests, simulations and houses that live in memory.

It behaves as the sandbox server does: the same tokens, the same answer for a repeated
key, the same refusals. A `fault` may lose calls: it is asked at each, so that a seeded
function makes a run that can be had again. `till` holds the books, and does what buyers
and their banks do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from boxoffice.application.ports.payments import (
    Method,
    Notice,
    ProviderPayment,
    ProviderRefund,
)
from boxoffice.domain.money import Money
from boxoffice.errors import ProviderRefused, Unavailable
from boxoffice.infrastructure.payments.memory_till import MemoryTill
from boxoffice.infrastructure.payments.notices import WINDOW_S, read_notice

Operation = Literal["start", "look-up", "capture", "cancel", "refund", "look-up-refund"]
T = TypeVar("T", ProviderPayment, ProviderRefund)


class Call(msgspec.Struct, frozen=True):
    """One call: its number from 1, and its key, or the reference it looks up."""

    number: int
    operation: Operation
    name: str


Fault = Callable[[Call], Literal["before", "after"] | None]
"""Loses a call: `before` it has an effect, or `after` that and before its answer."""


class MemoryPaymentProvider:
    """Belongs to one event loop, and forgets everything with its process."""

    name = "memory"

    def __init__(
        self,
        *,
        webhook_secrets: Sequence[str] = (),
        notice_window_s: float = WINDOW_S,
        fault: Fault | None = None,
    ) -> None:
        self.till = MemoryTill()
        self._secrets = tuple(webhook_secrets)
        self._window_s = notice_window_s
        self._fault = fault
        self._calls = 0
        self._answers: dict[str, tuple[object, Any]] = {}

    async def start(
        self,
        *,
        attempt: str,
        order: str,
        amount: Money,
        method: Method,
        return_url: str,
    ) -> ProviderPayment:
        asked = ("start", order, amount, method, return_url)
        work = partial(self.till.start, attempt, order, amount, method)
        with self._call("start", attempt):
            return self._once("start", attempt, asked, work)

    async def look_up(self, reference: str) -> ProviderPayment:
        with self._call("look-up", reference):
            return self.till.find(reference).payment

    async def capture(self, reference: str, *, attempt: str) -> ProviderPayment:
        key, asked = f"{attempt}:capture", ("capture", reference)
        with self._call("capture", key):
            work = partial(self.till.capture, reference)
            return self._once("capture", key, asked, work)

    async def cancel(self, reference: str, *, attempt: str) -> ProviderPayment:
        # What could not be cancelled leaves no answer behind, so no key is needed.
        with self._call("cancel", f"{attempt}:cancel"):
            return self.till.cancel(reference)

    async def refund(
        self, reference: str, *, refund: str, amount: Money
    ) -> ProviderRefund:
        with self._call("refund", refund):
            work = partial(self.till.refund, reference, refund, amount)
            return self._once("refund", refund, ("refund", reference, amount), work)

    async def look_up_refund(self, reference: str) -> ProviderRefund:
        with self._call("look-up-refund", reference):
            return self.till.find_refund(reference)

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        return read_notice(
            raw, signature, secrets=self._secrets, now=now, window_s=self._window_s
        )

    async def close(self) -> None:
        """Nothing: there are no connections."""

    def forget_keys(self) -> None:
        """Forget what was answered under every key, as providers do after a day."""
        self._answers.clear()

    @contextmanager
    def _call(self, operation: Operation, name: str) -> Iterator[None]:
        """Lose a call when the fault says so."""
        self._calls += 1
        call = Call(self._calls, operation, name)
        lost = self._fault(call) if self._fault else None
        if lost == "before":
            raise Unavailable("The payment provider does not answer.")
        yield
        if lost == "after":
            raise Unavailable("The payment provider's answer is lost.")

    def _once(
        self, operation: Operation, key: str, asked: object, work: Callable[[], T]
    ) -> T:
        """Do the work once per key; a refusal leaves no answer behind."""
        if key in self._answers:
            before, known = self._answers[key]
            if before != asked:
                raise ProviderRefused(
                    "This key was used for something else before.",
                    provider_code="idempotency_error",
                )
            answer: T = known
            return answer
        answer = work()
        self._answers[key] = (asked, answer)
        if self._loses(answer, operation):
            raise Unavailable("The payment provider's answer is lost.")
        return answer

    def _loses(
        self, answer: ProviderPayment | ProviderRefund, operation: Operation
    ) -> bool:
        """Whether the buyer's token makes the first answer of this call get lost."""
        if isinstance(answer, ProviderRefund):
            return False
        return self.till.find(answer.reference).behaviour.loses == operation
