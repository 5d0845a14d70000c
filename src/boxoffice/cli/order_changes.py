"""`boxoffice order`: what ends an order, returns its money, or agrees to that.

Everything here is on record under the name that `--by` gives, and the limits for one
person are those of the pages: above them somebody else must approve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, new_name, tell
from boxoffice.cli.orders import find
from boxoffice.cli.people import BY, actor_named
from boxoffice.cli.places import named_tickets
from boxoffice.cli.words import NOTE, NOTE_IF_ANY
from boxoffice.errors import RequestNotOpen
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.queries.orders import KnownOrder
    from boxoffice.application.requests import Accepted
    from boxoffice.bootstrap import Container
    from boxoffice.domain.ids import PerformanceId
    from boxoffice.domain.message import Command

    Wanted = Callable[[Container, KnownOrder, str], Command]
    """Makes the command of the house, the order and the actor."""


@click.command()
@click.argument("code")
@NOTE_IF_ANY
@BY
@configured
def cancel(settings: Settings, /, *, code: str, note: str, by: str) -> None:
    """End an order that is not confirmed, an unpaid exchange, or an offer."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.orders.commands import CancelOrder

        return CancelOrder(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            buyer=None,
            by=actor,
            note=note,
        )

    carry_out(settings, code, command, by=by)
    click.echo("Cancelled.")


@click.command()
@click.argument("code")
@NOTE
@BY
@configured
def void(settings: Settings, /, *, code: str, note: str, by: str) -> None:
    """Undo a confirmed order as if it had never been; all money goes back."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.orders.commands import VoidOrder

        return VoidOrder(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            by=actor,
            note=note,
            window_s=container.settings.void_window_s,
            unapproved_max=container.settings.refund_unapproved_max,
        )

    carry_out(settings, code, command, by=by)
    click.echo("Voided; the money is on its way back.")


@click.command()
@click.argument("code")
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@NOTE
@click.option(
    "--fee", type=click.IntRange(0), default=0, help="Kept per ticket, minor."
)
@click.option("--keep-fees", is_flag=True, help="Keep the fees that came on top.")
@BY
@configured
def refund(
    settings: Settings,
    /,
    *,
    code: str,
    places: tuple[str, ...],
    note: str,
    fee: int,
    keep_fees: bool,
    by: str,
) -> None:
    """Take tickets back and return the money.

    A PLACE is a number or a label as `order show` has it, or PERFORMANCE:NUMBER.
    """

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.orders.commands import RefundTickets

        return RefundTickets(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            buyer=None,
            tickets=named_tickets(known, places),
            by=actor,
            note=note,
            request=new_name(),
            keep_outside=keep_fees,
            fee=fee,
            unapproved_max=container.settings.refund_unapproved_max,
        )

    say_done(carry_out(settings, code, command, by=by))


@click.command()
@click.argument("code")
@click.argument("request", default="")
@BY
@configured
def approve(settings: Settings, /, *, code: str, request: str, by: str) -> None:
    """Agree to what another person asked for; REQUEST is needed if several wait."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.orders.commands import ApproveRequest

        return ApproveRequest(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            request=_open_request(known, request),
            by=actor,
        )

    say_done(carry_out(settings, code, command, by=by))


@click.command()
@click.argument("code")
@click.argument("request", default="")
@NOTE_IF_ANY
@BY
@configured
def deny(settings: Settings, /, *, code: str, request: str, note: str, by: str) -> None:
    """Say no to what was asked for, or take one's own wish back."""

    def command(container: Container, known: KnownOrder, actor: str) -> Command:
        from boxoffice.domain.orders.commands import DenyRequest

        return DenyRequest(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            request=_open_request(known, request),
            by=actor,
            note=note,
        )

    carry_out(settings, code, command, by=by)
    click.echo("Denied.")


@click.command()
@click.argument("code")
@BY
@configured
def accept(settings: Settings, /, *, code: str, by: str) -> None:
    """Take the other places that are offered for late money, for the buyer."""

    def command(container: Container, known: KnownOrder, _: str) -> Command:
        from boxoffice.domain.orders.commands import AcceptAlternative

        return AcceptAlternative(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            buyer=None,
        )

    carry_out(settings, code, command, by=by)
    click.echo("Accepted; the places are the buyer's.")


@click.command()
@click.argument("code")
@BY
@configured
def decline(settings: Settings, /, *, code: str, by: str) -> None:
    """Do without the places that are offered; the money goes back."""

    def command(container: Container, known: KnownOrder, _: str) -> Command:
        from boxoffice.domain.orders.commands import DeclineAlternative

        return DeclineAlternative(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            buyer=None,
        )

    carry_out(settings, code, command, by=by)
    click.echo("Declined; the money is on its way back.")


def performance_of(known: KnownOrder) -> PerformanceId:
    """Give the performance that a command about the order names."""
    from boxoffice.domain.ids import PerformanceId

    return PerformanceId(known.order.performance)


def say_done(accepted: Accepted) -> None:
    """Tell what was returned, swapped or given away, or who has to agree first."""
    from boxoffice.domain.orders.events import (
        ApprovalAsked,
        CompsIssued,
        ExchangePlaced,
        TicketsExchanged,
        TicketsRefunded,
    )

    for fact in accepted.facts:
        match fact.event:
            case TicketsRefunded() as done:
                click.echo(f"{done.amount} on the way back, {done.kept} kept.")
            case CompsIssued() as given:
                click.echo(f"{given.order} is given away, worth {given.face}.")
            case ExchangePlaced() as placed:
                click.echo(f"{placed.due} to pay first, on the order's page.")
            case TicketsExchanged() as swapped:
                click.echo(f"Exchanged, {swapped.returned} on the way back.")
            case ApprovalAsked() as asked:
                click.echo(
                    f"{asked.order}: {asked.amount} is much, a second person must"
                    f" agree (request {asked.request})."
                )


def carry_out(settings: Settings, code: str, wanted: Wanted, *, by: str) -> Accepted:
    """Have the command about an order decided and stored, on record under a name."""

    async def work(container: Container) -> Accepted:
        known = await find(container, code=code)
        actor = await actor_named(container, by)
        return await tell(container, wanted(container, known, actor), actor=actor)

    return in_house(settings, work)


def _open_request(known: KnownOrder, named: str) -> str:
    """Give the request that is meant: the only one, unless one is named."""
    waiting = list(known.order.requests)
    if not named and len(waiting) != 1:
        raise RequestNotOpen(
            f"{len(waiting)} requests wait; say which: {', '.join(waiting)}."
            if waiting
            else None
        )
    return named or waiting[0]


CHANGES = (cancel, void, refund, approve, deny, accept, decline)
