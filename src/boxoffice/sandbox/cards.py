"""Test cards and tokens, and what becomes of a payment with each.

Numbers and tokens are those that Stripe documents for tests, so that people know them;
tokens that begin with `pm_sandbox_` and the Pix-like methods are our own. A number is
looked up here and then forgotten: nothing else of it is kept than its last four digits.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import msgspec

_EXPIRY = re.compile(r"(0[1-9]|1[0-2]) ?/ ?(?:20)?([0-9]{2})")
_CVC = re.compile(r"[0-9]{3,4}")

Outcome = Literal[
    "approve", "decline", "authenticate", "authenticate-decline", "process"
]
Slow = Literal["", "after-authorise", "after-capture"]


class Behaviour(msgspec.Struct, frozen=True):
    """What a payment method does.

    `code` is the decline code. `slow` takes the effect and then does not answer in
    time. `late` settles by itself some time after it was left processing, also when a
    cancel came too late. Refunds fail `refunds_fail` times before they succeed, or
    `comes_back` to the house after each was called given back.
    """

    outcome: Outcome
    kind: Literal["card", "pix"] = "card"
    brand: str = "visa"
    last4: str = "4242"
    code: str = ""
    slow: Slow = ""
    is_late: bool = False
    refunds_fail: int = 0
    is_refunded_later: bool = False
    comes_back: bool = False


def _declined(last4: str, code: str) -> Behaviour:
    return Behaviour("decline", last4=last4, code=code)


TOKENS: dict[str, Behaviour] = {
    "pm_card_visa": Behaviour("approve"),
    "pm_card_mastercard": Behaviour("approve", brand="mastercard", last4="4444"),
    "pm_card_visa_chargeDeclined": _declined("0002", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _declined(
        "9995", "insufficient_funds"
    ),
    "pm_card_chargeDeclinedExpiredCard": _declined("0069", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("0127", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": _declined("0119", "processing_error"),
    "pm_card_authenticationRequired": Behaviour("authenticate", last4="3184"),
    "pm_card_threeDSecure2Required": Behaviour("authenticate", last4="3220"),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Behaviour(
        "authenticate-decline", last4="8260", code="insufficient_funds"
    ),
    "pm_card_pendingRefund": Behaviour("approve", last4="7726", is_refunded_later=True),
    "pm_card_refundFail": Behaviour("approve", last4="5126", comes_back=True),
    "pm_sandbox_refund_fails": Behaviour("approve", refunds_fail=1_000),
    "pm_sandbox_refund_fails_once": Behaviour("approve", refunds_fail=1),
    "pm_sandbox_timeout_after_authorise": Behaviour("approve", slow="after-authorise"),
    "pm_sandbox_timeout_after_capture": Behaviour("approve", slow="after-capture"),
    "pm_sandbox_late_success": Behaviour("process", is_late=True),
    "pm_pix": Behaviour("approve", kind="pix", brand="pix", last4=""),
    "pm_pix_processing": Behaviour("process", kind="pix", brand="pix", last4=""),
}
NUMBERS: dict[str, str] = {
    "4242424242424242": "pm_card_visa",
    "5555555555554444": "pm_card_mastercard",
    "4000000000000002": "pm_card_visa_chargeDeclined",
    "4000000000009995": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "4000000000000069": "pm_card_chargeDeclinedExpiredCard",
    "4000000000000127": "pm_card_chargeDeclinedIncorrectCvc",
    "4000000000000119": "pm_card_chargeDeclinedProcessingError",
    "4000002500003155": "pm_card_authenticationRequired",
    "4000002760003184": "pm_card_authenticationRequired",
    "4000000000003220": "pm_card_threeDSecure2Required",
    "4000008400001629": "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    "4000000000007726": "pm_card_pendingRefund",
    "4000000000005126": "pm_card_refundFail",
}


def token_of(number: str) -> str | None:
    """Give the token of a card number; None when it is no test card."""
    return NUMBERS.get("".join(number.split()).replace("-", ""))


def misprint(expiry: str, cvc: str, *, today: date) -> str:
    """Say what is wrong with these, in a sentence; what was left out is right."""
    if expiry.strip():
        found = _EXPIRY.fullmatch(expiry.strip())
        if found is None:
            return "Write the expiry as month and year, for example 12 / 34."
        month, year = int(found[1]), 2000 + int(found[2])
        if (year, month) < (today.year, today.month):
            return "Your card has expired."
    if cvc.strip() and not _CVC.fullmatch(cvc.strip()):
        return "The security code has three or four digits."
    return ""
