"""A payment provider for random histories: a ledger with moods, and no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import PaymentStatus, RefundStatus

FINAL = frozenset({"captured", "declined", "cancelled"})


@dataclass
class Entry:
    """What the provider knows of one attempt."""

    amount: Money
    status: PaymentStatus = "processing"
    captured: Money = field(default_factory=lambda: Money(0, "USD"))
    takes_none_back: bool = False
    refunds: dict[str, tuple[int, RefundStatus]] = field(default_factory=dict)

    def given_back(self) -> int:
        return sum(m for m, status in self.refunds.values() if status == "succeeded")


class Provider:
    """Takes money, or does not; the same key is the same payment, for ever."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.ledger: dict[str, Entry] = {}
        self.slow = dice.random() < 0.3

    def start(self, attempt: str, amount: Money) -> Entry:
        if attempt not in self.ledger:
            dead = self.dice.random() < 0.1
            self.ledger[attempt] = Entry(amount, takes_none_back=dead)
            self.move(attempt)
        return self.ledger[attempt]

    def move(self, attempt: str) -> None:
        """Let time and the buyer have their way with an attempt."""
        entry = self.ledger[attempt]
        if entry.status in FINAL or entry.status == "authorised":
            return
        entry.status = self.dice.choices(
            ("authorised", "captured", "declined", "needs_action", "processing"),
            (1, 1, 1, 2, 20) if self.slow else (8, 3, 3, 3, 3),
        )[0]
        if entry.status == "captured":
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        entry.status = "captured"
        wrong = self.dice.random() < 0.03
        entry.captured = Money(entry.amount.minor - 1, "USD") if wrong else entry.amount

    def capture(self, attempt: str) -> Entry:
        entry = self.ledger[attempt]
        if entry.status == "authorised":
            if self.dice.random() < 0.08:
                entry.status = "cancelled"
            else:
                self._take(entry)
        return entry

    def cancel(self, attempt: str, amount: Money) -> Entry:
        entry = self.ledger.setdefault(attempt, Entry(amount, "needs_action"))
        if entry.status == "processing" and self.dice.random() < 0.7:
            self._take(entry)
        elif entry.status not in FINAL:
            entry.status = "cancelled"
        return entry

    def refund(self, refund: str, attempt: str, minor: int) -> RefundStatus:
        entry = self.ledger[attempt]
        if refund not in entry.refunds:
            fails = entry.takes_none_back or self.dice.random() < 0.3
            entry.refunds[refund] = (minor, "failed" if fails else "succeeded")
            assert entry.given_back() <= entry.captured.minor, "more back than came"
        return entry.refunds[refund][1]

    def bounce(self, refund: str, attempt: str) -> None:
        """Take back what was given back: the account is closed."""
        minor, _ = self.ledger[attempt].refunds[refund]
        self.ledger[attempt].refunds[refund] = (minor, "failed")
