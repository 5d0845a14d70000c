"""`boxoffice order`: look at an order, and end it, wholly or in part.

What a console does is on record as `system:console`. A refund above the limit for one
person waits for a second one, as everywhere; agreeing needs a person with a name, so it
is not done here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, new_id, print_json, tell
from boxoffice.errors import Invalid
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from boxoffice.application.queries.orders import KnownOrder
    from boxoffice.application.requests import Accepted
    from boxoffice.bootstrap import Container
    from boxoffice.domain.ids import PerformanceId
    from boxoffice.domain.message import Command
    from boxoffice.domain.orders.events import TicketRef

ACTOR = "system:console"
NOTE = click.option("--note", required=True, help="Goes on record.")


@click.group()
def order() -> None:
    """Orders: look at them, cancel, void and refund them."""


@order.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def show(settings: Settings, /, *, code: str, as_json: bool) -> None:
    """Show an order, its tickets and its money; whose it is stays in the vault."""
    from boxoffice.domain.money import Money
    from boxoffice.readmodels.order import fold

    document = fold(None, in_house(settings, partial(_find, code=code)).facts)
    if as_json:
        print_json(document)
        return
    click.echo(f"{document.order}  {document.status}")
    for line in document.lines:
        price = Money(line.price, document.currency)
        click.echo(f"  {line.ordinal:>6}  {line.label}  {price}  {line.state}")
    for what in ("paid", "refunding", "refunded", "kept"):
        amount = Money(getattr(document, what), document.currency)
        click.echo(f"  {what:10} {amount}")


@order.command()
@click.argument("code")
@click.option("--note", default="", help="Goes on record.")
@configured
def cancel(settings: Settings, /, *, code: str, note: str) -> None:
    """End an order that is not confirmed, an unpaid exchange, or an offer."""

    def command(container: Container, known: KnownOrder) -> Command:
        from boxoffice.domain.orders.commands import CancelOrder

        return CancelOrder(
            now=container.clock.now(),
            performance=_performance(known),
            order=known.code,
            buyer=None,
            by=ACTOR,
            note=note,
        )

    _carry_out(settings, code, command)
    click.echo("Cancelled.")


@order.command()
@click.argument("code")
@NOTE
@configured
def void(settings: Settings, /, *, code: str, note: str) -> None:
    """Undo a confirmed order as if it had never been; all money goes back."""

    def command(container: Container, known: KnownOrder) -> Command:
        from boxoffice.domain.orders.commands import VoidOrder

        return VoidOrder(
            now=container.clock.now(),
            performance=_performance(known),
            order=known.code,
            by=ACTOR,
            note=note,
            window_s=container.settings.void_window_s,
        )

    _carry_out(settings, code, command)
    click.echo("Voided; the money is on its way back.")


@order.command()
@click.argument("code")
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@NOTE
@click.option(
    "--fee", type=click.IntRange(0), default=0, help="Kept per ticket, minor."
)
@click.option("--keep-fees", is_flag=True, help="Keep the fees that came on top.")
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
) -> None:
    """Take tickets back by the numbers of their places, and return the money."""

    def command(container: Container, known: KnownOrder) -> Command:
        from boxoffice.domain.orders.commands import RefundTickets

        return RefundTickets(
            now=container.clock.now(),
            performance=_performance(known),
            order=known.code,
            buyer=None,
            tickets=_tickets(known, places),
            by=ACTOR,
            note=note,
            request=new_id(),
            keep_outside=keep_fees,
            fee=fee,
            unapproved_max=container.settings.refund_unapproved_max,
        )

    _say_refund(_carry_out(settings, code, command))


def _carry_out(
    settings: Settings,
    code: str,
    command: Callable[[Container, KnownOrder], Command],
) -> Accepted:
    async def work(container: Container) -> Accepted:
        return await tell(
            container, command(container, await _find(container, code=code))
        )

    return in_house(settings, work)


async def _find(container: Container, *, code: str) -> KnownOrder:
    from boxoffice.application.queries.orders import find_order

    return await find_order(container.store, code.strip().upper())


def _performance(known: KnownOrder) -> PerformanceId:
    from boxoffice.domain.ids import PerformanceId

    return PerformanceId(known.order.performance)


def _tickets(known: KnownOrder, places: tuple[str, ...]) -> tuple[TicketRef, ...]:
    by_number = {str(ref.ordinal): ref for ref in known.order.tickets}
    unknown = [place for place in places if place not in by_number]
    if unknown:
        raise Invalid(f"Order {known.code} has no place {', '.join(unknown)}.")
    return tuple(by_number[place] for place in places)


def _say_refund(accepted: Accepted) -> None:
    from boxoffice.domain.orders.events import ApprovalAsked, TicketsRefunded

    for fact in accepted.facts:
        match fact.event:
            case TicketsRefunded() as done:
                click.echo(f"{done.amount} on the way back, {done.kept} kept.")
            case ApprovalAsked() as asked:
                click.echo(f"{asked.amount} is much: a second person must agree.")
