"""Faults on purpose: what goes wrong, how often, for which operation; seeded.

The dice are thrown in the order in which calls come, so a run with one caller repeats
exactly and one with many repeats in its proportions.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Annotated, Literal

import msgspec

Operation = Literal["create", "confirm", "capture", "cancel", "refund", "read"]
Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=600_000)]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities from 0 to 1, for some operations or, without any, for every one.

    `before`: nothing happens; `after`: everything happens, and the answer is lost. A
    time-out answers after `stall_ms`, an error with 500 at once. What `is_kept` is
    given again under its key, for ever. With `times` it ends after so many failures.
    """

    error_before: Chance = 0.0
    error_after: Chance = 0.0
    timeout_before: Chance = 0.0
    timeout_after: Chance = 0.0
    delay_ms: Milliseconds = 0
    stall_ms: Milliseconds = 10_000
    operations: tuple[Operation, ...] = ()
    is_kept: bool = False
    times: Annotated[int, msgspec.Meta(ge=0)] | None = None


class HookFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How webhooks misbehave: probabilities, and forgeries sent along.

    `reorder` holds one back for a second, so that later ones overtake it.
    """

    duplicate: Chance = 0.0
    reorder: Chance = 0.0
    drop: Chance = 0.0
    delay_ms: Milliseconds = 0
    forge: Chance = 0.0


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that may go wrong."""

    seed: int = 1
    calls: Annotated[tuple[Fault, ...], msgspec.Meta(max_length=100)] = ()
    hooks: HookFault = HookFault()


class Failure(Exception):
    """This call answers with a 500; `is_kept` under its key."""

    def __init__(self, *, is_kept: bool = False) -> None:
        super().__init__()
        self.is_kept = is_kept


class Mischief:
    """Decides call by call; belongs to one event loop."""

    def __init__(self, seed: int = 1) -> None:
        self.become(Faults(seed=seed))

    def become(self, faults: Faults) -> None:
        """Misbehave like this from now on."""
        self.faults = faults
        self._chance = Random(faults.seed)  # noqa: S311 - a game with dice, on purpose
        self._left = [fault.times for fault in faults.calls]

    def happens(self, probability: float) -> bool:
        """Throw the dice."""
        return probability > 0 and self._chance.random() < probability

    def share(self) -> float:
        """Give a number between 0 and 1."""
        return self._chance.random()

    async def before(self, operation: Operation) -> None:
        """Fail before anything happened, if it is this call's turn."""
        for place, fault in self._of(operation):
            if fault.delay_ms:
                await asyncio.sleep(fault.delay_ms * self._chance.random() / 1000)
            await self._fail(place, fault.error_before, stall_ms=0)
            await self._fail(place, fault.timeout_before, stall_ms=fault.stall_ms)

    async def after(self, operation: Operation) -> None:
        """Lose the answer to what was done, if it is this call's turn."""
        for place, fault in self._of(operation):
            await self._fail(place, fault.error_after, stall_ms=0)
            await self._fail(place, fault.timeout_after, stall_ms=fault.stall_ms)

    async def _fail(self, place: int, probability: float, *, stall_ms: int) -> None:
        # Other faults may have been switched on while this call was delayed.
        left = self._left[place] if place < len(self._left) else 0
        if left == 0 or not self.happens(probability):
            return
        if left is not None:
            self._left[place] = left - 1
        await asyncio.sleep(stall_ms / 1000)
        raise Failure(is_kept=self.faults.calls[place].is_kept)

    def _of(self, operation: Operation) -> list[tuple[int, Fault]]:
        return [
            (place, fault)
            for place, fault in enumerate(self.faults.calls)
            if not fault.operations or operation in fault.operations
        ]
