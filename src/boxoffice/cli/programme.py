"""`boxoffice production` and `boxoffice performance`: putting a show on sale."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import rich_click as click

from boxoffice.cli.house import configured, in_house, new_id, print_json, tell
from boxoffice.cli.identifiers import HEX
from boxoffice.cli.people import BY, actor_named
from boxoffice.cli.words import REASON
from boxoffice.errors import Invalid
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.queries.catalogue import (
        Catalogue,
        PerformanceEntry,
        ProductionEntry,
    )
    from boxoffice.bootstrap import Container
    from boxoffice.domain.catalogue.commands import (
        MovePerformance,
        SchedulePerformance,
    )
    from boxoffice.domain.pricing.events import PricesSet


@click.group()
def production() -> None:
    """Shows: announce and list them."""


@production.command()
@click.argument("title")
@click.option(
    "--id", "given", type=HEX, help="Of the production; by default a new one."
)
@configured
def add(settings: Settings, /, *, title: str, given: str | None) -> None:
    """Announce a show called TITLE; prints its id."""
    from boxoffice.domain.catalogue.commands import CreateProduction
    from boxoffice.domain.ids import ProductionId

    made = ProductionId(given or new_id())

    async def work(container: Container) -> None:
        now = container.clock.now()
        await tell(container, CreateProduction(now=now, production=made, title=title))

    in_house(settings, work)
    click.echo(made)


@production.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def list_productions(settings: Settings, /, *, as_json: bool) -> None:
    """List all shows."""

    async def work(container: Container) -> list[ProductionEntry]:
        return await _catalogue(container).productions()

    found = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one.production}  {one.title}")


@click.group()
def performance() -> None:
    """Dates of shows: schedule, price, open and close them."""


@performance.command()
@click.option("--production", "show", type=HEX, required=True, help="Which show.")
@click.option("--plan", type=HEX, required=True, help="In which hall.")
@click.option("--starts", required=True, help="Curtain, such as 2026-12-31T20:00.")
@click.option("--zone", required=True, help="IANA zone, such as Europe/Berlin.")
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@click.option("--sale-from", help="First moment of the sale.  [default: now]")
@click.option("--sale-until", help="Last moment of the sale.  [default: curtain]")
@click.option("--id", "given", type=HEX, help="Of the performance; by default new.")
@configured
def schedule(settings: Settings, /, **given: str | None) -> None:
    """Put a show on a date, in a hall as it stands now; prints the id.

    Times without an offset are times in the zone.
    """

    async def work(container: Container) -> str:
        command = _schedule(container.clock.now(), given)
        await tell(container, command)
        return command.performance

    click.echo(in_house(settings, work))


@performance.command()
@click.argument("performance", type=HEX)
@click.argument("changes", nargs=-1, metavar="[CATEGORY[/TYPE]=AMOUNT]...")
@configured
def prices(
    settings: Settings, /, *, performance: str, changes: tuple[str, ...]
) -> None:
    """Show the all-in prices, after changing base prices that are named.

    Such as "Floor Front=89.00" or "Balcony/member=30"; "Balcony=none" is not sold any
    more. Other prices, price types, fees and taxes of the list stay.
    """
    from boxoffice.cli.price_lists import described
    from boxoffice.domain.ids import PerformanceId

    async def work(container: Container) -> tuple[PricesSet | None, PerformanceEntry]:
        entry = await _catalogue(container).performance(PerformanceId(performance))
        return await _priced(container, entry, changes), entry

    newest, entry = in_house(settings, work)
    if newest is None:
        click.echo("There are no prices yet.", err=True)
        return
    for line in described(newest, entry):
        click.echo(line)


@performance.command(name="open")
@click.argument("performance", type=HEX)
@configured
def open_(settings: Settings, /, *, performance: str) -> None:
    """Open the sale, within its window."""
    from boxoffice.domain.catalogue.commands import OpenSale
    from boxoffice.domain.ids import PerformanceId

    async def work(container: Container) -> PerformanceEntry:
        of = PerformanceId(performance)
        await tell(container, OpenSale(now=container.clock.now(), performance=of))
        return await _catalogue(container).performance(of)

    entry = in_house(settings, work)
    first, last = local(entry.sale_from, entry), local(entry.sale_until, entry)
    click.echo(f"Open, for sale from {first} until {last} ({entry.zone}).")
    if len(entry.prices) < len(entry.categories):
        click.echo("Some categories have no price, so they cannot be sold.", err=True)


@performance.command()
@click.argument("performance", type=HEX)
@REASON
@configured
def close(settings: Settings, /, *, performance: str, reason: str) -> None:
    """Stop new holds; holds that stand can still be paid."""
    from boxoffice.domain.catalogue.commands import CloseSale
    from boxoffice.domain.ids import PerformanceId

    async def work(container: Container) -> None:
        now = container.clock.now()
        of = PerformanceId(performance)
        await tell(container, CloseSale(now=now, performance=of, reason=reason))

    in_house(settings, work)
    click.echo("Closed.")


@performance.command(name="cancel")
@click.argument("performance", type=HEX)
@REASON
@BY
@configured
def call_off(settings: Settings, /, *, performance: str, reason: str, by: str) -> None:
    """Call a date off, for good: every order gets its money back."""
    from boxoffice.domain.catalogue.commands import CancelPerformance
    from boxoffice.domain.ids import PerformanceId

    async def work(container: Container) -> None:
        actor = await actor_named(container, by)
        command = CancelPerformance(
            now=container.clock.now(),
            performance=PerformanceId(performance),
            by=actor,
            reason=reason,
        )
        await tell(container, command, actor=actor)

    in_house(settings, work)
    click.echo("Called off; the reactors send the money of every order back.")


@performance.command()
@click.argument("performance", type=HEX)
@click.option("--starts", required=True, help="Curtain, such as 2026-12-31T20:00.")
@click.option("--refund-until", required=True, help="Until then tickets go back.")
@click.option("--sale-until", help="Last moment of the sale.  [default: curtain]")
@REASON
@BY
@configured
def move(
    settings: Settings, /, *, performance: str, by: str, **given: str | None
) -> None:
    """Put a date on another day; whoever cannot come gets the money back.

    Times without an offset are times in the performance's zone.
    """
    from boxoffice.domain.ids import PerformanceId

    async def work(container: Container) -> datetime:
        entry = await _catalogue(container).performance(PerformanceId(performance))
        actor = await actor_named(container, by)
        command = _moved(container.clock.now(), entry, given | {"by": actor})
        await tell(container, command, actor=actor)
        return command.starts_at

    click.echo(f"Moved to {in_house(settings, work):%Y-%m-%d %H:%M %Z}.")


@performance.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def list_performances(settings: Settings, /, *, as_json: bool) -> None:
    """List all dates, with the state of their sale."""

    async def work(container: Container) -> list[tuple[PerformanceEntry, str]]:
        now = container.clock.now()
        found = await _catalogue(container).performances()
        return [(entry, sale_state(entry, now)) for entry in found]

    found = in_house(settings, work)
    if as_json:
        print_json([{"sale": state, "performance": one} for one, state in found])
        return
    for one, state in found:
        starts = local(one.starts_at, one)
        click.echo(f"{one.performance}  {starts}  {state:10} {one.title}")


def local(moment: datetime, entry: PerformanceEntry) -> str:
    """Give a time as a clock at the venue shows it."""
    return f"{moment.astimezone(ZoneInfo(entry.zone)):%Y-%m-%d %H:%M}"


def sale_state(entry: PerformanceEntry, now: datetime) -> str:
    """Tell in a word or two whether places can be held."""
    if entry.cancelled:
        return "called off"
    if not entry.open:
        return "closed"
    if now < entry.sale_from:
        return "upcoming"
    return "on sale" if now < entry.sale_until else "over"


def _catalogue(container: Container) -> Catalogue:
    from boxoffice.application.queries.catalogue import Catalogue
    from boxoffice.application.queries.tail import Tail

    store = container.store
    return Catalogue(store, Tail(store, past=store.head().position))


async def _priced(
    container: Container, entry: PerformanceEntry, changes: tuple[str, ...]
) -> PricesSet | None:
    from boxoffice.application.queries.prices import find_prices
    from boxoffice.cli.price_lists import changed_prices

    now = container.clock.now()
    known = await find_prices(container.store, entry.performance, now=now)
    if not changes:
        return known.newest
    await tell(container, changed_prices(known.newest, entry, changes, now=now))
    return (await find_prices(container.store, entry.performance, now=now)).newest


def _schedule(now: datetime, given: dict[str, str | None]) -> SchedulePerformance:
    from boxoffice.domain.catalogue.commands import SchedulePerformance
    from boxoffice.domain.ids import PerformanceId, PlanId, ProductionId

    zone = given["zone"] or ""
    starts_at = moment(given["starts"] or "", zone=zone)
    sale_from, sale_until = given["sale_from"], given["sale_until"]
    return SchedulePerformance(
        now=now,
        performance=PerformanceId(given["given"] or new_id()),
        production=ProductionId(given["show"] or ""),
        plan=PlanId(given["plan"] or ""),
        starts_at=starts_at,
        zone=zone,
        currency=given["currency"] or "",
        sale_from=moment(sale_from, zone=zone) if sale_from else now,
        sale_until=moment(sale_until, zone=zone) if sale_until else starts_at,
    )


def _moved(
    now: datetime, entry: PerformanceEntry, given: dict[str, str | None]
) -> MovePerformance:
    from boxoffice.domain.catalogue.commands import MovePerformance

    starts_at = moment(given["starts"] or "", zone=entry.zone)
    sale_until = given["sale_until"]
    return MovePerformance(
        now=now,
        performance=entry.performance,
        starts_at=starts_at,
        sale_until=moment(sale_until, zone=entry.zone) if sale_until else starts_at,
        refund_until=moment(given["refund_until"] or "", zone=entry.zone),
        by=given["by"] or "",
        reason=given["reason"] or "",
    )


def moment(text: str, *, zone: str) -> datetime:
    """Read a time; without an offset it is the wall clock's in the zone.

    Raises:
        Invalid: no time, or no zone.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is not a time such as 2026-12-31T20:00.") from error
    if time.tzinfo is not None:
        return time
    try:
        return time.replace(tzinfo=ZoneInfo(zone))
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(f"{zone!r} is not a time zone we know.") from error
