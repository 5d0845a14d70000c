"""Whether promotions, comps and limited price types stayed within their limits.

What counts is the limit that stood when something was taken out of it: one that is
lowered later takes nothing back.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import msgspec

from boxoffice.application.audit.finding import Check, Findings
from boxoffice.application.ports.log import LogRecord
from boxoffice.domain.ids import FAMILY_BYTES
from boxoffice.domain.message import Event
from boxoffice.domain.pricing.events import PricesSet, QuotaClaimed
from boxoffice.domain.promotions.events import (
    CompBudgetSet,
    CompsDrawn,
    CompsReturned,
    PromotionDefined,
    PromotionEnded,
    PromotionRedeemed,
    PromotionReturned,
    PromotionTerms,
    PromotionUnused,
    PromotionUsed,
)


class _Code(msgspec.Struct):
    """A promotion: which orders stand with which discount."""

    terms: PromotionTerms | None = None
    ended: bool = False
    orders: dict[str, int] = {}
    customers: dict[str, set[str]] = {}


class _Budget(msgspec.Struct):
    """A budget for comps and what was drawn."""

    limits: CompBudgetSet | None = None
    places: int = 0
    face: int = 0


class Budgets:
    """No code, no customer of it and no budget for comps ever went over its limit."""

    def __init__(self) -> None:
        self._findings = Findings("budgets")
        self._codes: defaultdict[bytes, _Code] = defaultdict(_Code)
        self._budgets: defaultdict[bytes, _Budget] = defaultdict(_Budget)
        self._redeemed = 0
        self._drawn = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        match event:
            case PromotionDefined():
                code = self._codes[record.stream[:FAMILY_BYTES]]
                code.terms, code.ended = event.terms, False
            case PromotionEnded():
                self._codes[record.stream[:FAMILY_BYTES]].ended = True
            case PromotionRedeemed() | PromotionReturned():
                self._redeem(record, event)
            case PromotionUsed() | PromotionUnused():
                self._use(record, event)
            case CompBudgetSet():
                self._budgets[record.stream].limits = event
            case CompsDrawn() | CompsReturned():
                self._draw(record, event)
            case _:
                pass

    def check(self) -> Check:
        return self._findings.check(
            f"{self._redeemed:,} discounts and {self._drawn:,} draws of comps,"
            " each within its limits"
        )

    def _wrong(self, record: LogRecord, problem: str) -> None:
        self._findings.add(record.position, f"At {record.position} {problem}.")

    def _redeem(
        self, record: LogRecord, event: PromotionRedeemed | PromotionReturned
    ) -> None:
        code = self._codes[record.stream[:FAMILY_BYTES]]
        if isinstance(event, PromotionReturned):
            if code.orders.pop(event.order, None) != event.discount.minor:
                self._wrong(record, f"{event.code} got back what it had not given")
            return
        self._redeemed += 1
        if event.order in code.orders:
            self._wrong(record, f"order {event.order} used {event.code} twice")
        code.orders[event.order] = event.discount.minor
        terms = code.terms
        if terms is None or code.ended:
            self._wrong(record, f"{event.code} was used, but does not stand")
        elif terms.currency != event.discount.currency:
            self._wrong(record, f"{event.code} was used in another currency")
        elif terms.budget is not None and sum(code.orders.values()) > terms.budget:
            self._wrong(record, f"{event.code} gave more than its {terms.budget}")
        elif terms.orders_max is not None and len(code.orders) > terms.orders_max:
            self._wrong(record, f"{event.code} was used by too many orders")

    def _use(self, record: LogRecord, event: PromotionUsed | PromotionUnused) -> None:
        code = self._codes[record.stream[:FAMILY_BYTES]]
        orders = code.customers.setdefault(event.customer, set())
        if isinstance(event, PromotionUnused):
            orders.discard(event.order)
            return
        orders.add(event.order)
        most = code.terms.per_customer_max if code.terms else None
        if most is not None and len(orders) > most:
            self._wrong(record, f"a customer used {event.code} {len(orders)} times")

    def _draw(self, record: LogRecord, event: CompsDrawn | CompsReturned) -> None:
        budget = self._budgets[record.stream]
        sign = 1 if isinstance(event, CompsDrawn) else -1
        budget.places += sign * event.places
        budget.face += sign * event.face.minor
        if budget.places < 0 or budget.face < 0:
            self._wrong(record, f"{event.budget} got back what was not drawn")
        if sign < 0:
            return
        self._drawn += 1
        limits = budget.limits
        if limits is None or limits.face_max.currency != event.face.currency:
            self._wrong(record, f"comps were drawn from {event.budget}, which is none")
        elif budget.places > limits.places_max or budget.face > limits.face_max.minor:
            self._wrong(record, f"{event.budget} gave away more than it has")


class Quotas:
    """No limited price type was ever given to more places than it has."""

    def __init__(self) -> None:
        self._findings = Findings("quotas")
        self._limits: dict[bytes, dict[str, int]] = {}
        self._claims: defaultdict[tuple[bytes, str], dict[str, QuotaClaimed]] = (
            defaultdict(dict)
        )
        self._number = 0

    def read(self, record: LogRecord, event: Event | None) -> None:
        family = record.stream[:FAMILY_BYTES]
        if isinstance(event, PricesSet):
            quotas = {t.code: t.quota for t in event.types if t.quota is not None}
            self._limits[family] = quotas
        elif isinstance(event, QuotaClaimed):
            self._number += 1
            self._claim(record, family, event)

    def check(self) -> Check:
        return self._findings.check(
            f"{self._number:,} claims on limited price types, all within their limits"
        )

    def _claim(self, record: LogRecord, family: bytes, event: QuotaClaimed) -> None:
        claims = self._claims[family, event.price_type]
        before = claims.pop(event.hold, None)
        if event.count > 0:
            claims[event.hold] = event
        if before is not None and event.count <= before.count:
            return
        limit = self._limits.get(family, {}).get(event.price_type)
        at = record.recorded_at
        taken = sum(one.count for one in claims.values() if _stands(one, at))
        if limit is not None and taken > limit:
            detail = (
                f"At {record.position} {taken} places are claimed at"
                f" {event.price_type}, which has {limit}."
            )
            self._findings.add(record.position, detail)


def _stands(claim: QuotaClaimed, at: datetime) -> bool:
    """Tell whether a claim counts for sure; grace is given to both sides."""
    return claim.until is None or at < claim.until
