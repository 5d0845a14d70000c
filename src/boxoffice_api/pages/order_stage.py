"""What an order's page says first, and how soon it should look again."""

from __future__ import annotations

from typing import Literal

import msgspec

from boxoffice_api.order_views import OrderView

SOON_S, LATER_S, LATEST_S = 2, 5, 15
Name = Literal[
    "preparing",
    "pay",
    "again",
    "checking",
    "processing",
    "approval",
    "choice",
    "confirmed",
    "returned",
    "expired",
    "cancelled",
    "voided",
]
DECLINES = {
    "insufficient_funds": "The card was declined: there is not enough money on it.",
    "expired_card": "The card was declined: it has expired.",
    "incorrect_cvc": "The card was declined: its security code was wrong.",
    "cancelled": "The payment was cancelled before it was made.",
}
DECLINED = "The payment was declined; nothing was charged."


class Stage(msgspec.Struct, frozen=True):
    """Where an order is. `refresh_s`: something is under way, look again."""

    name: Name
    refresh_s: int = 0
    reason: str = ""


def stage_of(order: OrderView, *, is_back: bool) -> Stage:
    """Tell where an order is; `is_back`: the buyer just returned from paying."""
    if order.alternative is not None:
        return Stage("choice")
    match order.status:
        case "expired" | "cancelled" | "voided":
            is_moving = order.operation.waits_for == "refund"
            return Stage(order.status, LATEST_S if is_moving else 0)
        case "confirmed" if order.exchange is None:
            is_moving = order.operation.waits_for == "refund"
            left = any(line.state == "valid" for line in order.lines)
            name: Name = "confirmed" if left else "returned"
            return Stage(name, LATEST_S if is_moving else 0)
        case _:
            return _unpaid(order, is_back=is_back)


def _unpaid(order: OrderView, *, is_back: bool) -> Stage:
    """Tell how an order or an exchange stands that is not paid yet."""
    match order.operation.waits_for:
        case "approval":
            return Stage("approval", LATEST_S)
        case "money":
            return Stage("processing", LATER_S)
        case "buyer" if order.operation.action_url:
            return Stage("checking", SOON_S) if is_back else Stage("pay", LATEST_S)
        case "buyer":
            return Stage("again", reason=_reason(order))
        case _:
            return Stage("preparing", SOON_S)


def _reason(order: OrderView) -> str:
    if order.payment is None:
        return ""
    return DECLINES.get(order.payment.reason, DECLINED)
