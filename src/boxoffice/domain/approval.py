"""What a payment provider said, as a value that a command can carry."""

from __future__ import annotations

import msgspec

from boxoffice.domain.money import Money


class Approval(msgspec.Struct, frozen=True):
    """The provider took `amount`; `reference` is its name for the payment.

    `attempt` is the idempotency key the provider was given.
    """

    provider: str
    attempt: str
    reference: str
    amount: Money
