"""The money for a hold: taken once, kept only for an order.

The provider knows a payment by a name made of the hold, so all purchases of one hold,
under whatever key, are one payment, for ever. It is not asked when less is left of the
hold than it may take to answer. When a purchase is refused and nobody else's sold the
hold, the hold is ended in the log first, so that none still can, and then the payment
is voided: whoever reads `hold-expired` has paid nothing.

What remains for the checkout process manager is an approval that no append followed and
that no purchase came back for: this process died between the two, or gave up waiting
for the provider or the log and told the buyer `outcome-unknown`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from boxoffice import errors
from boxoffice.domain.approval import Approval
from boxoffice.domain.ids import HoldId, PerformanceId
from boxoffice.domain.inventory.commands import ReleaseHold
from boxoffice.domain.inventory.state import CartHold, held_price
from boxoffice_api.auth import Buyer
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head
from boxoffice_api.idempotency import Identity, following


@dataclass(frozen=True)
class Payment:
    """The payment of one buyer's hold, as a request for its purchase sees it."""

    edge: Edge
    head: Head
    buyer: Buyer
    identity: Identity
    hold: CartHold

    @property
    def attempt(self) -> str:
        """What the provider calls this payment; no secret and no key go into it."""
        return f"hold-{self.hold.placed.hold}"

    async def take(self) -> Approval:
        """Take the money for a hold that can still become an order.

        Raises:
            HoldNotOpen: another purchase sold it, and its payment stands.
            HoldExpired: it ran out, was released, or is too near its deadline.
            PaymentDeclined: nothing was taken.
            OutcomeUnknown: the provider did not answer in time; ask again.
        """
        await self._check()
        settings, provider = self.edge.container.settings, self.edge.container.provider
        try:
            async with asyncio.timeout(settings.payment_timeout_s):
                return await provider.approve(
                    attempt=self.attempt, amount=held_price(self.hold)
                )
        except TimeoutError as error:
            raise errors.OutcomeUnknown from error

    async def give_back(self) -> None:
        """Keep no money for a hold that no purchase sold; what was sold stays paid.

        Raises:
            OutcomeUnknown: log or provider did not answer in time; ask again.
            Unavailable: one of them does not answer.
        """
        settings, provider = self.edge.container.settings, self.edge.container.provider
        if not await self._ended_unsold():
            return
        try:
            async with asyncio.timeout(settings.payment_timeout_s):
                await provider.void(self.attempt)
        except TimeoutError as error:
            raise errors.OutcomeUnknown from error

    async def _check(self) -> None:
        if self.hold.order is not None:
            raise errors.HoldNotOpen(order=self.hold.order)
        left = self.hold.placed.until - self.edge.container.clock.now()
        if self.hold.ended is not None or left < timedelta(0):
            # An earlier purchase may have been approved after it was given up.
            await self.give_back()
            raise errors.HoldExpired
        if left < timedelta(seconds=self.edge.container.settings.payment_timeout_s):
            raise errors.HoldExpired(
                "Too little time is left to pay for this hold; give it back and"
                " choose again."
            )

    async def _ended_unsold(self) -> bool:
        """End the hold; the log decides between this and a purchase under way."""
        command = ReleaseHold(
            now=self.edge.container.clock.now(),
            performance=PerformanceId(self.hold.placed.performance),
            buyer=self.buyer.id,
            hold=HoldId(self.hold.placed.hold),
        )
        identity = following(self.edge.keys, self.identity, b"give back")
        try:
            await self.edge.ask(
                self.head, self.buyer, identity=identity, command=command
            )
        except errors.HoldNotOpen:
            return False
        return True
