"""The books of a payment provider in memory, and the rules that the sandbox has too.

Captured once and at most what was authorised; cancelled only before; refunded never
above what was captured. What the buyer or the bank does later is a method here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from boxoffice.application.ports.payments import (
    Method,
    ProviderPayment,
    ProviderRefund,
    Status,
)
from boxoffice.domain.money import Money
from boxoffice.domain.payments.commands import RefundStatus
from boxoffice.errors import ProviderRefused

Outcome = Literal[
    "approve", "decline", "authenticate", "authenticate-decline", "process"
]
PAGES = "memory://provider"
WAITS_FOR_BUYER: tuple[Status, ...] = ("needs_method", "needs_action", "declined")


class Behaviour(msgspec.Struct, frozen=True):
    """What comes of a token; `loses` names a call whose first answer gets lost."""

    outcome: Outcome = "approve"
    kind: Literal["card", "pix"] = "card"
    code: str = ""
    loses: Literal["", "start", "capture"] = ""
    refunds_fail: int = 0
    is_refunded_later: bool = False
    comes_back: bool = False


TOKENS: Mapping[str, Behaviour] = {
    "pm_card_visa": Behaviour(),
    "pm_card_mastercard": Behaviour(),
    "pm_card_visa_chargeDeclined": Behaviour("decline", code="generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Behaviour(
        "decline", code="insufficient_funds"
    ),
    "pm_card_chargeDeclinedExpiredCard": Behaviour("decline", code="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": Behaviour("decline", code="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": Behaviour(
        "decline", code="processing_error"
    ),
    "pm_card_authenticationRequired": Behaviour("authenticate"),
    "pm_card_threeDSecure2Required": Behaviour("authenticate"),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Behaviour(
        "authenticate-decline", code="insufficient_funds"
    ),
    "pm_card_pendingRefund": Behaviour(is_refunded_later=True),
    "pm_card_refundFail": Behaviour(comes_back=True),
    "pm_sandbox_refund_fails": Behaviour(refunds_fail=1_000),
    "pm_sandbox_refund_fails_once": Behaviour(refunds_fail=1),
    "pm_sandbox_timeout_after_authorise": Behaviour(loses="start"),
    "pm_sandbox_timeout_after_capture": Behaviour(loses="capture"),
    "pm_sandbox_late_success": Behaviour("process"),
    "pm_pix": Behaviour(kind="pix"),
    "pm_pix_processing": Behaviour("process", kind="pix"),
}
"""The sandbox's tokens. What settles late by itself there waits for `settle` here."""


class Account(msgspec.Struct):
    """One payment in the books; `refunded` in minor units."""

    payment: ProviderPayment
    kind: Literal["card", "pix"]
    behaviour: Behaviour = Behaviour()
    refunded: int = 0
    refunds_failed: int = 0


