"""`boxoffice order exchange` and `boxoffice order comps`: new places from a console.

Two commands each, a hold and what is done with it, as on the staff pages. When the
second one is refused, the hold is given back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, new_name, tell
from boxoffice.cli.identifiers import HEX
from boxoffice.cli.order_changes import performance_of, say_done
from boxoffice.cli.orders import find
from boxoffice.cli.people import BY, actor_named
from boxoffice.cli.places import named_places, named_tickets
from boxoffice.cli.words import REASON
from boxoffice.errors import Invalid, Refused
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxoffice.application.requests import Accepted
    from boxoffice.bootstrap import Container
    from boxoffice.domain.inventory.commands import HoldPlaces
    from boxoffice.domain.message import Command
    from boxoffice.domain.orders.commands import IssueComps

TYPE = click.option(
    "--type", "price_type", help="Of all places.  [default: the list's]"
)


@click.command()
@click.argument("code")
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@click.option("--into", type=HEX, required=True, help="Performance of the new places.")
@click.option("--take", multiple=True, required=True, help="A new place; repeat it.")
@TYPE
@BY
@configured
def exchange(
    settings: Settings,
    /,
    *,
    code: str,
    places: tuple[str, ...],
    into: str,
    take: tuple[str, ...],
    price_type: str | None,
    by: str,
) -> None:
    """Swap tickets for other places; a difference is paid first, or goes back."""

    async def work(container: Container) -> Accepted:
        from boxoffice.domain.ids import AttemptId
        from boxoffice.domain.orders.commands import ExchangeTickets

        known = await find(container, code=code)
        tickets = named_tickets(known, places)
        actor = await actor_named(container, by)
        hold = await _hold(container, into, take, price_type=price_type, actor=actor)
        command = ExchangeTickets(
            now=container.clock.now(),
            performance=performance_of(known),
            order=known.code,
            buyer=None,
            tickets=tickets,
            into=hold.performance,
            holder=hold.buyer,
            hold=hold.hold,
            exchange=new_name(),
            attempt=AttemptId(new_name()),
            by=actor,
            unapproved_max=container.settings.refund_unapproved_max,
            fee=container.settings.exchange_fee,
            home=container.settings.home,
            pay_s=container.settings.pay_s,
        )
        return await _use(container, hold, command, actor=actor)

    say_done(in_house(settings, work))


@click.command()
@click.argument("performance", type=HEX)
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@click.option("--name", required=True, help="Of the guest; sealed in the vault.")
@click.option("--email", required=True, help="Of the guest; sealed in the vault.")
@click.option("--host", required=True, help="Who invites; sealed in the vault.")
@REASON
@click.option("--budget", required=True, help="Out of which budget.")
@TYPE
@BY
@configured
def comps(
    settings: Settings,
    /,
    *,
    performance: str,
    places: tuple[str, ...],
    price_type: str | None,
    by: str,
    **said: str,
) -> None:
    """Give PLACES of PERFORMANCE away out of a budget; many need a second person."""
    if not all(value.strip() for value in said.values()) or "@" not in said["email"]:
        raise Invalid("Give a name, an e-mail address, a host, a reason and a budget.")

    async def work(container: Container) -> Accepted:
        actor = await actor_named(container, by)
        hold = await _hold(
            container, performance, places, price_type=price_type, actor=actor
        )
        return await _give(container, hold, said, actor=actor)

    say_done(in_house(settings, work))


async def _give(
    container: Container, hold: HoldPlaces, said: dict[str, str], *, actor: str
) -> Accepted:
    from boxoffice.application.naming import ask_naming
    from boxoffice.application.ports.vault import Particulars

    command = _comps(container, hold, said, actor=actor)
    people = {
        command.person: Particulars(said["name"].strip(), said["email"].strip()),
        command.host: Particulars(said["host"].strip()),
    }
    asked = partial(_use, container, hold, command, actor=actor)
    return await ask_naming(container.vault, people, asked)


def _comps(
    container: Container, hold: HoldPlaces, said: dict[str, str], *, actor: str
) -> IssueComps:
    from boxoffice.application.keys import customer_id, keys_from
    from boxoffice.domain.ids import OrderCode, PersonId, order_code
    from boxoffice.domain.orders.commands import IssueComps

    settings = container.settings
    return IssueComps(
        now=container.clock.now(),
        performance=hold.performance,
        buyer=hold.buyer,
        hold=hold.hold,
        order=OrderCode(order_code(bytes.fromhex(new_name()))),
        person=PersonId(new_name()),
        customer=customer_id(keys_from(settings.secret), said["email"].strip()),
        host=PersonId(new_name()),
        reason=said["reason"].strip(),
        budget=said["budget"].strip(),
        by=actor,
        request=new_name(),
        unapproved_max=settings.comps_unapproved_max,
        approval_s=settings.approval_s,
    )


async def _hold(
    container: Container,
    performance: str,
    names: Sequence[str],
    *,
    price_type: str | None,
    actor: str,
) -> HoldPlaces:
    """Hold places as the window does, for a buyer of their own."""
    from boxoffice.application.queries.manifest import manifest_of
    from boxoffice.domain.ids import BuyerId, HoldId, PerformanceId
    from boxoffice.domain.inventory.commands import HoldPlaces

    of, settings = PerformanceId(performance), container.settings
    ordinals = named_places(await manifest_of(container.store, of), names)
    command = HoldPlaces(
        now=container.clock.now(),
        performance=of,
        buyer=BuyerId(new_name()),
        hold=HoldId(new_name()),
        ordinals=tuple(ordinals),
        types=(price_type,) * len(ordinals) if price_type else (),
        ttl_s=settings.hold_ttl_s,
        cap_s=settings.hold_cap_s,
        staff=True,
    )
    await tell(container, command, actor=actor)
    return command


async def _use(
    container: Container, hold: HoldPlaces, command: Command, *, actor: str
) -> Accepted:
    from boxoffice.domain.inventory.commands import ReleaseHold

    try:
        return await tell(container, command, actor=actor)
    except Refused:
        back = ReleaseHold(
            now=container.clock.now(),
            performance=hold.performance,
            buyer=hold.buyer,
            hold=hold.hold,
        )
        await tell(container, back, actor=actor)
        raise
