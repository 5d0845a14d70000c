"""Intentions about places at one performance."""

from __future__ import annotations

from boxoffice.domain.ids import BuyerId, HoldId, PerformanceId
from boxoffice.domain.message import Command


class HoldPlaces(Command, frozen=True, kw_only=True):
    """Keep 1 to 8 named places for a buyer, all or nothing.

    `types` are the price types of the places, in their order; none: all of the
    default type; those of staff are theirs alone. However often it is renewed, the hold
    ends `cap_s` from now.
    """

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    ordinals: tuple[int, ...]
    types: tuple[str, ...] = ()
    ttl_s: int
    cap_s: int = 1_800
    staff: bool = False


class AddPlaces(Command, frozen=True, kw_only=True):
    """Put more places into a hold, all or nothing; done, the hold is renewed."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    ordinals: tuple[int, ...]
    types: tuple[str, ...] = ()
    ttl_s: int
    staff: bool = False


class RemovePlaces(Command, frozen=True, kw_only=True):
    """Take places out of a hold; its deadline stays. The last one ends it."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    ordinals: tuple[int, ...]


class RenewHold(Command, frozen=True, kw_only=True):
    """Keep a hold for another `ttl_s`, as far as its cap allows."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    ttl_s: int


class ReleaseHold(Command, frozen=True, kw_only=True):
    """Give the places of a hold back."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId


class ExpireHold(Command, frozen=True, kw_only=True):
    """Tidy up a hold whose time has run out; nothing depends on it."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
