"""Putting one call to the provider and writing down what it said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from boxoffice.application.crash_points import reached
from boxoffice.application.ports.payments import (
    Method,
    ProviderPayment,
    ProviderRefund,
)
from boxoffice.application.processes.checkout import Call
from boxoffice.application.processes.finality import made_final
from boxoffice.application.processes.news import (
    Context,
    payment_news,
    refund_news,
    settling,
    stuck,
)
from boxoffice.application.queries.orders import find_order
from boxoffice.application.requests import Accepted
from boxoffice.application.writer import ask
from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import SettlePayment, SettleRefund
from boxoffice.errors import ProviderRefused, Unavailable
from boxoffice_projectors import metrics
from boxoffice_projectors.container import Container

REFUSED = "refused"
"""Our reason for a payment or refund that the provider would not even begin."""
OTHERWISE_ASKED = "idempotency_error"
"""The provider knows the attempt by other words, so it may have taken the money."""
BLIND_TRIES_MAX = 3
"""Then it is looked first how a payment stands: a provider gives an error of its own
again under the same key, for as long as it knows that one."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Cashier:
    """Speaks to the provider and tells the log."""

    container: Container

    async def settle(self, call: Call) -> None:
        """Make a call, and have its answer stored.

        Raises:
            Unavailable: provider or log did not answer; make the call again.
            ProviderRefused: the provider never will; somebody has to look.
            Refused: a rule said no to the answer.
        """
        said = await self._asked(call)
        context = await self._context(call)
        command: SettlePayment | SettleRefund
        if isinstance(said, ProviderPayment):
            command = payment_news(said, context)
        else:
            command = refund_news(said, call.order, context)
        reached("checkout.settle.before")
        venue = self.container.settings.venue
        accepted = await ask(self.container.writer, settling(command, venue=venue))
        reached("checkout.settle.after")
        _report(call, said, accepted)

    async def _asked(self, call: Call) -> ProviderPayment | ProviderRefund:
        outcome = "failed"
        try:
            async with asyncio.timeout(self.container.settings.payment_timeout_s):
                said = await self._said(call)
                if isinstance(said, ProviderPayment):
                    said = await made_final(self.container.payments, said)
            outcome = said.status
        except TimeoutError as error:
            outcome = "unavailable"
            raise Unavailable from error
        except Unavailable:
            outcome = "unavailable"
            raise
        except ProviderRefused as error:
            _warn(call, error)
            raise
        finally:
            metrics.checkout_calls.labels(call.kind, outcome).inc()
        return said

    async def _said(self, call: Call) -> ProviderPayment | ProviderRefund:
        provider = self.container.payments
        match call.kind:
            case "start":
                return await self._started(call, call.instrument)
            case "look_up":
                return await provider.look_up(call.reference)
            case "capture":
                return await self._captured(call)
            case "cancel":
                return await self._cancelled(call)
            case "refund":
                return await self._refunded(call)
            case "look_up_refund":
                return await provider.look_up_refund(call.reference)

    async def _started(self, call: Call, instrument: str) -> ProviderPayment:
        method = Method("pix" if call.method == "pix" else "card", instrument)
        home = self.container.settings.home
        try:
            return await self.container.payments.start(
                attempt=call.name,
                order=call.order,
                amount=call.amount,
                method=method,
                return_url=call.return_url or f"{home}/orders/{call.order}",
            )
        except ProviderRefused as error:
            if _is_otherwise_asked(error):
                raise
            _warn(call, error)
            return ProviderPayment(
                reference="",
                attempt=call.name,
                order=call.order,
                status="declined",
                amount=call.amount,
                captured=Money(0, call.amount.currency),
                reason=REFUSED,
            )

    async def _asked_first(self, call: Call) -> ProviderPayment:
        """Give what a call that was never answered began, and begin nothing that pays.

        Without the instrument nothing can be taken. The provider refuses these words
        where the first ones arrived, and then the first ones are safe to repeat.
        """
        try:
            return await self._started(call, "")
        except ProviderRefused:
            return await self._started(call, call.instrument)

    async def _captured(self, call: Call) -> ProviderPayment:
        payments = self.container.payments
        if call.tries >= BLIND_TRIES_MAX:
            stands = await payments.look_up(call.reference)
            if stands.status != "authorised":
                return stands
        try:
            return await payments.capture(call.reference, attempt=_key(call))
        except ProviderRefused as error:
            _warn(call, error)
            return await payments.look_up(call.reference)

    async def _cancelled(self, call: Call) -> ProviderPayment:
        """Cancel; what was never answered has to be found first."""
        payments = self.container.payments
        reference = call.reference
        if not reference:
            begun = await self._asked_first(call)
            if begun.status == "declined":
                return begun
            reference = begun.reference
        try:
            return await payments.cancel(reference, attempt=_key(call))
        except ProviderRefused as error:
            _warn(call, error)
            return await payments.look_up(reference)

    async def _refunded(self, call: Call) -> ProviderRefund:
        try:
            return await self.container.payments.refund(
                call.reference, refund=call.name, amount=call.amount
            )
        except ProviderRefused as error:
            _warn(call, error)
            return ProviderRefund(
                reference="",
                refund=call.name,
                payment=call.reference,
                status="failed",
                amount=call.amount,
                reason=REFUSED,
            )

    async def _context(self, call: Call) -> Context:
        container = self.container
        performance = call.performance
        if not performance:
            known = await find_order(container.store, call.order)
            performance = known.order.performance
        return Context(
            now=container.clock.now(),
            provider=container.payments.name,
            performance=performance,
            spare_s=container.settings.offer_s,
        )


def _key(call: Call) -> str:
    """Name a call; another name is safe where the state was looked at before."""
    blind = call.tries < BLIND_TRIES_MAX
    return call.name if blind else f"{call.name}:{call.tries}"


def _is_otherwise_asked(error: ProviderRefused) -> bool:
    return error.data.get("provider_code") == OTHERWISE_ASKED


def _warn(call: Call, error: ProviderRefused) -> None:
    log.error(
        "provider_refused",
        call=call.kind,
        order=call.order,
        name=call.name,
        reason=error.detail,
    )


def _report(
    call: Call, said: ProviderPayment | ProviderRefund, accepted: Accepted
) -> None:
    if isinstance(said, ProviderRefund) and said.amount != call.amount:
        metrics.checkout_doubts.labels("refund-amount").inc()
        log.error(
            "provider_doubted",
            what="refund-amount",
            order=call.order,
            reference=said.reference,
            said=str(said.amount),
        )
    if not accepted.facts or accepted.repeated:
        return
    log.debug(
        "checkout_settled",
        call=call.kind,
        order=call.order,
        name=call.name,
        status=said.status,
    )
    for failed in stuck(accepted):
        metrics.refunds_stuck.inc()
        log.error("refund_stuck", order=call.order, refund=failed.refund)
