"""Faults on purpose: what goes wrong, how often, for which operation; seeded."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Literal

import msgspec

Operation = Literal["create", "confirm", "capture", "cancel", "refund", "read"]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities from 0 to 1, of one operation or, without one, of every one.

    `before`: nothing happens; `after`: everything happens, and the answer is lost. A
    time-out answers after `stall_ms`, an error with 500 at once.
    """

    error_before: float = 0.0
    error_after: float = 0.0
    timeout_before: float = 0.0
    timeout_after: float = 0.0
    delay_ms: int = 0
    stall_ms: int = 10_000
    operations: tuple[Operation, ...] = ()


class HookFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How webhooks misbehave: probabilities, and forgeries sent along."""

    duplicate: float = 0.0
    drop: float = 0.0
    delay_ms: int = 0
    forge: float = 0.0


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that may go wrong."""

    seed: int = 1
    calls: tuple[Fault, ...] = ()
    hooks: HookFault = HookFault()


class Failure(Exception):
    """This call answers with a 500."""


class Mischief:
    """Decides call by call; belongs to one event loop."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._chance = Random(1)  # noqa: S311 - a game with dice, on purpose

    def become(self, faults: Faults) -> None:
        """Misbehave like this from now on."""
        self.faults = faults
        self._chance = Random(faults.seed)  # noqa: S311 - see above

    def happens(self, probability: float) -> bool:
        """Throw the dice."""
        return probability > 0 and self._chance.random() < probability

    def share(self) -> float:
        """Give a number between 0 and 1."""
        return self._chance.random()

    async def before(self, operation: Operation) -> None:
        """Fail before anything happened, if it is this call's turn."""
        for fault in self._of(operation):
            if fault.delay_ms:
                await asyncio.sleep(fault.delay_ms * self._chance.random() / 1000)
            if self.happens(fault.error_before):
                raise Failure
            if self.happens(fault.timeout_before):
                await asyncio.sleep(fault.stall_ms / 1000)
                raise Failure

    async def after(self, operation: Operation) -> None:
        """Lose the answer to what was done, if it is this call's turn."""
        for fault in self._of(operation):
            if self.happens(fault.error_after):
                raise Failure
            if self.happens(fault.timeout_after):
                await asyncio.sleep(fault.stall_ms / 1000)
                raise Failure

    def _of(self, operation: Operation) -> list[Fault]:
        return [
            fault
            for fault in self.faults.calls
            if not fault.operations or operation in fault.operations
        ]
