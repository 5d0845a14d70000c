"""The wire format: forms in, JSON out, errors as objects. A subset of Stripe's API.

Source: docs/reference/sandbox.md says which part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

FIELDS_MAX = 100
AMOUNT_MAX = 99_999_999
DIGITS_MAX = 12
VALUE_MAX = 500
_METADATA = re.compile(r"metadata\[[A-Za-z0-9_]{1,40}\]")
_ADDRESS = re.compile(r"https?://[!-~]+")
_INDEXED = re.compile(r"(payment_method_types)\[\d*\]")


class WireError(Exception):
    """An answer that says no."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {"type": kind, "message": message, "code": code, "param": param}
        self.body = {"error": {k: v for k, v in fields.items() if v} | dict(more or {})}

    def encoded(self) -> bytes:
        """Give the body."""
        return msgspec.json.encode(self.body)


class Fields:
    """The parameters of one request; what is not asked for is an error."""

    def __init__(self, body: bytes, known: Collection[str]) -> None:
        self._given: dict[str, str] = {}
        self.metadata: dict[str, str] = {}
        self.types: list[str] = []
        try:
            pairs = parse_qsl(
                body.decode("utf-8"),
                keep_blank_values=True,
                max_num_fields=FIELDS_MAX,
                errors="strict",
            )
        except ValueError as error:
            raise WireError(400, "The request body cannot be read.") from error
        for name, value in pairs:
            self._take(name, value, known)

    def _take(self, name: str, value: str, known: Collection[str]) -> None:
        if len(value) > VALUE_MAX or "\x00" in value:
            raise WireError(400, f"{name[:60]} is too long.", param=name[:60])
        if _METADATA.fullmatch(name):
            self.metadata[name[9:-1]] = value
        elif _INDEXED.fullmatch(name):
            self.types.append(value)
        elif name in known:
            self._given[name] = value
        else:
            raise WireError(
                400,
                f"Received unknown parameter: {name[:60]}",
                code="parameter_unknown",
                param=name[:60],
            )

    def text(self, name: str, otherwise: str = "") -> str:
        """Give a text."""
        return self._given.get(name, otherwise)

    def required(self, name: str) -> str:
        """Give a text that must be there."""
        found = self._given.get(name)
        if not found:
            raise WireError(
                400,
                f"Missing required param: {name}.",
                code="parameter_missing",
                param=name,
            )
        return found

    def amount(self, name: str = "amount") -> int:
        """Give a positive whole number of minor units."""
        text = self.required(name)
        if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
            raise WireError(
                400,
                f"Invalid integer: {text[:30]}",
                code="parameter_invalid_integer",
                param=name,
            )
        amount = int(text)
        if not 1 <= amount <= AMOUNT_MAX:
            raise WireError(
                400,
                f"The {name} must be between 1 and {AMOUNT_MAX}.",
                code="amount_too_large" if amount else "parameter_invalid_integer",
                param=name,
            )
        return amount

    def address(self, name: str) -> str:
        """Give an address that a browser can be sent to; absent is empty."""
        text = self.text(name)
        if text and not _ADDRESS.fullmatch(text):
            raise WireError(400, "Not a valid URL", code="url_invalid", param=name)
        return text

    def flag(self, name: str) -> bool:
        """Give a truth; absent is false."""
        text = self.text(name, "false")
        if text not in ("true", "false"):
            raise WireError(400, f"Invalid boolean: {text[:30]}", param=name)
        return text == "true"

    def choice(self, name: str, *options: str) -> str:
        """Give one of these; absent is the first."""
        text = self.text(name, options[0])
        if text not in options:
            raise WireError(
                400, f"Invalid {name}: must be one of {', '.join(options)}", param=name
            )
        return text


class Refusal(WireError):
    """A no of the payment itself; it is kept under the key as a yes would be."""


def missing(what: str, name: str) -> WireError:
    """Say that there is no such thing."""
    return WireError(
        404, f"No such {what}: '{name[:60]}'", code="resource_missing", param=what
    )


def declined(code: str, message: str, intent: Mapping[str, Any]) -> Refusal:
    """Say that a card was declined; the intent waits for another."""
    known = code in ("expired_card", "incorrect_cvc", "processing_error")
    more = {"decline_code": code, "payment_intent": dict(intent)}
    return Refusal(
        402,
        message,
        kind="card_error",
        code=code if known else "card_declined",
        more=more,
    )
