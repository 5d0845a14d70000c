"""Giving back what was captured, never more, at once or after a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from boxoffice.sandbox.intents import Intent, Till
from boxoffice.sandbox.ledger import Ledger
from boxoffice.sandbox.wire import Refusal, missing

PENDING_S = 1.0
"""How long a refund stays pending that is not made at once, or away that comes back."""


class Refund(msgspec.Struct, kw_only=True):
    """A refund as it goes over the wire; `due_at` is our own."""

    id: str
    object: str = "refund"
    amount: int
    currency: str
    payment_intent: str
    status: str
    created: int
    metadata: dict[str, str]
    failure_reason: str | None = None
    due_at: float | None = None

    def wire(self) -> dict[str, Any]:
        """Give what the client sees."""
        shown: dict[str, Any] = msgspec.to_builtins(self)
        del shown["due_at"]
        return shown


class Refunds:
    """The refunds of one sandbox, inside the ledger's transaction."""

    def __init__(
        self,
        ledger: Ledger,
        till: Till,
        *,
        name: Callable[[str], str],
        now: Callable[[], float],
        note: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._ledger = ledger
        self._db = ledger.db
        self._till = till
        self._name = name
        self._now = now
        self._note = note

    def make(
        self, intent: Intent, amount: int | None, metadata: dict[str, str]
    ) -> Refund:
        """Give back a part of what was captured, or all that is left of it."""
        left = intent.amount_received - intent.refunded
        wanted = left if amount is None else amount
        if not 0 < wanted <= left:
            raise Refusal(
                400,
                f"Refund amount ({wanted}) is greater than unrefunded amount on"
                f" charge ({left}).",
                code="charge_already_refunded" if not left else "",
                param="amount",
            )
        made = Refund(
            id=self._name("re"),
            amount=wanted,
            currency=intent.currency,
            payment_intent=intent.id,
            status="succeeded",
            created=int(self._now()),
            metadata=metadata,
        )
        self._take_its_way(made, intent)
        self._till.keep(intent)
        self._keep(made)
        failed = made.status == "failed"
        self._note("refund.failed" if failed else "refund.created", made.wire())
        return made

    def find(self, name: str) -> Refund:
        """Look a refund up."""
        found = self._db.execute(
            "select body from refunds where id = ?", (name,)
        ).fetchone()
        if found is None:
            raise missing("refund", name)
        return msgspec.json.decode(found[0], type=Refund)

    def arrive(self) -> None:
        """Let every refund arrive, or come back, whose time has come."""
        rows = self._db.execute(
            "select body from refunds where json_extract(body, '$.due_at') <= ?",
            (self._now(),),
        ).fetchall()
        for (body,) in rows:
            made = msgspec.json.decode(body, type=Refund)
            made.due_at = None
            if made.status == "pending":
                self._arrived(made)
            else:
                self._came_back(made)

    def _arrived(self, made: Refund) -> None:
        made.status = "succeeded"
        self._post(made, "refund-arrives", out_of="refunds", into="instrument")
        self._keep(made)
        self._note("refund.updated", made.wire())

    def _came_back(self, made: Refund) -> None:
        made.status, made.failure_reason = "failed", "expired_or_canceled_card"
        intent = self._till.find(made.payment_intent)
        intent.refunded -= made.amount
        self._till.keep(intent)
        self._post(made, "refund-returns", out_of="instrument", into="merchant")
        self._keep(made)
        self._note("refund.failed", made.wire())

    def _take_its_way(self, made: Refund, intent: Intent) -> None:
        behaviour = self._till.behaviour(intent.payment_method or "pm_card_visa")
        if intent.refunds_failed < behaviour.refunds_fail:
            made.status, made.failure_reason = "failed", "unknown"
            intent.refunds_failed += 1
            return
        intent.refunded += made.amount
        if behaviour.is_refunded_later or behaviour.comes_back:
            made.due_at = self._now() + PENDING_S
        if behaviour.is_refunded_later:
            made.status = "pending"
        into = "refunds" if made.status == "pending" else "instrument"
        self._post(made, "refund", out_of="merchant", into=into)

    def _post(self, made: Refund, what: str, *, out_of: str, into: str) -> None:
        moves = {out_of: -made.amount, into: made.amount}
        self._ledger.post(made.payment_intent, what, made.currency, moves)

    def _keep(self, made: Refund) -> None:
        self._db.execute(
            "insert or replace into refunds values (?, ?, ?, ?)",
            (
                made.id,
                made.payment_intent,
                made.metadata.get("refund", ""),
                msgspec.json.encode(made).decode(),
            ),
        )
