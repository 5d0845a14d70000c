"""Kinds of fields that bodies have in common, each with its bounds.

Every text is bounded and free of control characters. What a buyer sends never holds a
price, and a card number fits no field: instruments are the provider's own names. What
staff type freely is looked at by the rule of its command, which says what is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from boxoffice.domain.free_text import DIGITS_MAX
from boxoffice.domain.ids import PLACE_ORDINAL_MAX
from boxoffice.domain.inventory.decide import PLACES_PER_BUYER_MAX
from boxoffice.domain.pricing.events import CODE

MINOR_MAX = 2**53 - 1
PLACES_PER_ORDER_MAX = 100
"""Tickets that one request about an order may name."""
_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
_END = r"(?!\n)$"
"""The end itself: `$` alone lets a last line feed pass."""
_NO_LONG_NUMBER = rf"(?!.*[0-9](?:_?[0-9]){{{DIGITS_MAX}}})"

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{24}" + _END)]
"""Of a plan, production or performance."""
HoldName = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}" + _END)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}" + _END)]
Zone = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_+/-]{1,64}" + _END)]
"""Of time, by its IANA name."""
Minor = Annotated[int, msgspec.Meta(ge=0, le=MINOR_MAX)]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
CategoryIndex = Annotated[int, msgspec.Meta(ge=0, le=999)]
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=PLACE_ORDINAL_MAX)]
Ordinals = Annotated[
    tuple[Ordinal, ...], msgspec.Meta(min_length=1, max_length=PLACES_PER_BUYER_MAX)
]
Code = Annotated[str, msgspec.Meta(pattern=f"^{CODE}{_END}")]
"""Of a price type, a fee, a tax or a budget."""
Types = Annotated[tuple[Code, ...], msgspec.Meta(max_length=PLACES_PER_BUYER_MAX)]
PromotionCode = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{1,31}" + _END)
]
Line = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=200, pattern=rf"^(?=.*\S){_PRINTABLE}+{_END}"
    ),
]
"""Blanks alone are no reason, and no title."""
Note = Annotated[str, msgspec.Meta(max_length=500, pattern=f"^{_PRINTABLE}*{_END}")]
PersonName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=100,
        pattern=rf"^(?!(\D*\d){{6}})(?=.*\S){_PRINTABLE}+{_END}",
    ),
]
"""Names have few digits, card numbers have many; and blanks alone are no name."""
Email = Annotated[
    str,
    msgspec.Meta(
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}" + _END,
    ),
]
Method = Literal["card", "pix"]
Instrument = Annotated[
    str, msgspec.Meta(pattern=f"^{_NO_LONG_NUMBER}(pm_[A-Za-z0-9_]{{1,64}})?{_END}")
]
"""The provider's name for a card; empty: the buyer gives it on the provider's page."""


class MoneyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount in minor units of a currency."""

    minor: Minor
    currency: Currency
