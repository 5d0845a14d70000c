"""Seeing every purchase through to its end: a pure process over orders and payments.

Each call to the provider is preceded by its recorded intention, and is made until the
log holds its answer: after a crash the same facts lead to the same calls, under the
same keys. What ran out of time is ended, and so is every order of a performance that
was called off.

`react` folds, `due` says what to do now, `landed` takes note of how it went.
The same facts and the same times always give the same actions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, get_args

import msgspec
import structlog

from boxoffice.application.processes.agenda import Matter
from boxoffice.application.processes.checkout_state import (
    Checkout,
    Limit,
    OpenOrder,
    Try,
)
from boxoffice.application.processes.folding_checkout import FOLDS
from boxoffice.domain import events
from boxoffice.domain.ids import OrderCode, PerformanceId
from boxoffice.domain.inventory.state import TAKEOVER_GRACE
from boxoffice.domain.message import Fact
from boxoffice.domain.money import Money
from boxoffice.domain.orders.commands import EndForPerformance, ExpireOrder

CallKind = Literal["start", "look_up", "capture", "cancel", "refund", "look_up_refund"]
CALLS = frozenset(get_args(CallKind))
TAGS = frozenset(events.TAGS[kind] for kind in FOLDS)
"""Everything that `react` looks at."""
TOUCHED_MAX = 1_024
"""Orders that may be settled before they are looked through."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Something to ask of the provider.

    `name` is the attempt or the refund, `reference` what the provider calls the
    payment or, for `look_up_refund`, the refund; "" when nobody knows it yet. `tries`
    counts the calls before this one that came to nothing, in this process.
    """

    key: str
    kind: CallKind
    order: str
    performance: str
    name: str
    amount: Money
    reference: str
    tries: int = 0
    method: str = ""
    instrument: str = ""
    return_url: str = ""


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """A command for the write path; `cause` names it for ever."""

    key: str
    cause: str
    command: ExpireOrder | EndForPerformance


Action = Call | Tell

log = structlog.get_logger()


def react(state: Checkout, fact: Fact) -> None:
    """Take note of a fact, and of what is wanted since."""
    if state.aside and getattr(fact.event, "order", None) in state.aside:
        return
    fold: Callable[[Checkout, Fact], OpenOrder | None] | None
    fold = FOLDS.get(type(fact.event))
    order = fold(state, fact) if fold else None
    if order is not None:
        _want_of_payments(state, order, fact.recorded_at)
        _want_of_limits(state, order)
    if len(state.touched) > TOUCHED_MAX:
        state.forget_settled()


def _want_of_payments(state: Checkout, order: OpenOrder, at: datetime) -> None:
    for attempt in order.attempts.values():
        key = f"pay {order.code} {attempt.attempt}"
        what = _wanted(order, attempt)
        if not what:
            state.agenda.drop(key)
        elif what.startswith("look_up"):
            watch = state.paces.watch
            state.agenda.want(key, what, at=at + watch.pause(0), pace=watch)
        else:
            state.agenda.want(key, what, at=at, pace=state.paces.call)


def _wanted(order: OpenOrder, attempt: Try) -> str:
    if attempt.done:
        return ""
    if attempt.given_up:
        return "cancel"
    if attempt.status == "requested":
        return "start"
    if attempt.status == "awaited":
        return f"look_up {attempt.waits_for}"
    waiting = order.exchange if attempt.purpose == "exchange" else ""
    return "capture" if order.status == "confirmed" and not waiting else ""


def _want_of_limits(state: Checkout, order: OpenOrder) -> None:
    for limit in get_args(Limit):
        key = f"limit {order.code} {limit}"
        until = order.limits.get(limit)
        if until is None:
            state.agenda.drop(key)
            continue
        at = until + TAKEOVER_GRACE
        state.agenda.want(key, until.isoformat(), at=at, pace=state.paces.call)


def due(state: Checkout, now: datetime, *, actions_max: int) -> list[Action]:
    """Give what must be done at `now`, the most overdue first.

    Each is given once, until `landed` says how it went.
    """
    state.forget_settled()
    actions: list[Action] = []
    for matter in state.agenda.due(now, matters_max=actions_max):
        action = _guarded(state, matter, now)
        if action is None:
            state.agenda.drop(matter.key)
            state.agenda.landed(matter.key, now=now)
        else:
            actions.append(action)
    return actions


def _guarded(state: Checkout, matter: Matter, now: datetime) -> Action | None:
    """Give an action; an order that something unexpected happens to is set aside."""
    try:
        return _action(state, matter, now)
    except Exception:
        log.exception("order_set_aside", matter=matter.key)
        state.set_aside(matter.key.split(" ")[1])
        return None


def _action(state: Checkout, matter: Matter, now: datetime) -> Action | None:
    area, name, *rest = matter.key.split(" ")
    if area == "house":
        _lay_to_rest(state, name)
        return None
    if area == "end":
        command = EndForPerformance(
            now=now, order=OrderCode(name), performance=PerformanceId(rest[0])
        )
        return Tell(key=matter.key, cause=matter.key, command=command)
    order = state.orders.get(name)
    if order is None:
        return None
    if area == "limit":
        return _expiry(matter, order, now)
    if area == "refund":
        return _refund_call(matter, order, rest[0])
    return _payment_call(matter, order, order.attempts[rest[0]])


def _lay_to_rest(state: Checkout, performance: str) -> None:
    house = state.houses[performance]
    house.rest()
    if not house.resting:
        del state.houses[performance]


def _expiry(matter: Matter, order: OpenOrder, now: datetime) -> Tell:
    command = ExpireOrder(
        now=now,
        performance=PerformanceId(order.performance),
        order=OrderCode(order.code),
    )
    return Tell(key=matter.key, cause=f"{matter.key} {matter.what}", command=command)


def _payment_call(matter: Matter, order: OpenOrder, attempt: Try) -> Call:
    kind, _, _ = matter.what.partition(" ")
    return Call(
        key=matter.key,
        kind=msgspec.convert(kind, CallKind),
        order=order.code,
        performance=order.performance,
        name=attempt.attempt,
        tries=matter.tries,
        amount=attempt.amount,
        method=attempt.method,
        instrument=attempt.instrument,
        return_url=attempt.return_url,
        reference=attempt.reference,
    )


def _refund_call(matter: Matter, order: OpenOrder, name: str) -> Call:
    refund = order.refunds[name]
    return Call(
        key=matter.key,
        kind="look_up_refund" if refund.found else "refund",
        order=order.code,
        performance=order.performance,
        name=name,
        tries=matter.tries,
        amount=refund.amount,
        reference=refund.found or refund.reference,
    )


def landed(state: Checkout, action: Action, *, now: datetime, over: bool) -> None:
    """Take note that an action was carried out, or that it did not get through.

    It is done again, after a pause, until the facts say that it is done or it is
    `over`: a rule said no, for ever.
    """
    if over:
        state.agenda.drop(action.key)
    state.agenda.landed(action.key, now=now)
