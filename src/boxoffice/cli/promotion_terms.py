"""Terms of a promotion as they are typed: what is not named stays as it is.

`none` takes a limit away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boxoffice.cli.amounts import basis_points, money
from boxoffice.cli.identifiers import HEX_ID
from boxoffice.errors import Invalid

if TYPE_CHECKING:
    from boxoffice.domain.promotions.events import PromotionTerms
    from boxoffice.domain.promotions.state import Promotion

NONE = "none"
Given = Mapping[str, str | tuple[str, ...] | None]
"""Options by the names of the terms; None or nothing where it was not given."""


def changed_terms(known: PromotionTerms | None, given: Given) -> PromotionTerms:
    """Give the terms with what was named changed.

    Raises:
        Invalid: something is missing, or cannot be read.
    """
    from msgspec.structs import replace

    from boxoffice.domain.promotions.events import PromotionTerms

    currency = given["currency"] or (known.currency if known else "")
    if not isinstance(currency, str) or not currency:
        raise Invalid("A new code needs --currency.")
    before = known or PromotionTerms(currency)
    off = _off(given, currency)
    if not off and not (before.basis_points or before.amount_off):
        raise Invalid("A new code needs --percent or --amount.")
    if currency != before.currency:
        _check_renamed(before, given, off)
    named = {name: read(given[name]) for name, read in _READERS.items() if given[name]}
    if budget := given["budget"]:
        named["budget"] = _minor(budget, currency)
    return replace(before, currency=currency, **off, **named)


def described(promotion: Promotion) -> list[tuple[str, str]]:
    """Say what a code gives, what of it is used and what is left."""
    from boxoffice.domain.money import Money

    terms = promotion.terms
    assert terms is not None
    spent = Money(promotion.spent, terms.currency)
    budget = terms.budget
    if budget is not None:
        left = Money(max(0, budget - promotion.spent), terms.currency)
        discounts = f"{spent} of {Money(budget, terms.currency)}, {left} left"
    else:
        discounts = f"{spent}, without a limit"
    found = [
        ("takes off", taken_off(terms)),
        ("discounts", discounts),
        ("orders", _orders(promotion.orders, terms.orders_max)),
    ]
    limits = {
        "per person": terms.per_customer_max,
        "from": terms.valid_from,
        "until": terms.valid_until,
        "performances": ", ".join(terms.performances),
        "categories": ", ".join(str(one) for one in terms.categories),
        "types": ", ".join(terms.types),
    }
    return found + [(name, str(what)) for name, what in limits.items() if what]


def taken_off(terms: PromotionTerms) -> str:
    """Say what a code takes off each ticket."""
    from boxoffice.domain.money import Money

    if terms.basis_points:
        return f"{terms.basis_points / 100:g} %"
    return str(Money(terms.amount_off, terms.currency))


def _orders(count: int, most: int | None) -> str:
    if most is None:
        return f"{count:,}, without a limit"
    return f"{count:,} of {most:,}, {max(0, most - count):,} left"


def _off(given: Given, currency: str) -> dict[str, int]:
    percent, amount = given["percent"], given["amount"]
    if percent and amount:
        raise Invalid("Give --percent or --amount: one of both.")
    if percent:
        return {"basis_points": basis_points(str(percent)), "amount_off": 0}
    if amount:
        minor = money(str(amount), currency=currency).minor
        return {"basis_points": 0, "amount_off": minor}
    return {}


def _check_renamed(
    before: PromotionTerms, given: Given, off: Mapping[str, int]
) -> None:
    is_kept = before.budget is not None and not given["budget"]
    if is_kept or (before.amount_off and not off):
        raise Invalid(f"This code has amounts in {before.currency}: name them anew.")


def _minor(text: str | tuple[str, ...], currency: str) -> int | None:
    return None if text == NONE else money(str(text), currency=currency).minor


def _count(text: str | tuple[str, ...] | None) -> int | None:
    if text == NONE:
        return None
    if not str(text).isdecimal() or not int(str(text)):
        raise Invalid(f"{text!r} is neither a number from 1 on nor 'none'.")
    return int(str(text))


def _moment(text: str | tuple[str, ...] | None) -> datetime | None:
    if text == NONE:
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Invalid(f"{text!r} is not a time such as 2026-12-31T20:00Z.") from error
    if found.tzinfo is None:
        raise Invalid(f"{text!r} needs an offset, such as 2026-12-31T20:00+01:00.")
    return found


def _several(texts: str | tuple[str, ...] | None) -> tuple[str, ...]:
    assert isinstance(texts, tuple)
    return () if texts == (NONE,) else texts


def _performances(texts: str | tuple[str, ...] | None) -> tuple[str, ...]:
    wrong = [text for text in _several(texts) if not HEX_ID.fullmatch(text)]
    if wrong:
        raise Invalid(f"{wrong[0]!r} is not an id of 24 hex digits.")
    return _several(texts)


def _categories(texts: str | tuple[str, ...] | None) -> tuple[int, ...]:
    wrong = [text for text in _several(texts) if not text.isdecimal()]
    if wrong:
        raise Invalid(f"{wrong[0]!r} is not the number of a price level, from 0 on.")
    return tuple(int(text) for text in _several(texts))


_READERS: dict[str, Callable[[str | tuple[str, ...] | None], Any]] = {
    "orders_max": _count,
    "per_customer_max": _count,
    "valid_from": _moment,
    "valid_until": _moment,
    "performances": _performances,
    "categories": _categories,
    "types": _several,
}
