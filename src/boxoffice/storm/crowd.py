"""Buyers who all want in at once: choose, hold, buy, or lose and choose again.

Every buyer is a person of their own to the server and tries at least once. A party
that lost chooses again from what the house looks like by then, a smaller party when
fewer places are left, and goes home when the house is sold out. Nobody lets a hold
lapse: whoever holds, buys.
"""

from __future__ import annotations

import asyncio
from random import Random
from time import monotonic
from uuid import uuid4

import msgspec

from boxoffice.errors import BoxOfficeError
from boxoffice.storm.client import Client, Ordered, Placed, Problem
from boxoffice.storm.house_view import HouseView
from boxoffice.storm.tally import Tally

PARTY_MAX = 4
REFRESH_S = 0.1
"""How old the crowd's view may get: about what a person's screen is."""
NEWS_WAIT_S = 1.0
GRACE_S = 20.0
"""After the time ends, for what was begun: holds are bought, answers fetched."""
LOSSES = frozenset({"seats-unavailable", "hold-expired"})
"""Refusals after which one chooses again."""
SOLD_OUT = "sold out"
OUT_OF_TIME = "out of time"


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """How many come, how many at once, for how long; `seed` decides who wants what."""

    buyers: int
    concurrency: int
    seconds: float
    seed: int


class Visitor(msgspec.Struct):
    """Somebody the server knows by a token, once it has given one."""

    name: str
    token: str = ""


class Crowd:
    """All buyers of one process."""

    def __init__(self, client: Client, weather: Weather, tally: Tally) -> None:
        self._client = client
        self._weather = weather
        self._tally = tally
        self._slots = asyncio.Semaphore(weather.concurrency)
        self._until = float("inf")
        self.view = HouseView()

    @property
    def is_over(self) -> bool:
        """Whether the time has ended."""
        return monotonic() >= self._until

    async def rush(self) -> None:
        """Let everybody in; return when all are served, sent home or out of time."""
        self._until = monotonic() + self._weather.seconds
        self._client.deadline = self._until + GRACE_S
        watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._weather.buyers):
                    group.create_task(self._buyer(number))
        finally:
            watching.cancel()
        await self.look()

    async def look(self) -> None:
        """Have a fresh view of the house."""
        answer = await self._client.availability()
        if answer is not None:
            self.view.update(answer)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await self.look()

    async def _buyer(self, number: int) -> None:
        try:
            went = await self._story(number)
        except BoxOfficeError as error:
            went = error.code
        self._tally.went_home[went] += 1

    async def _story(self, number: int) -> str:
        chance = Random(f"{self._weather.seed}/{number}")  # noqa: S311 - picks of a game
        party = chance.randint(1, PARTY_MAX)
        pick = self.view.first_pick
        visitor = Visitor(f"Buyer {number}")
        while not self.is_over:
            async with self._slots:
                places = list(pick(party, chance))
                if went := await self._visit(visitor, places):
                    return went
            pick = self.view.pick
            if self.view.is_sold_out:
                return SOLD_OUT
            if not places:
                await self.view.news(timeout_s=NEWS_WAIT_S)
        return OUT_OF_TIME

    async def _visit(self, visitor: Visitor, places: list[int]) -> str | None:
        """Try for some places; None when one may choose again."""
        if not places or self.is_over:
            return None
        if not visitor.token:
            visitor.token = await self._client.welcome()
        return await self._attempt(visitor, places)

    async def _attempt(self, visitor: Visitor, places: list[int]) -> str | None:
        """Hold and buy; None when the party lost and may choose again."""
        held = await self._client.hold(visitor.token, places, key=uuid4().hex)
        if isinstance(held, Placed):
            bought = await self._client.purchase(
                visitor.token, held.hold, name=visitor.name, key=uuid4().hex
            )
            if isinstance(bought, Ordered):
                self._tally.bought(bought.order, len(bought.lines))
                return "served"
            return self._refused(bought)
        self.view.strike(held.places)
        return self._refused(held)

    def _refused(self, problem: Problem) -> str | None:
        self._tally.refused[problem.code] += 1
        return None if problem.code in LOSSES else problem.code
