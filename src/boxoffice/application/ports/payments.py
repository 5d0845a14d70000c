"""Whoever takes the money."""

from __future__ import annotations

from typing import Protocol

from boxoffice.domain.approval import Approval
from boxoffice.domain.money import Money


class PaymentProvider(Protocol):
    """Whoever takes the money."""

    name: str

    async def approve(self, *, attempt: str, amount: Money) -> Approval:
        """Take the money; the same `attempt` is the same payment, for ever.

        Raises:
            PaymentDeclined: nothing was taken, or it was voided.
            Unavailable: the provider did not answer.
        """

    async def void(self, attempt: str) -> None:
        """Give back what `attempt` took, if anything, and let it take nothing again.

        Final, whatever is under way, and as good twice as once.

        Raises:
            Unavailable: the provider did not answer.
        """
