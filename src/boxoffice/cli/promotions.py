"""`boxoffice promotion` and `boxoffice comp-budget`: what may be given away."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.amounts import basis_points, money
from boxoffice.cli.house import configured, in_house, tell
from boxoffice.errors import Invalid
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from boxoffice.bootstrap import Container
    from boxoffice.domain.message import Command
    from boxoffice.domain.promotions.events import PromotionTerms

COUNT = click.IntRange(1)


@click.group()
def promotion() -> None:
    """Promotion codes: offer and end them."""


@promotion.command(name="set")
@click.argument("code")
@click.option("--currency", required=True, help="ISO 4217 code, such as EUR.")
@click.option("--percent", help="Off each ticket, such as 12.5.")
@click.option("--amount", help="Off each ticket, such as 5.00.")
@click.option("--budget", help="All discounts together at most.")
@click.option("--orders", "orders_max", type=COUNT, help="Orders at most.")
@click.option("--per-person", "per_customer_max", type=COUNT, help="Orders of one.")
@click.option("--until", "valid_until", help="Last moment, with its offset.")
@configured
def set_(settings: Settings, /, *, code: str, **given: str | int | None) -> None:
    """Offer CODE, or give a known one new terms; what was redeemed stays counted."""
    terms = _terms(given)

    def command(now: datetime) -> Command:
        from boxoffice.domain.promotions.commands import DefinePromotion

        return DefinePromotion(now=now, code=code, terms=terms)

    _carry_out(settings, command)
    click.echo(f"{code} is offered.")


@promotion.command()
@click.argument("code")
@click.option("--reason", required=True, help="On record for good: name nobody.")
@configured
def end(settings: Settings, /, *, code: str, reason: str) -> None:
    """Stop CODE; orders that have it keep it."""

    def command(now: datetime) -> Command:
        from boxoffice.domain.promotions.commands import EndPromotion

        return EndPromotion(now=now, code=code, reason=reason)

    _carry_out(settings, command)
    click.echo(f"{code} is over.")


@click.group(name="comp-budget")
def comp_budget() -> None:
    """Budgets for places that are given away."""


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

    def command(now: datetime) -> Command:
        from boxoffice.domain.promotions.commands import SetCompBudget

        return SetCompBudget(
            now=now, budget=budget, places_max=places, face_max=face_max
        )

    _carry_out(settings, command)
    click.echo(f"{budget}: {places:,} places, {face_max} of face value.")


def _carry_out(settings: Settings, command: Callable[[datetime], Command]) -> None:
    async def work(container: Container) -> None:
        await tell(container, command(container.clock.now()))

    in_house(settings, work)


def _terms(given: dict[str, str | int | None]) -> PromotionTerms:
    from boxoffice.domain.promotions.events import PromotionTerms

    currency = str(given["currency"])
    percent, amount = given["percent"], given["amount"]
    if bool(percent) == bool(amount):
        raise Invalid("Give --percent or --amount: one of both.")
    orders, person = given["orders_max"], given["per_customer_max"]
    budget, until = given["budget"], given["valid_until"]
    return PromotionTerms(
        currency=currency,
        basis_points=basis_points(str(percent)) if percent else 0,
        amount_off=money(str(amount), currency=currency).minor if amount else 0,
        budget=money(str(budget), currency=currency).minor if budget else None,
        orders_max=int(orders) if orders else None,
        per_customer_max=int(person) if person else None,
        valid_until=_moment(str(until)) if until else None,
    )


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is not a time such as 2026-12-31T20:00Z.") from error
    if found.tzinfo is None:
        raise Invalid(f"{text!r} needs an offset, such as 2026-12-31T20:00+01:00.")
    return found
