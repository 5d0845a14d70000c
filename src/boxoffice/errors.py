"""Every error a caller may meet, named for the caller's next move.

The class docstring is the public text: one sentence that a buyer or an operator
can read. `code` is stable and appears in problem documents, logs and metrics.
Fields are data that a page can show; they never hold a person's data. HTTP status
codes are decided at the edge, not here.
"""

from __future__ import annotations

from typing import ClassVar


class BoxOfficeError(Exception):
    """Something went wrong at the box office."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str | None = None, **data: object) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.data = data
        super().__init__(self.detail)


class Refused(BoxOfficeError):
    """A rule said no; choose differently."""

    code = "refused"


class Invalid(Refused):
    """The request does not make sense as it stands; correct it and send it again."""

    code = "invalid"


class NamesSomebody(Refused):
    """This is kept for good: leave out e-mail addresses and numbers of 12 digits."""

    code = "names-somebody"


class SeatsUnavailable(Refused):
    """At least one of the places is no longer free; choose others."""

    code = "seats-unavailable"


class UnknownPlace(Refused):
    """This performance has no such place."""

    code = "unknown-place"


class NotPriced(Refused):
    """One of the places has no price yet, so it cannot be sold."""

    code = "not-priced"


class SaleNotOpen(Refused):
    """The sale for this performance is not open."""

    code = "sale-not-open"


class PerformanceOff(Refused):
    """The performance was cancelled; nothing is sold for it any more."""

    code = "performance-off"


class PriceTypeUnknown(Refused):
    """There is no such price type for these places."""

    code = "price-type-unknown"


class QuotaReached(Refused):
    """Too few places are left at this price type; choose another."""

    code = "quota-reached"


class HoldLimitReached(Refused):
    """A buyer may have at most eight places of one performance."""

    code = "hold-limit-reached"


class HoldExpired(Refused):
    """The hold has run out; choose your places again."""

    code = "hold-expired"


class HoldNotOpen(Refused):
    """The hold was already ordered or sold."""

    code = "hold-not-open"


class PromotionInvalid(Refused):
    """This code does not exist, or does not apply to these places now."""

    code = "promotion-invalid"


class PromotionExhausted(Refused):
    """Too little is left of this promotion for your order."""

    code = "promotion-exhausted"


class PromotionLimitReached(Refused):
    """You have used this code as often as one person may."""

    code = "promotion-limit-reached"


class CompBudgetExhausted(Refused):
    """Too little is left of this budget for so many comps."""

    code = "comp-budget-exhausted"


class NotForSale(Refused):
    """These places are given away, not sold; issue comps with a host and a reason."""

    code = "not-for-sale"


class AlreadyExists(Refused):
    """Something with this identity exists already."""

    code = "already-exists"


class OrderNotOpen(Refused):
    """The order is no longer open; what was asked for is not possible any more."""

    code = "order-not-open"


class OrderNotConfirmed(Refused):
    """The order is not confirmed, so there are no tickets yet."""

    code = "order-not-confirmed"


class TicketNotValid(Refused):
    """The ticket was already given back or exchanged."""

    code = "ticket-not-valid"


class PaymentOpen(Refused):
    """A payment for this order is still under way; wait for its outcome."""

    code = "payment-open"


class ExchangeOpen(Refused):
    """An exchange of these tickets is under way; pay for it or cancel it first."""

    code = "exchange-open"


class SamePerson(Refused):
    """Another person than the one who asked must agree to this."""

    code = "same-person"


class RefundNotStuck(Refused):
    """This refund did not fail for good, or was dealt with; look at the order again."""

    code = "refund-not-stuck"


class RequestNotOpen(Refused):
    """This request was already answered, or there is no such request."""

    code = "request-not-open"


class RefundNotAllowed(Refused):
    """These tickets cannot be given back by the buyer."""

    code = "refund-not-allowed"


class TooFewPlaces(Refused):
    """Choose at least as many places as the tickets that you exchange for them."""

    code = "too-few-places"


class SecondPersonNeeded(Refused):
    """So much goes back only when a second person agrees; ask for a refund instead."""

    code = "second-person-needed"


class VoidWindowOver(Refused):
    """It is too late to void this order; refund its tickets instead."""

    code = "void-window-over"


class OfferOver(Refused):
    """The offer of other places is over."""

    code = "offer-over"


class ProviderRefused(BoxOfficeError):
    """The payment provider will not do this; somebody of the box office has to look."""

    code = "provider-refused"


class Forged(Refused):
    """This notice does not carry a valid signature of the payment provider."""

    code = "forged"


class KeyReused(Refused):
    """This idempotency key was already used for a different request."""

    code = "idempotency-key-reused"


class NotFound(BoxOfficeError):
    """There is no such thing, or it is not yours."""

    code = "not-found"


class Unauthenticated(BoxOfficeError):
    """Say who you are: a valid token or session is needed."""

    code = "unauthenticated"


class Forbidden(BoxOfficeError):
    """Your role does not allow this."""

    code = "forbidden"


class Conflict(BoxOfficeError):
    """Somebody else wrote first; try again."""

    code = "conflict"


class Unavailable(BoxOfficeError):
    """The box office cannot answer just now; try again in a moment."""

    code = "unavailable"


class Overloaded(Unavailable):
    """Too many requests are waiting; try again in a moment."""

    code = "overloaded"


class OutcomeUnknown(Unavailable):
    """The connection broke while writing; ask again with the same key to learn more."""

    code = "outcome-unknown"


class RendererUnknown(Unavailable):
    """Another version of the box office did and answered this; ask again."""

    code = "renderer-unknown"


class TooSlow(Unavailable):
    """The answer is not ready yet; ask again in a moment."""

    code = "too-slow"


class Unstorable(BoxOfficeError):
    """The log refused these data; nothing was stored."""

    code = "unstorable"


class Corrupt(BoxOfficeError):
    """The log holds something that must not be there; an engineer has to look."""

    code = "corrupt"


class Misconfigured(BoxOfficeError):
    """The configuration is wrong; correct it and start again."""

    code = "misconfigured"
