"""The operations of the API, each in one transaction, each done once per key.

The answer of a POST is kept with its Idempotency-Key in the transaction of its effect:
whoever asks again gets the same bytes, also after this process was killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from boxoffice.sandbox.cards import token_of
from boxoffice.sandbox.faults import Failure, Mischief, Operation
from boxoffice.sandbox.intents import Intent, Till
from boxoffice.sandbox.ledger import Ledger
from boxoffice.sandbox.refunds import Refunds
from boxoffice.sandbox.wire import Fields, Refusal, WireError, declined

OK = 200
SERVER_ERROR = 500
KEY_MAX = 255
CREATE = (
    "amount",
    "currency",
    "capture_method",
    "confirm",
    "payment_method",
    "return_url",
    "description",
)
KINDS = ("card", "pix")
METHOD = ("type", "card[number]", "card[exp_month]", "card[exp_year]", "card[cvc]")


class Reply(msgspec.Struct, frozen=True):
    """What goes back; `is_replayed` tells that it was kept from an earlier request."""

    status: int
    body: bytes
    is_replayed: bool = False


class Desk:
    """Answers requests; belongs to one event loop."""

    def __init__(
        self, ledger: Ledger, till: Till, refunds: Refunds, mischief: Mischief
    ) -> None:
        self._ledger = ledger
        self._till = till
        self._refunds = refunds
        self._mischief = mischief
        self._in_use: set[str] = set()

    async def ask(
        self, operation: Operation, *, path: str, key: str, body: bytes, work: Work
    ) -> Reply:
        """Do something once per key, with whatever goes wrong on purpose."""
        with self._alone(key):
            is_new = self._kept(key, asked_of(path, body)) is None
            try:
                await self._mischief.before(operation)
                reply = self._once(path, key, body, work)
                await self._mischief.after(operation)
            except Failure as failure:
                if failure.is_kept and key and is_new:
                    self._keep_failure(key, asked_of(path, body))
                raise
        return reply

    def forget_keys(self) -> None:
        """Forget every answer, as a provider does after a day."""
        self._ledger.db.execute("delete from keys")

    def _keep_failure(self, key: str, asked: str) -> None:
        """Keep a 500 under its key, in place of the answer that is lost."""
        row = (key, asked, SERVER_ERROR, on_purpose().encoded())
        self._ledger.db.execute("insert or replace into keys values (?, ?, ?, ?)", row)

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        if key and key in self._in_use:
            raise WireError(
                409,
                "Another request is using this idempotency key; try again.",
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        self._in_use.add(key)
        try:
            yield
        finally:
            self._in_use.discard(key)

    def _once(self, path: str, key: str, body: bytes, work: Work) -> Reply:
        if len(key) > KEY_MAX:
            raise WireError(400, "The idempotency key is too long.")
        asked = asked_of(path, body)
        with self._ledger.together():
            if key and (known := self._kept(key, asked)):
                return known
            reply = _done(work)
            if key:
                row = (key, asked, reply.status, reply.body)
                self._ledger.db.execute("insert into keys values (?, ?, ?, ?)", row)
        return reply

    def _kept(self, key: str, asked: str) -> Reply | None:
        row = self._ledger.db.execute(
            "select asked, status, body from keys where key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        if row[0] != asked:
            raise WireError(
                400,
                "Keys for idempotent requests can only be used with the same"
                " parameters they were first used with.",
                kind="idempotency_error",
            )
        return Reply(row[1], row[2], is_replayed=True)

    # ---------------------------------------------------------------- operations

    def make_method(self, fields: Fields) -> dict[str, Any]:
        """Keep what a card is, but not its number."""
        kind = fields.choice("type", "card", "pix")
        token = "pm_pix"  # noqa: S105 - the name of a method
        if kind == "card":
            number = fields.required("card[number]")
            found = token_of(number)
            if found is None:
                raise WireError(
                    402,
                    "Your card number is incorrect; only test cards are known.",
                    kind="card_error",
                    code="incorrect_number",
                    param="number",
                )
            token = found
        behaviour = self._till.behaviour(token)
        made: dict[str, Any] = {
            "id": self._till.method(token),
            "object": "payment_method",
            "type": kind,
            "livemode": False,
        }
        if kind == "card":
            made["card"] = {"brand": behaviour.brand, "last4": behaviour.last4}
        return made

    def make_intent(self, fields: Fields) -> dict[str, Any]:
        """Make a payment, and try it at once when asked to."""
        currency = fields.required("currency")
        if not (currency.isascii() and currency.isalpha() and len(currency) == 3):  # noqa: PLR2004 - ISO 4217
            raise WireError(400, f"Invalid currency: {currency[:10]}", param="currency")
        unknown = [kind for kind in fields.types if kind not in KINDS]
        if unknown:
            raise WireError(
                400,
                f"The payment method type {unknown[0][:60]} is not known here.",
                param="payment_method_types",
            )
        intent = self._till.create(
            amount=fields.amount(),
            currency=currency.lower(),
            capture_method=fields.choice("capture_method", "automatic", "manual"),
            types=fields.types,
            metadata=fields.metadata,
            return_url=fields.address("return_url"),
        )
        if not fields.flag("confirm"):
            return intent.wire()
        return self._confirmed(intent, fields.required("payment_method"))

    def confirm(self, name: str, fields: Fields) -> dict[str, Any]:
        """Try to pay."""
        method = fields.required("payment_method")
        intent = self._till.find(name)
        intent.return_url = fields.address("return_url") or intent.return_url
        return self._confirmed(intent, method)

    def capture(self, name: str, fields: Fields) -> dict[str, Any]:
        """Take what was authorised."""
        given = fields.text("amount_to_capture")
        amount = fields.amount("amount_to_capture") if given else None
        return self._till.capture(self._till.find(name), amount).wire()

    def cancel(self, name: str, fields: Fields) -> dict[str, Any]:
        """End a payment."""
        reason = fields.text("cancellation_reason")
        return self._till.cancel(self._till.find(name), reason).wire()

    def refund(self, fields: Fields) -> dict[str, Any]:
        """Give money back."""
        intent = self._till.find(fields.required("payment_intent"))
        amount = fields.amount() if fields.text("amount") else None
        return self._refunds.make(intent, amount, fields.metadata).wire()

    def find_refund(self, name: str) -> dict[str, Any]:
        """Look a refund up."""
        return self._refunds.find(name).wire()

    def _confirmed(self, intent: Intent, method: str) -> dict[str, Any]:
        after = self._till.confirm(intent, method)
        error = after.last_payment_error
        if error is not None:
            code = str(error.get("decline_code") or error["code"])
            raise declined(code, str(error["message"]), after.wire())
        return after.wire()


def asked_of(path: str, body: bytes) -> str:
    """Give what tells one request from another."""
    return hashlib.sha256(f"{path}\n".encode() + body).hexdigest()


def on_purpose() -> WireError:
    """Give the answer of a call that fails because it was told to."""
    return WireError(SERVER_ERROR, "A fault on purpose.", kind="api_error")


Work = Callable[[], Mapping[str, Any]]


def _done(work: Work) -> Reply:
    """Do the work; a no of the payment is kept, a no to the parameters is not."""
    try:
        return Reply(OK, msgspec.json.encode(work()))
    except Refusal as error:
        return Reply(error.status, error.encoded())
