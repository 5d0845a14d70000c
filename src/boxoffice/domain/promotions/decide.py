"""Rules of promotions: one code per order, within its budget and per person.

What a code has to say about an order comes in two steps: `discount` for each line, then
`redeem` for their sum. All of it comes back when the order ends unpaid or loses its
last ticket. A budget or a number that the terms do not name is unlimited.
"""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction

import msgspec

from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    CustomerId,
    promotion_stream,
    promotion_use_stream,
)
from boxoffice.domain.money import Money, check_currency
from boxoffice.domain.promotions.commands import DefinePromotion, EndPromotion
from boxoffice.domain.promotions.events import (
    PromotionDefined,
    PromotionEnded,
    PromotionRedeemed,
    PromotionReturned,
    PromotionTerms,
    PromotionUnused,
    PromotionUsed,
)
from boxoffice.domain.promotions.state import Promotion, PromotionUse
from boxoffice.domain.rounding import Rounding, rounded
from boxoffice.errors import (
    Invalid,
    NotFound,
    PromotionExhausted,
    PromotionInvalid,
    PromotionLimitReached,
)

CODE = re.compile("[A-Z0-9][A-Z0-9-]{1,31}")
WHOLE = 10_000
"""Basis points of one."""
AMOUNT_MAX = 100_000_000_000
"""A billion units of a two-decimal currency: above it, somebody slipped."""
NAMED_MAX = 200
"""Performances, categories and types that terms may name, each."""


class Redemption(msgspec.Struct, frozen=True):
    """What an order wants of a code; `customer` is who counts against its limit."""

    order: str
    customer: CustomerId
    performance: str
    discount: Money


def normal(code: str) -> str:
    """Give a code as it is stored, however somebody typed it."""
    return code.strip().upper()


def define_promotion(
    promotion: Promotion, command: DefinePromotion
) -> list[PromotionDefined]:
    """Offer a code; terms that it has already change nothing."""
    code = normal(command.code)
    if not CODE.fullmatch(code):
        raise Invalid("A code has 2 to 32 letters, digits and hyphens.")
    _check_terms(command.terms)
    known = promotion.terms
    if known and promotion.orders and known.currency != command.terms.currency:
        raise Invalid(f"Orders that stand have this code in {known.currency}.")
    if promotion.terms == command.terms and not promotion.ended:
        return []
    return [PromotionDefined(code=code, terms=command.terms)]


def _check_terms(terms: PromotionTerms) -> None:
    check_currency(terms.currency)
    if not 0 <= terms.basis_points <= WHOLE:
        raise Invalid("A share must lie between 0 and 100 percent.")
    if not 0 <= terms.amount_off <= AMOUNT_MAX:
        raise Invalid("The amount taken off must not be negative.")
    if bool(terms.basis_points) == bool(terms.amount_off):
        raise Invalid("A code takes off either a share or an amount.")
    limits = (terms.budget, terms.orders_max, terms.per_customer_max)
    if any(limit is not None and not 0 <= limit <= AMOUNT_MAX for limit in limits):
        raise Invalid("A limit must not be negative.")
    if max(map(len, (terms.performances, terms.categories, terms.types))) > NAMED_MAX:
        raise Invalid(f"A code names at most {NAMED_MAX} of a kind.")
    moments = [m for m in (terms.valid_from, terms.valid_until) if m is not None]
    if any(moment.tzinfo is None for moment in moments):
        raise Invalid("Times need an offset, such as 2026-12-31T20:00:00-08:00.")
    if moments != sorted(moments):
        raise Invalid("The code ends before it begins.")


def end_promotion(promotion: Promotion, command: EndPromotion) -> list[PromotionEnded]:
    """Stop a code; one that ended already stays ended."""
    if promotion.terms is None:
        raise NotFound("There is no such code.")
    if promotion.ended:
        return []
    return [PromotionEnded(code=promotion.code, reason=command.reason)]


def valid_terms(
    promotion: Promotion, *, performance: str, currency: str, now: datetime
) -> PromotionTerms:
    """Give the terms of a code that can be used here and now.

    Raises:
        PromotionInvalid: there is no such code, it ended, or it does not apply.
    """
    terms = promotion.terms
    if terms is None or promotion.ended or terms.currency != currency:
        raise PromotionInvalid
    if terms.valid_from is not None and now < terms.valid_from:
        raise PromotionInvalid("This code cannot be used yet.")
    if terms.valid_until is not None and now >= terms.valid_until:
        raise PromotionInvalid("This code cannot be used any more.")
    if terms.performances and performance not in terms.performances:
        raise PromotionInvalid("This code is not for this performance.")
    return terms


def discount(
    terms: PromotionTerms,
    price: Money,
    *,
    category: int,
    price_type: str,
    rounding: Rounding,
) -> int:
    """Give what terms take off one all-in price, in minor units.

    A share is rounded as the price was. Never more than the price; nothing for a place
    that the terms do not name.
    """
    if terms.categories and category not in terms.categories:
        return 0
    if terms.types and price_type not in terms.types:
        return 0
    share = rounded(Fraction(price.minor * terms.basis_points, WHOLE), rounding)
    return min(share + terms.amount_off, price.minor)


def redeem(
    promotion: Promotion, use: PromotionUse, wanted: Redemption, *, now: datetime
) -> Decision:
    """Take the discount of an order out of the budget, and count it for its customer.

    Raises:
        PromotionInvalid: the code does not apply, or takes nothing off.
        PromotionLimitReached: the customer has used it as often as one may.
        PromotionExhausted: too little is left.
    """
    terms = valid_terms(
        promotion,
        performance=wanted.performance,
        currency=wanted.discount.currency,
        now=now,
    )
    if wanted.discount.minor <= 0:
        raise PromotionInvalid("This code takes nothing off these places.")
    most = terms.per_customer_max
    if most is not None and use.orders.get(wanted.customer, 0) >= most:
        raise PromotionLimitReached(orders_max=most)
    if terms.orders_max is not None and promotion.orders >= terms.orders_max:
        raise PromotionExhausted
    spent = promotion.spent + wanted.discount.minor
    if terms.budget is not None and spent > terms.budget:
        raise PromotionExhausted
    code, order = promotion.code, wanted.order
    redeemed = PromotionRedeemed(code=code, order=order, discount=wanted.discount)
    used = PromotionUsed(code=code, customer=wanted.customer, order=order)
    return [
        (promotion_stream(code), redeemed),
        (promotion_use_stream(code, wanted.customer), used),
    ]


def give_back(
    code: str, *, order: str, customer: CustomerId, discount: Money
) -> Decision:
    """Undo what an order redeemed; the order sees to it that this happens once."""
    returned = PromotionReturned(code=code, order=order, discount=discount)
    unused = PromotionUnused(code=code, customer=customer, order=order)
    return [
        (promotion_stream(code), returned),
        (promotion_use_stream(code, customer), unused),
    ]
