"""Bodies of answers about what staff put into the catalogue, from facts alone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from boxoffice.domain.catalogue.events import ProductionCreated, SeatingPlanImported
from boxoffice.domain.message import Fact
from boxoffice_api.renderers import Token, encode


class ImportedView(msgspec.Struct, frozen=True):
    """What the import made."""

    plan: str
    version: int
    name: str
    places: int
    token: str


class ProductionMade(msgspec.Struct, frozen=True):
    """A show that was just announced."""

    production: str
    title: str
    token: str


class PerformanceMade(msgspec.Struct, frozen=True):
    """A performance that was just scheduled."""

    performance: str
    token: str


def render_plan(facts: Sequence[Fact], plan: str, token: Token) -> bytes:
    """Render what an import did; something was done."""
    fact = facts[0]
    assert isinstance(fact.event, SeatingPlanImported)
    view = ImportedView(
        plan=plan,
        version=fact.version,
        name=fact.event.name,
        places=sum(len(section.places) for section in fact.event.sections),
        token=token(fact.position),
    )
    return encode(view)


def render_production(facts: Sequence[Fact], production: str, token: Token) -> bytes:
    """Render what announcing a show did."""
    fact = facts[-1]
    assert isinstance(fact.event, ProductionCreated)
    made = ProductionMade(production, fact.event.title, token(fact.position))
    return encode(made)


def render_performance(facts: Sequence[Fact], performance: str, token: Token) -> bytes:
    """Render what putting a show on a date did."""
    return encode(PerformanceMade(performance, token(facts[-1].position)))
