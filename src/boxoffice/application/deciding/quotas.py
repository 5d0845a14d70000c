"""How claims on limited price types follow the places of a hold.

A performance without such types costs one look at its price list; the stream of claims
is not even read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from boxoffice.application.deciding.view import View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    PerformanceId,
    price_list_stream,
    quota_stream,
)
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.pricing import quotas
from boxoffice.domain.pricing.state import PRICE_LIST, QUOTA


def follow(
    view: View,
    of: PerformanceId,
    hold: str,
    *,
    places: Sequence[HeldPlace],
    until: datetime | None,
    now: datetime,
    added: Sequence[HeldPlace] = (),
) -> Decision:
    """Make the claims of a hold say what it has now: `places`, until `until`.

    Without a deadline the places are sold; without places everything is given up.
    Limited types of `added` places, which are among `places`, are claimed anew; for the
    others only claims that were made are kept: a quota does not reach back.

    Raises:
        QuotaReached: too few places are left at a type.
    """
    price_list = view.state(price_list_stream(of), PRICE_LIST)
    if not price_list.limited:
        return []
    where = quota_stream(of)
    quota = view.state(where, QUOTA)
    asked = {place.price_type for place in added}.union(quota.of_hold(hold))
    events = quotas.claim(
        quota,
        price_list.quotas(),
        hold=hold,
        counts=Counter(p.price_type for p in places if p.price_type in asked),
        until=until,
        now=now,
    )
    return [(where, event) for event in events]
