"""Intentions about places at one performance."""

from __future__ import annotations

from boxoffice.domain.approval import Approval
from boxoffice.domain.ids import BuyerId, HoldId, OrderCode, PerformanceId
from boxoffice.domain.message import Command


class HoldPlaces(Command, frozen=True, kw_only=True):
    """Keep 1 to 8 named places for a buyer, all or nothing."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    ordinals: tuple[int, ...]
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


class PurchaseHold(Command, frozen=True, kw_only=True):
    """Turn a hold into an order that `approval` pays for."""

    performance: PerformanceId
    buyer: BuyerId
    hold: HoldId
    order: OrderCode
    approval: Approval
