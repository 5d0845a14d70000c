"""Facts about price lists and what is left of their quotas."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from boxoffice.domain.message import Event
from boxoffice.domain.money import Money
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.rounding import Rounding

DEFAULT_TYPE = "adult"
CODE = r"[a-z0-9][a-z0-9_-]{0,31}"
"""A pattern: how price types, fees and taxes are named, wherever somebody names one."""


class LevelPrice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The price of one price level of the hall for one price type.

    In a command it is what staff set; in the log it is the all-in price.
    """

    category: int
    price: Money
    price_type: str = DEFAULT_TYPE
    parts: PriceParts | None = None


class PriceType(msgspec.Struct, frozen=True, omit_defaults=True):
    """For whom a price is: adult, concession, member.

    `proof` says what must be shown at the door; `quota` limits how many places of the
    performance may be held or sold at it. Types for `staff` are not offered to buyers.
    """

    code: str
    name: str
    proof: str = ""
    quota: int | None = None
    audience: Literal["public", "staff"] = "public"


class Fee(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fee per ticket: `fixed` minor units plus `basis_points` of the base price.

    An inside fee is contained in the base price, an outside fee comes on top of it.
    """

    code: str
    name: str
    kind: Literal["inside", "outside"]
    fixed: int = 0
    basis_points: int = 0


class TaxRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tax on tickets of performances from `valid_from` to `valid_until`, inclusive.

    The day is the performance's own, where the hall stands. An `included` tax is
    contained in the price; another comes on top. `on_fees`: outside fees are taxed too.
    """

    code: str
    name: str
    basis_points: int
    included: bool = False
    on_fees: bool = True
    comps_exempt: bool = True
    valid_from: date | None = None
    valid_until: date | None = None


class PricesSet(Event, frozen=True, kw_only=True, tag="prices-set.v1"):
    """A new version of a performance's price list; holds keep their old prices.

    `prices` are all-in and complete; fees and taxes are the rules they were made by,
    for a performance on `day`, where the hall stands: it says which taxes applied.
    No `types` means that there is only the default one.
    """

    prices: tuple[LevelPrice, ...]
    types: tuple[PriceType, ...] = ()
    fees: tuple[Fee, ...] = ()
    taxes: tuple[TaxRule, ...] = ()
    rounding: Rounding = "half-up"
    day: date | None = None


class QuotaClaimed(Event, frozen=True, kw_only=True, tag="quota-claimed.v1"):
    """A hold has `count` places at a limited price type until `until`.

    Each claim replaces the hold's earlier one for the type; 0 gives it up. Without a
    deadline the places are sold.
    """

    hold: str
    price_type: str
    count: int
    until: datetime | None
