"""`boxoffice order`: look at orders and at what waits for somebody of the staff.

What changes an order is in `order_changes`, `exchanges` and `owed_refunds`, and needs
a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import rich_click as click

from boxoffice.cli.house import configured, in_house, print_json
from boxoffice.cli.identifiers import HEX
from boxoffice.cli.people import names_of_staff
from boxoffice.readmodels.order_document import Status
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.queries.orders import KnownOrder, OrderList
    from boxoffice.bootstrap import Container
    from boxoffice.readmodels.order_document import (
        OrderDocument,
        ShownRefund,
        ShownRequest,
    )

WAITING = ("approval", "pay-out")
AFTER = click.option("--after", type=click.IntRange(1), help="The page after this.")


@click.group()
def order() -> None:
    """Orders: look at them, change them, take tickets back."""


@order.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def show(settings: Settings, /, *, code: str, as_json: bool) -> None:
    """Show an order, its tickets and its money; whose it is stays in the vault."""
    from boxoffice.domain.money import Money
    from boxoffice.readmodels.order import fold

    async def work(container: Container) -> tuple[KnownOrder, dict[str, str]]:
        return await find(container, code=code), await names_of_staff(container)

    known, names = in_house(settings, work)
    document = fold(None, known.facts)
    if as_json:
        print_json(document)
        return
    click.echo(f"{document.order}  {document.status}")
    for performance in document.performances:
        _say_tickets(document, performance)
    for what in ("paid", "refunding", "refunded", "kept"):
        amount = Money(getattr(document, what), document.currency)
        click.echo(f"  {what:10} {amount}")
    for request in document.requests:
        click.echo(f"  waits for a second person: {_wish(document, request, names)}")
    for refund in document.failed_refunds:
        click.echo(f"  no bank takes it: {_owed(document, refund, names)}")


@order.command(name="list")
@click.argument("performance", type=HEX)
@click.option("--status", type=click.Choice(get_args(Status)), help="Only these.")
@AFTER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def list_(
    settings: Settings,
    /,
    *,
    performance: str,
    status: Status | None,
    after: int | None,
    as_json: bool,
) -> None:
    """List the orders that have or had tickets for PERFORMANCE, as they were placed."""
    from boxoffice.domain.ids import PerformanceId

    async def work(container: Container) -> OrderList:
        from boxoffice.application.queries.manifest import manifest_of
        from boxoffice.application.queries.orders import list_orders
        from boxoffice.bootstrap import order_documents

        of = PerformanceId(performance)
        await manifest_of(container.store, of)
        documents = await order_documents(container)
        return await list_orders(documents, performance=of, status=status, after=after)

    found = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    for one in found.orders:
        click.echo(_summary(one))
    _say_more(found)


@order.command()
@click.argument("what", type=click.Choice(WAITING), default="approval")
@AFTER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def waiting(
    settings: Settings, /, *, what: str, after: int | None, as_json: bool
) -> None:
    """List what one person asked for and another one must agree to.

    With `pay-out`, list the refunds that no bank takes instead.
    """

    async def work(container: Container) -> tuple[OrderList, dict[str, str]]:
        from boxoffice.application.queries.orders import list_approvals, list_owed
        from boxoffice.bootstrap import order_documents

        documents = await order_documents(container)
        listed = list_owed if what == "pay-out" else list_approvals
        found = await listed(documents, after=after)
        return found, await names_of_staff(container)

    found, names = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    for one in found.orders:
        for sentence in _waits(one, what, names):
            click.echo(f"{one.order}  {sentence}")
    _say_more(found)


async def find(container: Container, *, code: str) -> KnownOrder:
    """Give an order by its code, in any case of letters.

    Raises:
        NotFound: there is none.
    """
    from boxoffice.application.queries.orders import find_order

    return await find_order(container.store, code.strip().upper())


def _say_tickets(document: OrderDocument, performance: str) -> None:
    from boxoffice.domain.money import Money

    click.echo(f"  at {performance}")
    for line in document.lines:
        if line.performance == performance:
            price = Money(line.price, document.currency)
            click.echo(f"  {line.ordinal:>6}  {line.label}  {price}  {line.state}")


def _summary(document: OrderDocument) -> str:
    from boxoffice.domain.money import Money

    total = Money(document.total, document.currency)
    placed, count = f"{document.placed_at:%Y-%m-%d %H:%M}", len(document.lines)
    return f"{document.order}  {placed}Z  {document.status:9} {count:>3}  {total}"


def _wish(document: OrderDocument, request: ShownRequest, names: dict[str, str]) -> str:
    from boxoffice.domain.money import Money

    amount = Money(request.amount, document.currency)
    note = f": {request.note}" if request.note else ""
    by = names.get(request.by, request.by)
    return f"{request.kind} of {amount} by {by}{note} ({request.request})"


def _owed(document: OrderDocument, refund: ShownRefund, names: dict[str, str]) -> str:
    from boxoffice.domain.money import Money

    amount = Money(refund.amount, document.currency)
    payer = names.get(refund.paid_out_by, refund.paid_out_by)
    stand = f"paid out by {payer}, to be confirmed" if payer else "owed"
    return f"refund of {amount}, {stand} ({refund.refund})"


def _waits(document: OrderDocument, what: str, names: dict[str, str]) -> list[str]:
    if what == "pay-out":
        return [_owed(document, one, names) for one in document.failed_refunds]
    return [_wish(document, one, names) for one in document.requests]


def _say_more(found: OrderList) -> None:
    if found.after is not None:
        click.echo(f"There are more: --after {found.after}.", err=True)
