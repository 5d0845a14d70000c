"""Rules of orders."""

from __future__ import annotations

from boxoffice.domain.money import total
from boxoffice.domain.orders.events import OrderConfirmed, OrderLine
from boxoffice.domain.orders.state import Order
from boxoffice.errors import Conflict


def confirm_order(
    order: Order,
    lines: tuple[OrderLine, ...],
    *,
    code: str,
    performance: str,
    buyer: str,
    hold: str,
) -> OrderConfirmed:
    """Write the contract; a code that is taken is a matter of drawing another."""
    if order.status != "none":
        raise Conflict("This order code is taken; try again.")
    return OrderConfirmed(
        order=code,
        performance=performance,
        buyer=buyer,
        hold=hold,
        lines=lines,
        total=total((line.price for line in lines), lines[0].price.currency),
    )
