"""Forms of staff: whose they are, amounts and moments as people write them.

A browser may know its owner as a buyer as well; what a staff page asks for is asked
as staff all the same.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from boxoffice.domain.money import minor_digits
from boxoffice.errors import Invalid, Unauthenticated
from boxoffice_api.auth import Staff
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head
from boxoffice_api.pages.forms import FIELDS_MAX, Form, check_form

_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,3})?")
PERCENT_DECIMALS = 2


def as_staff(head: Head) -> Head:
    """Let a page's cookie count as staff's own token, before any buyer's cookie."""
    token = head.cookie(b"bo_staff")
    if token is None or head.bearer() is not None:
        return head
    headers = {**head.headers, b"authorization": b"Bearer " + token}
    return replace(head, headers=headers)


async def staff_form(
    edge: Edge, head: Head, body: bytes, *, fields_max: int = FIELDS_MAX
) -> Form:
    """Read a form that was made for the member of staff who sends it.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: it is somebody else's, or another site sent it.
    """
    staff: Staff | None = await edge.staff.known(head)
    if staff is None:
        raise Unauthenticated
    form = Form(head, body, fields_max=fields_max)
    check_form(edge, head, form, owner=staff.actor)
    return form


def minor_of(text: str, currency: str) -> int:
    """Read an amount such as `12.50` as minor units; nothing at all is 0.

    Raises:
        Invalid: it is no amount.
    """
    return _scaled(text, minor_digits(currency))


def basis_points_of(text: str) -> int:
    """Read a percentage such as `7.5`; nothing at all is 0.

    Raises:
        Invalid: it is no percentage.
    """
    return _scaled(text, PERCENT_DECIMALS)


def number_of(text: str) -> int | None:
    """Read a whole number; nothing at all is None.

    Raises:
        Invalid: it is none.
    """
    return _scaled(text, 0) if text.strip() else None


def moment_of(text: str, zone: str) -> str | None:
    """Read what a field for a date and a time says, where the hall stands.

    Raises:
        Invalid: it is no such moment.
    """
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError as error:
        raise Invalid("Give each date as a day and a time.") from error
    return local.isoformat()


def _scaled(text: str, decimals: int) -> int:
    cleaned = text.strip().replace(",", "")
    if not cleaned:
        return 0
    if not _AMOUNT.fullmatch(cleaned):
        raise Invalid(f"{text.strip()[:20]!r} is not a number like 12.50.")
    scaled = Decimal(cleaned).scaleb(decimals)
    if scaled != int(scaled):
        raise Invalid(f"{text.strip()[:20]!r} has too many decimals.")
    return int(scaled)
