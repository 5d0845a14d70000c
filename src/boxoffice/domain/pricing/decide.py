"""Rules of price lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import assert_never

from boxoffice.domain.money import Money
from boxoffice.domain.pricing.calculation import WHOLE, all_in, applicable
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import (
    CODE,
    Fee,
    LevelPrice,
    PricesSet,
    PriceType,
    TaxRule,
)
from boxoffice.domain.pricing.state import ADULT, PriceList
from boxoffice.errors import Invalid, Refused

PRICE_MINOR_MAX = 100_000_000
"""A million units of a two-decimal currency: above it, somebody slipped."""
RULES_MAX = 20
"""Price types, fees and taxes of one list, each."""
PRICE_LISTS_MAX = 200
"""Versions of one list: each table is kept, for the holds and orders priced by it."""
NAME_MAX = 100
Rule = PriceType | Fee | TaxRule


def set_prices(
    price_list: PriceList,
    command: SetPrices,
    *,
    currency: str,
    categories: int,
    on: date,
) -> list[PricesSet]:
    """Make all-in prices of base prices, by the rules that are given with them.

    `on` is the day of the performance, where the hall stands: it decides which taxes
    apply. Setting what is set already changes nothing.
    """
    check_types(command.types)
    check_codes("fees", command.fees)
    check_codes("taxes", command.taxes)
    rules: tuple[Rule, ...] = (*command.types, *command.fees, *command.taxes)
    for rule in rules:
        check_rule(rule)
    _check_prices(command, currency=currency, categories=categories)
    event = PricesSet(
        prices=tuple(_all_in(level, command, on) for level in command.prices),
        types=command.types,
        fees=command.fees,
        taxes=command.taxes,
        rounding=command.rounding,
        day=on,
    )
    if event == price_list.newest:
        return []
    if price_list.version + 1 >= PRICE_LISTS_MAX:
        raise Refused(f"A price list is changed at most {PRICE_LISTS_MAX} times.")
    return [event]


def _all_in(level: LevelPrice, command: SetPrices, on: date) -> LevelPrice:
    taxes = applicable(command.taxes, on=on, price_type=level.price_type)
    return all_in(level, fees=command.fees, taxes=taxes, rounding=command.rounding)


def _check_prices(command: SetPrices, *, currency: str, categories: int) -> None:
    types = {one.code for one in command.types or (ADULT,)}
    seen: set[tuple[int, str]] = set()
    for level in command.prices:
        where = (level.category, level.price_type)
        if level.price.currency != currency:
            raise Invalid(f"Prices of this performance are in {currency}.")
        if level.price_type not in types:
            raise Invalid(f"{level.price_type!r} is not a price type of this list.")
        if not 0 <= level.category < categories or where in seen:
            raise Invalid(
                "Each price names one price level of the hall and one price type, once."
            )
        check_price(level.price)
        seen.add(where)


def check_price(price: Money) -> None:
    """Refuse a base price out of bounds."""
    if not 0 <= price.minor <= PRICE_MINOR_MAX:
        most = Money(PRICE_MINOR_MAX, price.currency)
        raise Invalid(f"A price must lie between 0 and {most}.")


def check_types(types: Sequence[PriceType]) -> None:
    """Refuse price types that do not go together."""
    check_codes("price types", types)
    if types and all(one.audience != "public" for one in types):
        raise Invalid("At least one price type must be for the public.")


def check_codes(kind: str, rules: Sequence[Rule]) -> None:
    """Refuse rules of a kind that are too many or cannot be told apart."""
    if len(rules) > RULES_MAX:
        raise Invalid(f"A price list has at most {RULES_MAX} {kind}.")
    if len({rule.code for rule in rules}) != len(rules):
        raise Invalid(f"The codes of the {kind} must differ.")


def check_rule(rule: Rule) -> None:
    """Refuse a price type, fee or tax that makes no sense by itself."""
    if not re.fullmatch(CODE, rule.code):
        raise Invalid(f"{rule.code!r} is not a code: small letters, digits, - and _.")
    if not 0 < len(rule.name.strip()) <= NAME_MAX:
        raise Invalid(f"{rule.code} needs a name of at most {NAME_MAX} letters.")
    match rule:
        case PriceType():
            _check_type(rule)
        case Fee():
            _check_fee(rule)
        case TaxRule():
            _check_tax(rule)
        case _:
            assert_never(rule)


def _check_type(one: PriceType) -> None:
    if one.quota is not None and one.quota < 0:
        raise Invalid(f"The quota of {one.code} must not be negative.")
    if len(one.proof) > NAME_MAX:
        raise Invalid(f"The proof for {one.code} is too long.")


def _check_fee(fee: Fee) -> None:
    if not 0 <= fee.fixed <= PRICE_MINOR_MAX:
        raise Invalid(f"The fee {fee.code} must lie between 0 and 1,000,000.00.")
    _check_share(fee)


def _check_tax(tax: TaxRule) -> None:
    _check_share(tax)
    first, last = tax.valid_from, tax.valid_until
    if first is not None and last is not None and first > last:
        raise Invalid(f"The tax {tax.code} ends before it begins.")


def _check_share(rule: Fee | TaxRule) -> None:
    if not 0 <= rule.basis_points <= WHOLE:
        raise Invalid(f"{rule.code} must lie between 0 and 100 percent.")
