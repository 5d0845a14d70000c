"""Rules of limited price types: no more places at one than its quota.

A claim follows its hold: it is made when the places are held, lasts as long as they do,
stays for ever once they are sold, and is given up when they are free again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from boxoffice.domain.pricing.events import QuotaClaimed
from boxoffice.domain.pricing.state import Claim, Quota
from boxoffice.errors import QuotaReached


def claim(
    quota: Quota,
    limits: Mapping[str, int],
    *,
    hold: str,
    counts: Mapping[str, int],
    until: datetime | None,
    now: datetime,
) -> list[QuotaClaimed]:
    """Make the claims of a hold say how many places it has now, by price type.

    Types in `counts` that are limited and those claimed before are looked at; a claim
    that grows, or comes back to life, must fit into what others left.

    Raises:
        QuotaReached: too few places are left at a type.
    """
    own = quota.of_hold(hold)
    events = []
    for price_type in dict.fromkeys((*own, *(t for t in counts if t in limits))):
        before = own.get(price_type)
        wanted = Claim(counts.get(price_type, 0), until)
        if before == wanted or (before is None and not wanted.count):
            continue
        standing = before.count if before and before.stands(now) else 0
        if wanted.count > standing and price_type in limits:
            taken = quota.taken(price_type, now, besides=hold)
            left = limits[price_type] - taken
            if wanted.count > left:
                raise QuotaReached(price_type=price_type, left=max(left - standing, 0))
        events.append(
            QuotaClaimed(
                hold=hold, price_type=price_type, count=wanted.count, until=until
            )
        )
    return events
