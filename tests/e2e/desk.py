"""Staff who speak to the write path itself: two of them, and what they may do alone."""

from __future__ import annotations

from dataclasses import dataclass

from boxoffice.application.requests import Accepted
from boxoffice.domain.ids import CustomerId, PersonId
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import (
    ApproveRequest,
    DenyRequest,
    IssueComps,
    RefundTickets,
    VoidOrder,
)
from boxoffice.domain.promotions.commands import DefinePromotion, SetCompBudget
from boxoffice.domain.promotions.events import PromotionTerms
from tests.e2e.shop import Shop, Wish

FIRST, SECOND = "staff:test", "staff:second"
ALONE_MAX = 9_000
"""What one person may return by a void, in minor units."""
COMPS_ALONE_MAX = 1
COMPS_WAIT_S = 2
BUDGET = "press"
CURRENCY = "USD"


@dataclass(frozen=True)
class Desk:
    """The window of a shop."""

    shop: Shop

    async def offer(self, code: str, terms: PromotionTerms) -> None:
        """Make a promotion code known."""
        now = self.shop.container.clock.now()
        command = DefinePromotion(now=now, code=code, terms=terms)
        await self.shop.tell(f"offer {code}", command)

    async def set_comp_budget(self, places_max: int) -> None:
        """Say how many places may be given away in all."""
        command = SetCompBudget(
            now=self.shop.container.clock.now(),
            budget=BUDGET,
            places_max=places_max,
            face_max=Money(places_max * 10_000, CURRENCY),
        )
        await self.shop.tell("set the budget for comps", command)

    async def give_away(self, wish: Wish) -> None:
        """Hold places and give them away; more than one only by two persons."""
        await self.shop.hold(wish)
        command = IssueComps(
            now=self.shop.container.clock.now(),
            performance=wish.performance,
            buyer=wish.buyer,
            hold=wish.hold,
            order=wish.code,
            person=PersonId("person"),
            customer=CustomerId(wish.name),
            host=PersonId("host"),
            reason="press",
            budget=BUDGET,
            by=FIRST,
            request=f"comps {wish.name}",
            unapproved_max=COMPS_ALONE_MAX,
            approval_s=COMPS_WAIT_S,
        )
        await self.shop.tell(f"comps {wish.name}", command)

    async def void(self, wish: Wish) -> None:
        """Undo an order as if it had never been."""
        command = VoidOrder(
            now=self.shop.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            by=FIRST,
            note="",
            window_s=600,
            unapproved_max=ALONE_MAX,
        )
        await self.shop.tell(f"void {wish.name}", command)

    async def ask_for_refund(self, wish: Wish) -> None:
        """Want all tickets of an order back, which nobody may decide alone."""
        known = await self.shop.known(wish)
        command = RefundTickets(
            now=self.shop.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            buyer=None,
            tickets=tuple(ticket.ref for ticket in known.order.valid()),
            by=FIRST,
            note="",
            request=f"refund {wish.name}",
            unapproved_max=0,
        )
        await self.shop.tell(f"refund {wish.name}", command)

    async def approve(self, wish: Wish, request: str, *, by: str) -> Accepted:
        """Agree to what was asked for."""
        command = ApproveRequest(
            now=self.shop.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            request=request,
            by=by,
        )
        return await self.shop.tell(f"approve {request} by {by}", command)

    async def deny(self, wish: Wish, request: str) -> None:
        """Say no to what was asked for."""
        command = DenyRequest(
            now=self.shop.container.clock.now(),
            performance=wish.performance,
            order=wish.code,
            request=request,
            by=SECOND,
            note="",
        )
        await self.shop.tell(f"deny {request}", command)
