"""`boxoffice promotion` and `boxoffice comp-budget`: what may be given away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.amounts import money
from boxoffice.cli.house import configured, in_house, print_json, tell
from boxoffice.cli.promotion_terms import changed_terms, described, taken_off
from boxoffice.cli.words import REASON
from boxoffice.errors import NotFound
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.queries.comp_budgets import KnownBudget
    from boxoffice.bootstrap import Container
    from boxoffice.domain.promotions.state import Promotion

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def promotion() -> None:
    """Promotion codes: offer, look at and end them."""


@promotion.command(name="set")
@click.argument("code")
@click.option("--currency", help="ISO 4217 code, such as EUR; of a new code.")
@click.option("--percent", help="Off each ticket, such as 12.5.")
@click.option("--amount", help="Off each ticket, such as 5.00.")
@click.option("--budget", help="All discounts together at most, or 'none'.")
@click.option("--orders", "orders_max", help="Orders at most, or 'none'.")
@click.option("--per-person", "per_customer_max", help="Orders of one, or 'none'.")
@click.option("--from", "valid_from", help="First moment, with its offset, or 'none'.")
@click.option("--until", "valid_until", help="Last moment, likewise.")
@click.option(
    "--performance", "performances", multiple=True, help="Only this; repeat, or 'none'."
)
@click.option(
    "--category",
    "categories",
    multiple=True,
    help="Only price level 0, 1, ...; likewise.",
)
@click.option("--type", "types", multiple=True, help="Only this price type; likewise.")
@configured
def set_(
    settings: Settings, /, *, code: str, **given: str | tuple[str, ...] | None
) -> None:
    """Offer CODE, or change a known one: what is not named stays.

    What was redeemed stays counted; 'none' takes a limit away.
    """

    async def work(container: Container) -> Promotion:
        from boxoffice.application.queries.promotions import find_promotion
        from boxoffice.domain.promotions.commands import DefinePromotion

        try:
            before = (await find_promotion(container.store, code)).terms
        except NotFound:
            before = None
        terms = changed_terms(before, given)
        now = container.clock.now()
        await tell(container, DefinePromotion(now=now, code=code, terms=terms))
        return await find_promotion(container.store, code)

    _say(in_house(settings, work))


@promotion.command()
@click.argument("code")
@JSON
@configured
def show(settings: Settings, /, *, code: str, as_json: bool) -> None:
    """Show the terms of CODE, what is used and what is left."""

    async def work(container: Container) -> Promotion:
        from boxoffice.application.queries.promotions import find_promotion

        return await find_promotion(container.store, code)

    found = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    _say(found)


@promotion.command(name="list")
@JSON
@configured
def list_(settings: Settings, /, *, as_json: bool) -> None:
    """List all codes, ended ones too."""

    async def work(container: Container) -> list[Promotion]:
        from boxoffice.application.queries.promotions import Promotions
        from boxoffice.application.queries.tail import Tail

        return await Promotions(Tail(container.store)).all()

    found = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    for one in found:
        assert one.terms is not None
        used = dict(described(one))["discounts"]
        click.echo(f"{one.code:16} {_state(one):8} {taken_off(one.terms):>12}  {used}")


@promotion.command()
@click.argument("code")
@REASON
@configured
def end(settings: Settings, /, *, code: str, reason: str) -> None:
    """Stop CODE; orders that have it keep it."""

    async def work(container: Container) -> None:
        from boxoffice.domain.promotions.commands import EndPromotion

        now = container.clock.now()
        await tell(container, EndPromotion(now=now, code=code, reason=reason))

    in_house(settings, work)
    click.echo(f"{code} is over.")


@click.group(name="comp-budget")
def comp_budget() -> None:
    """Budgets for places that are given away: set and list them."""


@comp_budget.command(name="set")
@click.argument("budget")
@click.option("--places", type=click.IntRange(0), required=True, help="At most.")
@click.option("--face", required=True, help="Face value of all at most, as 500.00.")
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@configured
def set_budget(
    settings: Settings, /, *, budget: str, places: int, face: str, currency: str
) -> None:
    """Set what may be given away out of BUDGET."""
    face_max = money(face, currency=currency)

    async def work(container: Container) -> None:
        from boxoffice.domain.promotions.commands import SetCompBudget

        command = SetCompBudget(
            now=container.clock.now(),
            budget=budget,
            places_max=places,
            face_max=face_max,
        )
        await tell(container, command)

    in_house(settings, work)
    click.echo(f"{budget}: {places:,} places, {face_max} of face value.")


@comp_budget.command(name="list")
@JSON
@configured
def list_budgets(settings: Settings, /, *, as_json: bool) -> None:
    """List all budgets with what is left of them."""

    async def work(container: Container) -> list[KnownBudget]:
        from boxoffice.application.queries.comp_budgets import CompBudgets
        from boxoffice.application.queries.tail import Tail

        return await CompBudgets(Tail(container.store)).all()

    found = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(
            f"{one.name:16} {one.places_left:,} of {one.places_max:,} places left,"
            f" {one.face_left} of {one.face_max}"
        )


def _say(one: Promotion) -> None:
    click.echo(f"{one.code}  {_state(one)}")
    for what, how in described(one):
        click.echo(f"  {what:12} {how}")


def _state(one: Promotion) -> str:
    return "ended" if one.ended else "offered"
