"""By whose authority something happens to an order: staff see it, buyers do not.

Facts name everybody by ids; `names` says how the actors among the staff are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.readmodels.order_document import OrderDocument
from boxoffice_api.amounts import MoneyView


class TicketView(msgspec.Struct, frozen=True):
    """A place at a performance."""

    performance: str
    place: int


class RequestView(msgspec.Struct, frozen=True):
    """What one member of staff wants and another one must agree to."""

    request: str
    kind: Literal["refund", "comps"]
    amount: MoneyView
    kept: MoneyView
    tickets: list[TicketView]
    by: str
    note: str


class CompsView(msgspec.Struct, frozen=True):
    """By whose authority the tickets are free; `face` is what they would have cost.

    `host` is who invites, unless nobody knows any more; `tax_owed` is the tax on what
    they would have cost, which the house owes.
    """

    host: str | None
    reason: str
    budget: str
    face: MoneyView
    by: str
    approver: str | None
    tax_owed: MoneyView


def requests_of(document: OrderDocument, names: Mapping[str, str]) -> list[RequestView]:
    """Show what waits for a second person."""
    return [
        RequestView(
            request=request.request,
            kind=request.kind,
            amount=MoneyView(request.amount, document.currency),
            kept=MoneyView(request.kept, document.currency),
            tickets=[TicketView(t.performance, t.ordinal) for t in request.tickets],
            by=names.get(request.by, request.by),
            note=request.note,
        )
        for request in document.requests
    ]


def comps_of(
    document: OrderDocument,
    people: Mapping[PersonId, Particulars],
    names: Mapping[str, str],
) -> CompsView | None:
    """Show by whose authority tickets are free, if they are."""
    comps = document.comps
    if comps is None:
        return None
    host = people.get(PersonId(comps.host))
    return CompsView(
        host=None if host is None else host.name,
        reason=comps.reason,
        budget=comps.budget,
        face=MoneyView(comps.face, document.currency),
        by=names.get(comps.by, comps.by),
        approver=comps.approver and names.get(comps.approver, comps.approver),
        tax_owed=MoneyView(comps.tax_owed, document.currency),
    )
