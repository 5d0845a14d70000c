"""The page of a performance: the hall, its price levels, and one panel beside them.

The panel is what differs: choosing places, or a hold and its deadline. The places of
one's own hold come from the hold, so they never look like somebody else's while the
availability cache is a moment behind.
"""

from __future__ import annotations

import msgspec

from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.domain.inventory.decide import PLACES_PER_BUYER_MAX
from boxoffice.domain.money import Money
from boxoffice_api.answers import Answer
from boxoffice_api.auth import Buyer, buyer_cookie
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head
from boxoffice_api.pages.assets import levels_path
from boxoffice_api.pages.chart import Chart
from boxoffice_api.pages.forms import form_token, new_key
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_view import Halls, HallView
from boxoffice_api.pages.programme import sale_of
from boxoffice_api.pages.swaps import Swap
from boxoffice_api.pages.tickets import level_prices, offered_types, type_name
from boxoffice_api.renderers import HoldView


class Chosen(msgspec.Struct, frozen=True):
    """A place in the panel."""

    ordinal: int
    name: str
    category: int
    price: str
    type: str = ""


class Guest(msgspec.Struct, frozen=True):
    """Whom a page is for; `cookie` makes a new one known."""

    buyer: Buyer
    cookie: tuple[tuple[str, str], ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """Why a form was not done, and what was chosen in it."""

    sentence: str
    status: int
    kept: tuple[int, ...] = ()


def guest_of(edge: Edge, head: Head) -> Guest:
    """Give who looks at a page; strangers become buyers."""
    known = edge.buyers.known(head)
    if known is not None:
        return Guest(known)
    buyer, token = edge.buyers.welcome(edge.entropy)
    cookie = buyer_cookie(token, is_https=head.is_https)
    return Guest(buyer, (("set-cookie", cookie),))


async def hall_page(
    foyer: Foyer,
    head: Head,
    entry: PerformanceEntry,
    *,
    hold: HoldView | None = None,
    refusal: Refusal | None = None,
    swap: Swap | None = None,
) -> Answer:
    """Show a performance, to choose places or to pay for held ones."""
    edge = foyer.edge
    guest = guest_of(edge, head)
    scene = await foyer.halls.scene(entry)
    view = await _view(foyer.halls, head, entry, hold=hold, refusal=refusal)
    settings, now = edge.container.settings, edge.container.clock.now()
    return foyer.paper.page(
        head,
        "performance.html",
        status=refusal.status if refusal else 200,
        headers=guest.cookie,
        insert=view.piece,
        entry=entry,
        hall=scene.chart.hall,
        levels=view.levels,
        levels_css=levels_path([c.colour for c in entry.categories]),
        places_max=PLACES_PER_BUYER_MAX,
        hold_seconds=settings.hold_ttl_s,
        hold_minutes=max(1, round(settings.hold_ttl_s / 60)),
        sale=sale_of(entry, now),
        now=now,
        room=PLACES_PER_BUYER_MAX - len(hold.places) if hold else 0,
        is_sold_out=not any(level.free for level in view.levels),
        hold=hold,
        chosen=held_places(entry, scene.chart, hold) if hold else [],
        refusal=refusal,
        swap=swap,
        types=offered_types(entry),
        level_prices=level_prices,
        form=form_token(edge, guest.buyer.id),
        key=new_key(edge),
        position=view.position,
    )


async def _view(
    halls: Halls,
    head: Head,
    entry: PerformanceEntry,
    *,
    hold: HoldView | None,
    refusal: Refusal | None,
) -> HallView:
    if hold is not None:
        is_held = hold.state == "held"
        mine = [p.place for p in hold.places] if is_held else []
        room = is_held and len(mine) < PLACES_PER_BUYER_MAX
        kept = refusal.kept if refusal else ()
        return await halls.own(head, entry, kept=kept, mine=mine, may_choose=room)
    if refusal is not None:
        return await halls.own(head, entry, kept=refusal.kept)
    if head.query:
        return await halls.own(head, entry)
    return await halls.shared(head, entry)


def held_places(entry: PerformanceEntry, chart: Chart, hold: HoldView) -> list[Chosen]:
    """Show the places of a hold with their types and prices."""
    return [
        Chosen(
            ordinal=place.place,
            name=chart.names.get(place.place, place.label),
            category=place.category,
            price=str(Money(place.price.minor, place.price.currency)),
            type=type_name(entry, place.type),
        )
        for place in hold.places
    ]
