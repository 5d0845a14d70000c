"""Notices of the payment provider: a reason to look, never the truth itself.

Whoever can sign may tell us that something happened; what happened is what the provider
answers when it is asked. So notices may come twice, late, in any order and from
yesterday. One that was not dealt with is answered 503, and the provider sends it again.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import msgspec
import structlog
from litestar import Request, Response, post
from litestar.di import NamedDependency

from boxoffice import errors
from boxoffice.application.ports.payments import (
    Notice,
    ProviderPayment,
    ProviderRefund,
)
from boxoffice.application.processes.finality import made_final
from boxoffice.application.processes.news import (
    Context,
    doubt,
    payment_news,
    refund_news,
    settling,
    stuck,
)
from boxoffice.application.queries.orders import KnownOrder, find_order
from boxoffice.application.writer import ask
from boxoffice.domain.payments.decide import attempt_of
from boxoffice_api import metrics
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.bodies import body_of
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.problems import TooLarge
from boxoffice_api.spec import spec

SIGNATURE = b"stripe-signature"

log = structlog.get_logger()


class NoticeTaken(msgspec.Struct, frozen=True):
    """What became of a notice: news to us, known already, or no business of ours."""

    outcome: Literal["news", "known", "not-ours", "ignored"]


async def take_notice(edge: Edge, head: Head, body: bytes) -> Answer:
    """Deal with a notice.

    Raises:
        Forged: the provider did not sign this, or not lately.
        Unavailable: provider or log do not answer; send it again.
    """
    signature = head.headers.get(SIGNATURE, b"").decode("latin-1")
    now = edge.container.clock.now()
    notice = edge.container.payments.read_notice(body, signature, now=now)
    outcome = await _outcome(edge, notice)
    taken = msgspec.json.encode(NoticeTaken(outcome))
    return Answer(200, taken, headers=(NO_STORE,))


async def _outcome(
    edge: Edge, notice: Notice
) -> Literal["news", "known", "not-ours", "ignored"]:
    if notice.kind == "other":
        return "ignored"
    try:
        accepted = await _news(edge, notice)
    except (errors.NotFound, errors.ProviderRefused) as error:
        log.warning(
            "notice_not_ours",
            notice=notice.event,
            reference=notice.reference,
            code=error.code,
        )
        return "not-ours"
    return "news" if accepted else "known"


async def _news(edge: Edge, notice: Notice) -> bool:
    """Have stored how it stands at the provider; tell whether that was news."""
    try:
        async with asyncio.timeout(edge.container.settings.payment_timeout_s):
            said, known = await _looked_up(edge, notice)
    except TimeoutError as error:
        raise errors.Unavailable from error
    _report_doubt(said, known)
    container = edge.container
    context = Context(
        now=container.clock.now(),
        provider=container.payments.name,
        performance=known.order.performance,
        spare_s=container.settings.offer_s,
    )
    command = (
        payment_news(said, context)
        if isinstance(said, ProviderPayment)
        else refund_news(said, known.code, context)
    )
    request = settling(command, venue=container.settings.venue)
    accepted = await ask(container.writer, request)
    for failed in stuck(accepted):
        metrics.refund_stuck()
        log.error("refund_stuck", order=known.code, refund=failed.refund)
    return bool(accepted.facts) and not accepted.repeated


def _report_doubt(said: ProviderPayment | ProviderRefund, known: KnownOrder) -> None:
    if what := doubt(said, known.payment):
        metrics.doubted(what)
        log.error(
            "provider_doubted",
            what=what,
            order=known.code,
            reference=said.reference,
            said=str(said.amount),
        )


async def _looked_up(
    edge: Edge, notice: Notice
) -> tuple[ProviderPayment | ProviderRefund, KnownOrder]:
    """Ask the provider how it stands; give that with the order it is about.

    Nothing is done there before it is certain that the payment is ours.
    """
    payments, store = edge.container.payments, edge.container.store
    if notice.kind == "payment":
        stands = await payments.look_up(notice.reference)
        known = await find_order(store, stands.order)
        attempt_of(known.payment, stands.attempt)
        return await made_final(payments, stands), known
    refund = await payments.look_up_refund(notice.reference)
    paid = await payments.look_up(refund.payment)
    return refund, await find_order(store, paid.order)


@post(
    "/v1/payments/webhook",
    status_code=200,
    opt=spec(
        tag="payments",
        answers={200: NoticeTaken},
        problems=(errors.Forged, errors.Invalid, TooLarge),
    ),
)
async def post_webhook(
    request: Request[Any, Any, Any], edge: NamedDependency[Edge]
) -> Response[bytes]:
    """Take a signed notice of the payment provider."""
    head, body = head_of(request), await body_of(request)
    return as_response(await take_notice(edge, head, body))


HANDLERS = [post_webhook]
