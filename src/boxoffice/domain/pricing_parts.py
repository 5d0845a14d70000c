"""What a price is made of: a value that price lists and orders share."""

from __future__ import annotations

import msgspec


class PriceParts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an all-in price is made of, in minor units of its currency.

    `base` is what staff set. `inside` are fees contained in it, `outside` fees on top.
    `tax` is all tax in the all-in price, `tax_added` the part of it that came on top:
    all-in = base + outside + tax_added.
    """

    base: int
    inside: int = 0
    outside: int = 0
    tax: int = 0
    tax_added: int = 0
