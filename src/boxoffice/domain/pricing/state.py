"""What a price list is, and what is left of its quotas."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from boxoffice.domain.decider import Aggregate
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.calculation import COMP_TYPE
from boxoffice.domain.pricing.events import (
    DEFAULT_TYPE,
    LevelPrice,
    PricesSet,
    PriceType,
    QuotaClaimed,
)

Table = dict[tuple[int, str], LevelPrice]
"""All-in prices with their parts, by category and price type."""
ADULT = PriceType(code=DEFAULT_TYPE, name="Adult")
"""The only price type of a list that names none."""
QUOTA_GRACE = timedelta(seconds=1)
"""A claim counts as long as its places cannot be taken over."""


class PriceList(msgspec.Struct, frozen=True):
    """The newest list, and the table of every version that a hold may be priced by.

    `version` 0 is the first list. `prices` are all-in prices by category for the
    default price type, the first public one.
    """

    version: int = -1
    prices: dict[int, Money] = {}
    default_type: str = DEFAULT_TYPE
    types: tuple[PriceType, ...] = ()
    tables: dict[int, Table] = {}
    lists: dict[int, PricesSet] = {}
    """By what rules the prices of each version were made."""
    staff_types: dict[int, frozenset[str]] = {}
    """Codes of the types that are not offered to buyers, by version."""
    limited: bool = False
    """Some version has limited a price type, so that claims may exist."""

    @property
    def newest(self) -> PricesSet | None:
        """The list as it was set last."""
        return self.lists.get(self.version)

    def type_of(self, code: str) -> PriceType | None:
        """Give a price type of the newest list."""
        return next((one for one in self.types if one.code == code), None)

    def level(self, version: int, category: int, price_type: str) -> LevelPrice:
        """Give an all-in price with its parts, as a version of the list had it.

        Raises:
            KeyError: that version had no such price.
        """
        return self.tables[version][category, price_type]

    def is_given(self, version: int, price_type: str, price: Money) -> bool:
        """Tell whether a place at this price is given away, and never sold."""
        is_staffs = price_type in self.staff_types[version]
        return price_type == COMP_TYPE or (is_staffs and not price.minor)

    def face(self, version: int, category: int, price_type: str) -> LevelPrice:
        """Give what a place that is given away would have cost.

        One at a type that is only given away would have cost what everybody pays.
        """
        held = self.level(version, category, price_type)
        if not self.is_given(version, price_type, held.price):
            return held
        public = _default_type(self.lists[version])
        return self.tables[version].get((category, public), held)

    def quotas(self) -> dict[str, int]:
        """Give how many places may go at each limited price type."""
        return {one.code: one.quota for one in self.types if one.quota is not None}


def _default_type(made: PricesSet) -> str:
    """Give the first type that is for everybody."""
    types = made.types or (ADULT,)
    return next((t.code for t in types if t.audience == "public"), DEFAULT_TYPE)


def evolve_price_list(state: PriceList, event: PricesSet) -> PriceList:
    """Replace the list as a whole; keep the tables of earlier versions."""
    version = state.version + 1
    types = event.types or (ADULT,)
    default = _default_type(event)
    table = {(level.category, level.price_type): level for level in event.prices}
    return PriceList(
        version=version,
        prices={c: level.price for (c, of), level in table.items() if of == default},
        default_type=default,
        types=types,
        tables={**state.tables, version: table},
        lists={**state.lists, version: event},
        staff_types={
            **state.staff_types,
            version: frozenset(t.code for t in types if t.audience == "staff"),
        },
        limited=state.limited or any(t.quota is not None for t in types),
    )


class Claim(msgspec.Struct, frozen=True, gc=False):
    """Places of one hold at a limited price type; sold when `until` is None."""

    count: int
    until: datetime | None

    def stands(self, now: datetime) -> bool:
        """Tell whether it counts at `now`."""
        return self.until is None or now < self.until + QUOTA_GRACE


class Quota(msgspec.Struct, frozen=True):
    """Claims of holds and orders, by hold and price type."""

    claims: dict[str, dict[str, Claim]] = {}

    def of_hold(self, hold: str) -> dict[str, Claim]:
        """Give the claims of one hold, by price type."""
        return self.claims.get(hold, {})

    def taken(self, price_type: str, now: datetime, *, besides: str = "") -> int:
        """Count the places held at `now` or sold at a type, except those of a hold."""
        return sum(
            claims[price_type].count
            for hold, claims in self.claims.items()
            if hold != besides and price_type in claims
            if claims[price_type].stands(now)
        )


def evolve_quota(state: Quota, event: QuotaClaimed) -> Quota:
    """Replace the hold's earlier claim; a claim for nothing is forgotten."""
    own = {**state.of_hold(event.hold)}
    own.pop(event.price_type, None)
    if event.count:
        own[event.price_type] = Claim(event.count, event.until)
    claims = {**state.claims, event.hold: own}
    if not own:
        del claims[event.hold]
    return Quota(claims=claims)


PRICE_LIST = Aggregate("price-list", PriceList, evolve_price_list, (PricesSet,))
QUOTA = Aggregate("quota", Quota, evolve_quota, (QuotaClaimed,))
