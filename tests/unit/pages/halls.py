"""Halls for tests of pages: a small one, and what a read model says of it."""

from __future__ import annotations

from boxoffice.application.queries.catalogue import Drawing
from boxoffice.domain.catalogue.events import (
    Category,
    ManifestPlace,
    PlanPlace,
    PlanSection,
    PlanShape,
    SeatingPlanImported,
    SectionLaidOut,
)
from boxoffice.domain.ids import PlanId, performance_stream, ticket_stream
from boxoffice.domain.inventory.events import TicketHeld, TicketReleased, TicketSold
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.money import Money
from boxoffice.readmodels.availability import AVAILABILITY, Availability, states
from boxoffice.testing import NOON, PERFORMANCE

PRICE = Money(4500, "USD")


def place(ordinal: int, x: float, *, row: str = "A", kind: str = "seat") -> PlanPlace:
    seat, y = str(ordinal), 10.0
    return PlanPlace(ordinal, f"guid-{ordinal}", row, seat, 0, x, y, kind)


def drawing(
    *places: PlanPlace,
    name: str = "The Hall",
    section: str = "Stalls",
    shapes: tuple[PlanShape, ...] = (),
) -> Drawing:
    drawn = places or tuple(place(n, 20.0 * n) for n in range(1, 5))
    event = SeatingPlanImported(
        name=name,
        width=400,
        height=200,
        categories=(Category("Full", "#336699"), Category("Cheap", "navy")),
        sections=(PlanSection(section, drawn),),
        shapes=shapes,
        sha256="0" * 64,
    )
    return Drawing(PlanId("e" * 24), 0, event)


class Section:
    """A section whose availability follows what is told, one position a fact."""

    def __init__(self, *, section: int = 0, first: int = 1, places: int = 8) -> None:
        self.section = section
        self.position = first
        laid_out = SectionLaidOut(
            section=section,
            name="Stalls",
            places=tuple(
                ManifestPlace(n, f"A-{n}", n % 2) for n in range(first, first + places)
            ),
        )
        self.document = AVAILABILITY.fold(None, [self._fact(0, laid_out)])

    def tell(self, **changes: str) -> bytes:
        """Change places, as in `p3="h"`; give the delta that listeners are told."""
        facts = []
        for name, state in changes.items():
            self.position += 1
            ordinal = int(name[1:])
            facts.append(self._fact(ordinal, _ticket(state, self.section, ordinal)))
        before, self.document = self.document, AVAILABILITY.fold(self.document, facts)
        assert AVAILABILITY.delta is not None
        delta = AVAILABILITY.delta(before, self.document)
        assert delta is not None
        return delta[1]

    def _fact(self, ordinal: int, event: Event) -> Fact:
        stream = ticket_stream(PERFORMANCE, ordinal)
        if ordinal == 0:
            stream = performance_stream(PERFORMANCE)
        return Fact(self.position, stream, self.position, NOON, event)


def _ticket(state: str, section: int, ordinal: int) -> Event:
    category = ordinal % 2
    if state == "h":
        return TicketHeld(
            hold="h", section=section, category=category, price=PRICE, until=NOON
        )
    if state == "s":
        return TicketSold(
            hold="h", order="o", section=section, category=category, price=PRICE
        )
    return TicketReleased(
        hold="h", section=section, category=category, reason="released"
    )


def availability(document: Availability) -> dict[int, str]:
    """Give what a document says of every place."""
    return dict(states(document))
