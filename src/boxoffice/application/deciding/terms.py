"""At which prices the places that somebody asks for are to be had."""

from __future__ import annotations

from boxoffice.application.deciding.view import View
from boxoffice.domain.catalogue.state import PERFORMANCE, Performance
from boxoffice.domain.ids import performance_stream, price_list_stream
from boxoffice.domain.inventory.commands import AddPlaces, HoldPlaces
from boxoffice.domain.inventory.events import HeldPlace
from boxoffice.domain.inventory.state import SaleTerms
from boxoffice.domain.pricing.state import PRICE_LIST, PriceList
from boxoffice.errors import Invalid, NotFound, PerformanceOff, PriceTypeUnknown


def terms_of(view: View, command: HoldPlaces | AddPlaces) -> tuple[SaleTerms, bool]:
    """Give the terms for the places of a command, and whether quotas may bind them.

    Raises:
        NotFound, PerformanceOff: there is nothing to be had.
        Invalid, PriceTypeUnknown: the price types do not fit the places.
    """
    of = command.performance
    performance: Performance = view.state(performance_stream(of), PERFORMANCE)
    if not performance.scheduled:
        raise NotFound("There is no such performance.")
    if performance.cancelled:
        raise PerformanceOff
    price_list: PriceList = view.state(price_list_stream(of), PRICE_LIST)
    if command.types:
        terms = _typed(performance, price_list, command)
    else:
        terms = _plain(performance, price_list, command)
    return terms, price_list.limited


def _plain(
    performance: Performance, price_list: PriceList, command: HoldPlaces | AddPlaces
) -> SaleTerms:
    """Every place at the default type: the road of nearly all holds."""
    places: dict[int, HeldPlace] = {}
    unpriced: set[int] = set()
    for ordinal in command.ordinals:
        place = performance.places.get(ordinal)
        if place is None:
            continue
        price = price_list.prices.get(place.category)
        if price is None:
            unpriced.add(ordinal)
            continue
        places[ordinal] = HeldPlace(
            ordinal,
            place.section,
            place.category,
            place.label,
            price,
            price_list.default_type,
            price_list.version,
        )
    return SaleTerms(
        on_sale=performance.on_sale(command.now),
        places=places,
        unpriced=frozenset(unpriced),
    )


def _typed(
    performance: Performance, price_list: PriceList, command: HoldPlaces | AddPlaces
) -> SaleTerms:
    if len(command.types) != len(command.ordinals):
        raise Invalid("Name one price type for each place, or none.")
    table = price_list.tables.get(price_list.version, {})
    places: dict[int, HeldPlace] = {}
    unpriced: set[int] = set()
    for ordinal, code in zip(command.ordinals, command.types, strict=True):
        known = price_list.type_of(code)
        if known is None or (known.audience == "staff" and not command.staff):
            raise PriceTypeUnknown(price_type=code)
        place = performance.places.get(ordinal)
        if place is None:
            continue
        level = table.get((place.category, code))
        if level is not None:
            places[ordinal] = HeldPlace(
                ordinal,
                place.section,
                place.category,
                place.label,
                level.price,
                code,
                price_list.version,
            )
        elif place.category in price_list.prices:
            raise PriceTypeUnknown(price_type=code, places=[ordinal])
        else:
            unpriced.add(ordinal)
    return SaleTerms(
        on_sale=performance.on_sale(command.now),
        places=places,
        unpriced=frozenset(unpriced),
    )
