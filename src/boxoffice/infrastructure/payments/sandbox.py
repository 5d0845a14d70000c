"""A payment provider for demos and tests: it approves everything, no money moves.

Its ledger belongs to this process and remembers the last `attempts_max` attempts, so
that tests can prove what was kept. An attempt that was forgotten counts as a new one.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from boxoffice.domain.approval import Approval
from boxoffice.domain.money import Money
from boxoffice.errors import PaymentDeclined

ATTEMPTS_MAX = 10_000


class Entry(msgspec.Struct, frozen=True):
    """What became of an attempt; `taken` is None when it was never approved."""

    taken: Money | None
    is_void: bool = False


class SandboxProvider:
    """Approves at once; a repeated attempt is the same payment."""

    name = "sandbox"

    def __init__(self, *, attempts_max: int = ATTEMPTS_MAX) -> None:
        self._attempts_max = attempts_max
        self.ledger: OrderedDict[str, Entry] = OrderedDict()

    async def approve(self, *, attempt: str, amount: Money) -> Approval:
        """Approve `amount`, unless the attempt was voided."""
        known = self.ledger.get(attempt)
        if known is not None and known.is_void:
            raise PaymentDeclined("This payment was voided; nothing was charged.")
        taken = known.taken if known is not None and known.taken else amount
        self._note(attempt, Entry(taken))
        return Approval(
            provider=self.name,
            attempt=attempt,
            reference=f"sandbox-{attempt}",
            amount=taken,
        )

    async def void(self, attempt: str) -> None:
        """Give back what the attempt took and let it take nothing again."""
        known = self.ledger.get(attempt)
        self._note(attempt, Entry(known.taken if known else None, is_void=True))

    def kept(self) -> list[Money]:
        """List what was taken and not given back."""
        return [
            entry.taken
            for entry in self.ledger.values()
            if entry.taken is not None and not entry.is_void
        ]

    def _note(self, attempt: str, entry: Entry) -> None:
        self.ledger[attempt] = entry
        if len(self.ledger) > self._attempts_max:
            self.ledger.popitem(last=False)
