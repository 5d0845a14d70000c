"""A crowd of buyers, and the staff who serve them, with wills drawn from a seed.

They hold and order, pay in every way there is or not at all, cancel, exchange and give
back; two members of staff void, refund and give places away.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from boxoffice.domain.ids import PerformanceId
from boxoffice.domain.promotions.events import PromotionTerms
from boxoffice.errors import BoxOfficeError, PaymentOpen, Unavailable
from tests.e2e.desk import FIRST, SECOND, Desk
from tests.e2e.shop import PRICE, Shop, Wish, is_paid

PLACES_PER_ORDER = 2
SOON_S = 0.2
TRIES_MAX = 20
WISHES_MAX = 60
"""How often somebody chooses anew before giving up."""
VISA = "pm_card_visa"
STUBBORN = "pm_sandbox_refund_fails_once"
COMP = "comp"
WAYS = (
    ("card", VISA, 600, 46),
    ("card", "pm_card_visa_chargeDeclined", 3, 7),
    ("card", "pm_card_authenticationRequired", 4, 9),
    ("card", STUBBORN, 600, 6),
    ("card", "pm_sandbox_late_success", 2, 5),
    ("pix", "pm_pix", 600, 10),
    ("pix", "pm_pix_processing", 2, 8),
    ("card", "", 2, 4),
    (COMP, "", 2, 5),
)
"""Method, instrument, time to pay in seconds, and how many of a hundred do so."""
OF_DIFFERENCES = (
    ("card", VISA, 600, 40),
    ("pix", "pm_pix", 600, 20),
    ("card", "pm_card_visa_chargeDeclined", 2, 20),
    ("card", "", 2, 20),
)
"""The same, of those who have a difference to pay for an exchange."""
TENTH_OFF, ALL_OFF = "TENTH-OFF", "ALL-OFF"
CODES = ((None, 85), (TENTH_OFF, 12), (ALL_OFF, 3))


@dataclass
class Crowd:
    """Buyers and staff; `seen` counts what became of them."""

    shop: Shop
    sandbox: aiohttp.ClientSession
    shows: list[PerformanceId]
    places: int
    chance: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def desk(self) -> Desk:
        """Where staff sit."""
        return Desk(self.shop)

    async def prepare(self, orders: int) -> None:
        """Offer codes and a budget for comps that so many orders use up."""
        budget, least = PRICE.minor * orders // 50, max(2, orders // 40)
        tenth = PromotionTerms("USD", 1_000, budget=budget, per_customer_max=1)
        await self.desk.offer(TENTH_OFF, tenth)
        whole = PromotionTerms("USD", 10_000, orders_max=least)
        await self.desk.offer(ALL_OFF, whole)
        await self.desk.set_comp_budget(least * PLACES_PER_ORDER)

    async def live(self, number: int) -> None:
        """Order something, once what is wanted is there, and do what people do."""
        for turn in range(WISHES_MAX):
            wish = self._wish(number, turn)
            order = self._be_given if wish.method == COMP else self._order
            if await order(wish):
                return
            self.seen["wanted something else"] += 1

    async def _order(self, wish: Wish) -> bool:
        if not await self._patiently(lambda: self.shop.order(wish)):
            return False
        await self._change_minds(wish)
        return True

    async def _change_minds(self, wish: Wish) -> None:
        self.seen[wish.instrument or "went away"] += 1
        if self.chance.random() < 0.08:
            await self._patiently(lambda: self.shop.cancel(wish))
            return
        if wish.instrument == "pm_card_authenticationRequired":
            await self._authenticate(wish)
        if wish.instrument == "pm_pix_processing":
            await self._pay_late(wish)
        if wish.instrument in (VISA, STUBBORN, "pm_pix"):
            await self._think_better(wish)

    def _wish(self, number: int, turn: int) -> Wish:
        method, instrument, pay_s = self._way(WAYS)
        (code,) = self.chance.choices(
            [code for code, _ in CODES], [share for _, share in CODES]
        )
        return Wish(
            f"soak {number}.{turn}",
            self.chance.choice(self.shows),
            self._some_places(PLACES_PER_ORDER),
            instrument,
            method,
            pay_s,
            code,
            f"one of two {number // 2}",
        )

    def _way(self, ways: tuple[tuple[str, str, int, int], ...]) -> tuple[str, str, int]:
        (way,) = self.chance.choices(
            [way[:3] for way in ways], [way[3] for way in ways]
        )
        return way

    def _some_places(self, most: int) -> tuple[int, ...]:
        first = self.chance.randrange(1, self.places)
        return tuple(range(first, first + self.chance.randint(1, most)))

    async def _patiently(self, deed: Callable[[], Awaitable[object]]) -> bool:
        """Ask again, under the same name, while it is not known what came of it."""
        for _ in range(TRIES_MAX):
            try:
                await deed()
            except (Unavailable, PaymentOpen):
                await asyncio.sleep(SOON_S)
            except BoxOfficeError as refusal:
                self.seen[f"refused: {refusal.code}"] += 1
                return False
            else:
                return True
        return False

    async def _think_better(self, wish: Wish) -> None:
        """Bring tickets back, or want other ones; most people do not."""
        mood = self.chance.random()
        if mood < 0.4 or not await self._is_paid(wish):
            return
        if mood < 0.55:
            await self._patiently(lambda: self.shop.refund(wish))
        elif mood < 0.65:
            await self._refund_by_two(wish)
        elif mood < 0.9:
            await self._exchange(wish)
        else:
            await self._patiently(lambda: self.desk.void(wish))

    async def _exchange(self, wish: Wish) -> None:
        """Want a place that may cost more, less or as much, there or elsewhere."""
        method, instrument, pay_s = self._way(OF_DIFFERENCES)
        swap = Wish(
            f"swap of {wish.name}",
            self.chance.choice([wish.performance, *self.shows]),
            self._some_places(1),
            instrument,
            method,
            pay_s,
        )
        by_staff = self.chance.random() < 0.5
        await self._patiently(lambda: self.shop.exchange(wish, swap, by_staff=by_staff))

    async def _refund_by_two(self, wish: Wish) -> None:
        request = f"refund {wish.name}"
        if await self._patiently(lambda: self.desk.ask_for_refund(wish)):
            await self._decide(wish, request)

    async def _be_given(self, wish: Wish) -> bool:
        """Get places for nothing, if one or two persons say so."""
        if not await self._patiently(lambda: self.desk.give_away(wish)):
            return False
        self.seen["comps"] += 1
        if len(wish.places) > 1:
            await self._decide(wish, f"comps {wish.name}")
        return True

    async def _decide(self, wish: Wish, request: str) -> None:
        """Let the second person agree, mostly; the first may not."""
        mood = self.chance.random()
        if mood < 0.2:
            await self._patiently(lambda: self.desk.approve(wish, request, by=FIRST))
        if mood < 0.7:
            await self._patiently(lambda: self.desk.approve(wish, request, by=SECOND))
        elif mood < 0.9:
            await self._patiently(lambda: self.desk.deny(wish, request))

    async def _authenticate(self, wish: Wish) -> None:
        """Go to the bank's page, if we are sent there; some say no, some never come."""
        for _ in range(TRIES_MAX):
            attempts = (await self.shop.known(wish)).payment.attempts.values()
            sent = [attempt.action_url for attempt in attempts if attempt.action_url]
            if sent or not attempts:
                break
            await asyncio.sleep(SOON_S)
        for url in sent:
            agreed = "yes" if self.chance.random() < 0.8 else "no"
            await self._post(url, {"agreed": agreed})

    async def _pay_late(self, wish: Wish) -> None:
        """Let the money come in time, too late, or never."""
        late = self.chance.randrange(25)
        outcome = "succeed" if self.chance.random() < 0.8 else "fail"
        for turn in range(late + TRIES_MAX):
            attempts = (await self.shop.known(wish)).payment.attempts.values()
            begun = [attempt.reference for attempt in attempts if attempt.reference]
            if turn >= late and begun:
                path = f"/v1/sandbox/settle/{begun[0]}"
                await self._post(path, {"outcome": outcome})
                return
            await asyncio.sleep(SOON_S)

    async def _post(self, url: str, form: dict[str, str]) -> None:
        async with self.sandbox.post(url, data=form, allow_redirects=False) as answer:
            await answer.read()

    async def _is_paid(self, wish: Wish) -> bool:
        for _ in range(TRIES_MAX):
            if is_paid(await self.shop.known(wish)):
                return True
            await asyncio.sleep(SOON_S)
        return False