class MemoryTill:
    """Payments and refunds, by their references, in the order they were made."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.refunds: dict[str, ProviderRefund] = {}

    # ------------------------------------------------- what the house asks for

    def start(
        self, attempt: str, order: str, amount: Money, method: Method
    ) -> ProviderPayment:
        """Open an account; with a token, pay from it at once."""
        if amount.minor <= 0:
            raise ProviderRefused("A payment is of more than nothing.")
        if method.token:
            _behaviour(method.token, method.kind)
        reference = f"pi_memory_{len(self.accounts) + 1}"
        self.accounts[reference] = Account(
            ProviderPayment(
                reference=reference,
                attempt=attempt,
                order=order,
                status="needs_method",
                amount=amount,
                captured=Money(0, amount.currency),
                action_url=f"{PAGES}/pay/{reference}",
            ),
            method.kind,
        )
        if method.token:
            return self.confirm(reference, method.token)
        return self.accounts[reference].payment

    def find(self, reference: str) -> Account:
        """Give an account."""
        found = self.accounts.get(reference)
        if found is None:
            raise ProviderRefused(f"There is no payment {reference}.")
        return found

    def capture(self, reference: str) -> ProviderPayment:
        """Take all that was authorised."""
        account = self.find(reference)
        if account.payment.status == "captured":
            return account.payment
        if account.payment.status != "authorised":
            raise ProviderRefused(
                f"A payment that is {account.payment.status} cannot be captured."
            )
        return _take(account)

    def cancel(self, reference: str) -> ProviderPayment:
        """End a payment that took nothing, unless it is too late or too early."""
        account = self.find(reference)
        if account.payment.status in (*WAITS_FOR_BUYER, "authorised"):
            return _become(account, "cancelled")
        return account.payment

    def refund(self, reference: str, refund: str, amount: Money) -> ProviderRefund:
        """Give back a part of what was captured."""
        account = self.find(reference)
        captured = account.payment.captured
        left = captured.minor - account.refunded
        if amount.currency != captured.currency or not 0 < amount.minor <= left:
            raise ProviderRefused(f"Of {captured}, {left} is left, not {amount}.")
        fails = account.refunds_failed < account.behaviour.refunds_fail
        account.refunds_failed += fails
        account.refunded += 0 if fails else amount.minor
        later: RefundStatus = (
            "pending" if account.behaviour.is_refunded_later else "succeeded"
        )
        made = ProviderRefund(
            reference=f"re_memory_{len(self.refunds) + 1}",
            refund=refund,
            payment=reference,
            status="failed" if fails else later,
            amount=amount,
            reason="unknown" if fails else "",
        )
        self.refunds[made.reference] = made
        return made

    def find_refund(self, reference: str) -> ProviderRefund:
        """Give a refund."""
        found = self.refunds.get(reference)
        if found is None:
            raise ProviderRefused(f"There is no refund {reference}.")
        return found

    # ----------------------------------------- what buyers and their banks do

    def confirm(self, reference: str, token: str) -> ProviderPayment:
        """Pay by an instrument, as the buyer does on the provider's page."""
        account = self.find(reference)
        if account.payment.status not in WAITS_FOR_BUYER:
            raise ProviderRefused(f"A payment is {account.payment.status} already.")
        account.behaviour = _behaviour(token, account.kind)
        match account.behaviour.outcome:
            case "approve":
                return _approve(account)
            case "process":
                return _become(account, "processing")
            case "authenticate" | "authenticate-decline":
                url = f"{PAGES}/3ds/{reference}"
                return _become(account, "needs_action", action_url=url)
            case "decline":
                return _become(account, "declined", reason=account.behaviour.code)

    def authenticate(self, reference: str, *, agreed: bool = True) -> ProviderPayment:
        """Go on after the step of 3-D Secure."""
        account = self.find(reference)
        if account.payment.status != "needs_action":
            raise ProviderRefused("Nothing waits for the buyer here.")
        if not agreed:
            return _become(account, "declined", reason="authentication_failed")
        if account.behaviour.outcome == "authenticate-decline":
            return _become(account, "declined", reason=account.behaviour.code)
        return _approve(account)

    def settle(self, reference: str, *, succeeds: bool = True) -> ProviderPayment:
        """Let the money of a payment that is processing come, or not."""
        account = self.find(reference)
        if account.payment.status != "processing":
            raise ProviderRefused("No money is on its way here.")
        if not succeeds:
            return _become(account, "declined", reason="settlement_failed")
        return _take(account)

    def arrive(self, reference: str) -> ProviderRefund:
        """Let a refund that is pending arrive."""
        made = self.find_refund(reference)
        if made.status != "pending":
            raise ProviderRefused("No money is on its way back here.")
        self.refunds[reference] = msgspec.structs.replace(made, status="succeeded")
        return self.refunds[reference]

    def come_back(self, reference: str) -> ProviderRefund:
        """Let a refund fail that was called given back: its card takes none."""
        made = self.find_refund(reference)
        account = self.find(made.payment)
        if made.status != "succeeded" or not account.behaviour.comes_back:
            raise ProviderRefused("This money stays where it is.")
        account.refunded -= made.amount.minor
        failed = msgspec.structs.replace(made, status="failed", reason="unknown")
        self.refunds[reference] = failed
        return failed

    # ------------------------------------------------------------- the judge

    def kept(self) -> list[Money]:
        """List what was captured and not given back, by payment."""
        rests = [
            Money(a.payment.captured.minor - a.refunded, a.payment.amount.currency)
            for a in self.accounts.values()
        ]
        return [rest for rest in rests if rest.minor]

    def reserved(self) -> list[Money]:
        """List what is authorised and neither captured nor let go, by payment."""
        payments = (account.payment for account in self.accounts.values())
        return [p.amount for p in payments if p.status == "authorised"]


def _behaviour(token: str, kind: str) -> Behaviour:
    found = TOKENS.get(token)
    if found is None or found.kind != kind:
        raise ProviderRefused(f"There is no {kind} {token[:60]}.")
    return found


def _approve(account: Account) -> ProviderPayment:
    return _take(account) if account.kind == "pix" else _become(account, "authorised")


def _take(account: Account) -> ProviderPayment:
    return _become(account, "captured", captured=account.payment.amount)


def _become(
    account: Account,
    status: Status,
    *,
    captured: Money | None = None,
    action_url: str = "",
    reason: str = "",
) -> ProviderPayment:
    account.payment = msgspec.structs.replace(
        account.payment,
        status=status,
        captured=captured or account.payment.captured,
        action_url=action_url,
        reason=reason,
    )
    return account.payment
