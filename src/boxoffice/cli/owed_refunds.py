"""`boxoffice order`: what staff do about money that no bank takes back.

The commands are those of the pages: tried again, or given back by hand, of which two
people say that it happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, new_name
from boxoffice.cli.order_changes import carry_out, performance_of
from boxoffice.cli.people import BY
from boxoffice.cli.words import NOTE
from boxoffice.errors import RefundNotStuck
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.queries.orders import KnownOrder
    from boxoffice.application.requests import Accepted
    from boxoffice.bootstrap import Container
    from boxoffice.domain.ids import RefundId
    from boxoffice.domain.message import Command


@click.command()
@click.argument("code")
@click.argument("refund", default="")
@BY
@configured
def retry_refund(settings: Settings, /, *, code: str, refund: str, by: str) -> None:
    """Try a refund again that failed for good; REFUND is needed if several did."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.ids import RefundId
        from boxoffice.domain.payments.commands import RetryRefund

        return RetryRefund(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            refund=_failed_refund(known, refund),
            retry=RefundId(new_name()),
            by=actor,
        )

    _say_done(carry_out(settings, code, command, by=by))


@click.command()
@click.argument("code")
@click.argument("refund", default="")
@NOTE
@BY
@configured
def pay_out(
    settings: Settings, /, *, code: str, refund: str, note: str, by: str
) -> None:
    """Say that you gave back by hand what no bank takes, and how."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.payments.commands import PayOutRefund

        return PayOutRefund(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            refund=_failed_refund(known, refund),
            by=actor,
            note=note,
        )

    _say_done(carry_out(settings, code, command, by=by))


@click.command()
@click.argument("code")
@click.argument("refund", default="")
@BY
@configured
def confirm_pay_out(settings: Settings, /, *, code: str, refund: str, by: str) -> None:
    """Agree, as a second person, that it was given back: nothing is owed any more."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.payments.commands import ConfirmPayOut

        return ConfirmPayOut(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            refund=_failed_refund(known, refund),
            by=actor,
        )

    _say_done(carry_out(settings, code, command, by=by))


def _failed_refund(known: KnownOrder, named: str) -> RefundId:
    """Give the refund that is meant: the only one that failed, unless one is named."""
    from boxoffice.domain.ids import RefundId

    refunds = known.payment.refunds.values()
    failed = [one.refund for one in refunds if one.state == "failed"]
    if not named and len(failed) != 1:
        raise RefundNotStuck(
            f"{len(failed)} refunds failed for good; say which: {', '.join(failed)}."
            if failed
            else "No refund of this order failed for good."
        )
    return RefundId(named or failed[0])


def _say_done(accepted: Accepted) -> None:
    from boxoffice.domain.payments.events import (
        RefundPaidOut,
        RefundRequested,
        RefundSettled,
    )

    for fact in accepted.facts:
        match fact.event:
            case RefundRequested() as again:
                click.echo(f"{again.amount} on the way back again.")
            case RefundPaidOut():
                click.echo("Paid out; a second person must confirm it.")
            case RefundSettled() as settled:
                click.echo(f"{settled.amount} given back by hand; nothing is owed.")


OWED = (retry_refund, pay_out, confirm_pay_out)
