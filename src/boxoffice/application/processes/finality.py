"""Making a decline final before the log calls it that.

After a decline the provider's own page lets the buyer try another card, for as long as
the payment is not cancelled there. The log says of a failed attempt that it will never
take anything, so it is cancelled first. If the buyer was faster, that is the news.
"""

from __future__ import annotations

from boxoffice.application.ports.payments import PaymentProvider, ProviderPayment


async def made_final(
    provider: PaymentProvider, said: ProviderPayment
) -> ProviderPayment:
    """Give how a payment stands once a decline can no longer be undone.

    Raises:
        Unavailable: the provider does not answer; ask again for everything.
        ProviderRefused: it never will.
    """
    if said.status != "declined" or not said.reference:
        return said
    stands = await provider.cancel(said.reference, attempt=said.attempt)
    return said if stands.status in ("cancelled", "declined") else stands
