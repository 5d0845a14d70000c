"""What may happen to a payment, in the ledger's transaction.

Captured once and at most what was authorised; cancelled only before; refunded never
above what was captured. Each change leaves an event for the webhooks behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from boxoffice.sandbox.cards import TOKENS, Behaviour
from boxoffice.sandbox.ledger import Ledger
from boxoffice.sandbox.wire import Refusal, WireError, declined, missing

LATE_S = 1.0
"""After this a payment that settles late by itself is settled."""
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
EVENT_OF = {
    "requires_capture": "payment_intent.amount_capturable_updated",
    "succeeded": "payment_intent.succeeded",
    "canceled": "payment_intent.canceled",
    "processing": "payment_intent.processing",
    "requires_action": "payment_intent.requires_action",
}
DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card.",
    "authentication_failed": "The buyer did not confirm the payment.",
    "settlement_failed": "The money never came.",
}


class Intent(msgspec.Struct, kw_only=True):
    """A payment as it goes over the wire; `method` and what follows are our own."""

    id: str
    object: str = "payment_intent"
    amount: int
    currency: str
    status: str
    capture_method: str
    client_secret: str
    created: int
    metadata: dict[str, str]
    payment_method_types: list[str]
    payment_method: str | None = None
    amount_capturable: int = 0
    amount_received: int = 0
    next_action: dict[str, Any] | None = None
    last_payment_error: dict[str, Any] | None = None
    latest_charge: str | None = None
    cancellation_reason: str | None = None
    livemode: bool = False
    return_url: str = ""
    refunded: int = 0
    refunds_failed: int = 0
    late_at: float | None = None

    def wire(self) -> dict[str, Any]:
        """Give what the client sees."""
        shown: dict[str, Any] = msgspec.to_builtins(self)
        for own in ("return_url", "refunded", "refunds_failed", "late_at"):
            del shown[own]
        return shown


class Till:
    """The payments of one sandbox. `note` is told of every event, in the transaction.

    `name` draws an id, `now` gives Unix seconds, `home` is where the hosted pages are.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        name: Callable[[str], str],
        now: Callable[[], float],
        note: Callable[[str, dict[str, Any]], None],
        home: Callable[[], str],
    ) -> None:
        self._db = ledger.db
        self._ledger = ledger
        self._name = name
        self._now = now
        self._note = note
        self._home = home

    # ------------------------------------------------------------ payment methods

    def method(self, token: str) -> str:
        """Name a new payment method that behaves like a token."""
        made = self._name("pm")
        self._db.execute("insert into methods values (?, ?)", (made, token))
        return made

    def behaviour(self, method: str) -> Behaviour:
        """Tell what a method does."""
        if method in TOKENS:
            return TOKENS[method]
        row = self._db.execute(
            "select token from methods where id = ?", (method,)
        ).fetchone()
        if row is None:
            raise missing("payment_method", method)
        return TOKENS[row[0]]

    # ------------------------------------------------------------------ payments

    def create(
        self,
        *,
        amount: int,
        currency: str,
        capture_method: str,
        types: list[str],
        metadata: dict[str, str],
        return_url: str,
    ) -> Intent:
        """Make a payment that waits for its method."""
        made = self._name("pi")
        intent = Intent(
            id=made,
            amount=amount,
            currency=currency,
            status="requires_payment_method",
            capture_method=capture_method,
            client_secret=f"{made}_secret_{self._name('s')[2:]}",
            created=int(self._now()),
            metadata=metadata,
            payment_method_types=types or ["card"],
            return_url=return_url,
        )
        self.keep(intent)
        return intent

    def find(self, name: str) -> Intent:
        """Look a payment up."""
        row = self._db.execute("select body from intents where id = ?", (name,))
        found = row.fetchone()
        if found is None:
            raise missing("payment_intent", name)
        return msgspec.json.decode(found[0], type=Intent)

    def confirm(self, intent: Intent, method: str) -> Intent:
        """Try to pay by a method; a decline raises after it was kept."""
        if intent.status not in OPEN:
            raise self._unexpected(intent, "confirm")
        behaviour = self.behaviour(method)
        if behaviour.kind not in intent.payment_method_types:
            raise WireError(
                400,
                f"The payment method {method[:60]} is not one of the types"
                f" {', '.join(intent.payment_method_types)}.",
                param="payment_method",
            )
        intent.payment_method = method
        intent.next_action = None
        match behaviour.outcome:
            case "approve":
                return self._approve(intent)
            case "process":
                intent.late_at = self._now() + LATE_S if behaviour.is_late else None
                return self._become(intent, "processing")
            case "authenticate" | "authenticate-decline":
                secret = f"client_secret={intent.client_secret}"
                url = f"{self._home()}/3ds/{intent.id}?{secret}"
                intent.next_action = {
                    "type": "redirect_to_url",
                    "redirect_to_url": {"url": url, "return_url": intent.return_url},
                }
                return self._become(intent, "requires_action")
            case "decline":
                return self.decline(intent, behaviour.code)

    def authenticate(self, intent: Intent, *, agreed: bool) -> Intent:
        """Go on after the step of 3-D Secure."""
        if intent.status != "requires_action" or intent.payment_method is None:
            raise self._unexpected(intent, "authenticate")
        behaviour = self.behaviour(intent.payment_method)
        intent.next_action = None
        if not agreed:
            return self.decline(intent, "authentication_failed")
        if behaviour.outcome == "authenticate-decline":
            return self.decline(intent, behaviour.code)
        return self._approve(intent)

    def decline(self, intent: Intent, code: str) -> Intent:
        """Keep that a method was declined; the payment waits for another."""
        message = DECLINES.get(code, "Your card was declined.")
        error = declined(code, message, {}).body["error"]
        error.pop("payment_intent")
        intent.last_payment_error = error
        intent.payment_method = None
        intent.late_at = None
        intent.status = "requires_payment_method"
        self.keep(intent)
        self._note("payment_intent.payment_failed", intent.wire())
        return intent

    def settle(self, intent: Intent, *, succeeds: bool) -> Intent:
        """Let the money of a payment that is processing come, or not."""
        if intent.status != "processing":
            raise self._unexpected(intent, "settle")
        intent.late_at = None
        if not succeeds:
            return self.decline(intent, "settlement_failed")
        return self._take(intent)

    def capture(self, intent: Intent, amount: int | None) -> Intent:
        """Take what was authorised, or a part of it; the rest is let go."""
        if intent.status != "requires_capture":
            raise self._unexpected(intent, "capture")
        wanted = intent.amount_capturable if amount is None else amount
        if not 0 < wanted <= intent.amount_capturable:
            raise Refusal(
                400, "The amount is above what was authorised.", code="amount_too_large"
            )
        let_go = intent.amount_capturable - wanted
        moves = {
            "reserved": -intent.amount_capturable,
            "merchant": wanted,
            "instrument": let_go,
        }
        self._ledger.post(intent.id, "capture", intent.currency, moves)
        intent.amount_capturable = 0
        intent.amount_received = wanted
        return self._become(intent, "succeeded")

    def cancel(self, intent: Intent, reason: str) -> Intent:
        """End a payment that took nothing; what is processing cannot be stopped."""
        if intent.status == "canceled":
            return intent
        if intent.status not in (*OPEN, "requires_capture"):
            raise self._unexpected(intent, "cancel")
        if intent.amount_capturable:
            moves = {
                "reserved": -intent.amount_capturable,
                "instrument": intent.amount_capturable,
            }
            self._ledger.post(intent.id, "cancel", intent.currency, moves)
            intent.amount_capturable = 0
        intent.cancellation_reason = reason or None
        intent.next_action = None
        return self._become(intent, "canceled")

    def overdue(self) -> list[Intent]:
        """Give the payments that settle late, as soon as they are."""
        rows = self._db.execute(
            "select body from intents where json_extract(body, '$.late_at') <= ?",
            (self._now(),),
        ).fetchall()
        return [msgspec.json.decode(body, type=Intent) for (body,) in rows]

    def keep(self, intent: Intent) -> None:
        """Store a payment as it is now."""
        self._db.execute(
            "insert or replace into intents values (?, ?, ?, ?)",
            (
                intent.id,
                intent.metadata.get("attempt", ""),
                intent.metadata.get("order", ""),
                msgspec.json.encode(intent).decode(),
            ),
        )

    # ---------------------------------------------------------------- the bottom

    def _approve(self, intent: Intent) -> Intent:
        if intent.capture_method != "manual" or "pix" in intent.payment_method_types:
            return self._take(intent)
        moves = {"instrument": -intent.amount, "reserved": intent.amount}
        self._ledger.post(intent.id, "authorise", intent.currency, moves)
        intent.amount_capturable = intent.amount
        intent.latest_charge = self._name("ch")
        return self._become(intent, "requires_capture")

    def _take(self, intent: Intent) -> Intent:
        moves = {"instrument": -intent.amount, "merchant": intent.amount}
        self._ledger.post(intent.id, "capture", intent.currency, moves)
        intent.amount_received = intent.amount
        intent.latest_charge = self._name("ch")
        intent.late_at = None
        return self._become(intent, "succeeded")

    def _become(self, intent: Intent, status: str) -> Intent:
        intent.status = status
        if status != "requires_payment_method":
            intent.last_payment_error = None
        self.keep(intent)
        self._note(EVENT_OF[status], intent.wire())
        return intent

    @staticmethod
    def _unexpected(intent: Intent, verb: str) -> Refusal:
        return Refusal(
            400,
            f"This PaymentIntent's status is {intent.status}, so one cannot {verb} it.",
            code="payment_intent_unexpected_state",
            more={"payment_intent": intent.wire()},
        )
