"""Errors as RFC 9457 problems: the one place where an error meets an HTTP status.

Every error has a stable `type` (`/problems/<code>`, which a browser can open) and a
constant `title`. `detail` is the error's own sentence and its data become members of
the problem. What we did wrong ourselves, or what a service behind us did, is told in
the error's public sentence only: details are for the log. A client's mistake never
becomes a 5xx.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec
import structlog
from litestar.exceptions import HTTPException

from boxoffice import errors
from boxoffice_api.answers import Answer
from boxoffice_api.metrics import bug

log = structlog.get_logger()


class Malformed(errors.Invalid):
    """The request cannot be read; correct it and send it again."""

    code = "malformed"


class TooLarge(errors.Refused):
    """The request is larger than this address accepts."""

    code = "too-large"


class HeadTooLarge(errors.Refused):
    """The head of the request is larger than 64 KiB; send fewer or shorter fields."""

    code = "head-too-large"


class TooLate(errors.Refused):
    """The request did not arrive in time; send it again, whole."""

    code = "too-late"


class UnsupportedMediaType(errors.Refused):
    """This address does not read that kind of content; send JSON in UTF-8."""

    code = "unsupported-media-type"


class MethodNotAllowed(errors.Refused):
    """This address does not know that method."""

    code = "method-not-allowed"


STATUSES: Mapping[type[errors.BoxOfficeError], int] = {
    errors.BoxOfficeError: 500,
    errors.Refused: 409,
    errors.Invalid: 422,
    errors.NamesSomebody: 422,
    errors.SeatsUnavailable: 409,
    errors.UnknownPlace: 422,
    errors.NotPriced: 409,
    errors.SaleNotOpen: 409,
    errors.PerformanceOff: 409,
    errors.PriceTypeUnknown: 422,
    errors.QuotaReached: 409,
    errors.HoldLimitReached: 409,
    errors.HoldExpired: 409,
    errors.HoldNotOpen: 409,
    errors.PromotionInvalid: 409,
    errors.PromotionExhausted: 409,
    errors.PromotionLimitReached: 409,
    errors.CompBudgetExhausted: 409,
    errors.NotForSale: 409,
    errors.AlreadyExists: 409,
    errors.OrderNotOpen: 409,
    errors.OrderNotConfirmed: 409,
    errors.TicketNotValid: 409,
    errors.PaymentOpen: 409,
    errors.ExchangeOpen: 409,
    errors.SamePerson: 403,
    errors.RequestNotOpen: 409,
    errors.RefundNotAllowed: 409,
    errors.TooFewPlaces: 409,
    errors.RefundNotStuck: 409,
    errors.SecondPersonNeeded: 409,
    errors.VoidWindowOver: 409,
    errors.OfferOver: 409,
    errors.ProviderRefused: 502,
    errors.Forged: 400,
    errors.KeyReused: 422,
    errors.NotFound: 404,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.Unavailable: 503,
    errors.Overloaded: 503,
    errors.OutcomeUnknown: 503,
    errors.RendererUnknown: 503,
    errors.TooSlow: 503,
    errors.Unstorable: 422,
    errors.Corrupt: 500,
    errors.Misconfigured: 500,
    Malformed: 400,
    TooLarge: 413,
    HeadTooLarge: 431,
    TooLate: 408,
    UnsupportedMediaType: 415,
    MethodNotAllowed: 405,
}
"""Every error class and its status. `Unstorable` is refused by the log for what the
client sent, so it is the client's to correct."""

_FRAMEWORK: Mapping[int, type[errors.BoxOfficeError]] = {
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
}
"""What we say for the framework's own refusals; for all others `Malformed`."""

INTERNAL = 500
RETRY_AFTER_S = 1
_COUNTED_ONLY = (errors.Overloaded, errors.TooSlow)
"""A busy house meets these by the thousand; figures say enough about them."""
MEDIA_TYPE = "application/problem+json"
_RESERVED = frozenset({"type", "title", "status", "detail", "instance"})
_EXTRA_HEADERS: Mapping[int, tuple[tuple[str, str], ...]] = {
    401: (("www-authenticate", 'Bearer realm="boxoffice"'),),
    503: (("retry-after", str(RETRY_AFTER_S)),),
}


class InvalidPart(msgspec.Struct, frozen=True):
    """One thing that is wrong in a body: where (RFC 6901) and what."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every error answer looks like; some have further members."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[InvalidPart] = []


def status_of(error: errors.BoxOfficeError) -> int:
    """Give the status of an error, or of the nearest kind of error we know."""
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def title_of(error: type[errors.BoxOfficeError]) -> str:
    """Give the constant title of a kind of error."""
    return error.code.replace("-", " ").capitalize()


def problem(error: Exception, *, path: str) -> Answer:
    """Tell a client about an error; `path` is what was asked for."""
    known = error if isinstance(error, errors.BoxOfficeError) else None
    told = known or errors.BoxOfficeError()
    status = status_of(told)
    members: dict[str, object] = {
        "type": f"/problems/{told.code}",
        "title": title_of(type(told)),
        "status": status,
        "detail": _detail(told, status),
        "instance": quote(path, safe="/:@!$&'()*+,;=-._~", errors="replace"),
    }
    if status < INTERNAL:
        data = told.data.items()
        members |= {name: value for name, value in data if name not in _RESERVED}
    return Answer(
        status=status,
        body=msgspec.json.encode(members, enc_hook=str),
        media_type=MEDIA_TYPE,
        headers=(("cache-control", "no-store"), *_EXTRA_HEADERS.get(status, ())),
    )


def answer_error(error: Exception, *, path: str) -> Answer:
    """Tell a client about whatever was raised; what nobody foresaw goes to the log."""
    foreseen = _foreseen(error)
    answer = problem(foreseen or error, path=path)
    if foreseen is None or answer.status == INTERNAL:
        bug()
        log.error("request_failed", path=path, exc_info=error)
    elif answer.status > INTERNAL and not isinstance(foreseen, _COUNTED_ONLY):
        log.warning("request_unanswered", path=path, reason=str(error))
    return answer


def _foreseen(error: Exception) -> errors.BoxOfficeError | None:
    """Give our error for what the framework raises about a request."""
    if isinstance(error, errors.BoxOfficeError):
        return error
    if isinstance(error, HTTPException) and error.status_code < INTERNAL:
        return _FRAMEWORK.get(error.status_code, Malformed)()
    return None


def _detail(error: errors.BoxOfficeError, status: int) -> str:
    if status < INTERNAL:
        return error.detail
    return (type(error).__doc__ or "").strip()
