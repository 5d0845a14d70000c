"""What the judge has to say of promotion codes, of comps and of second persons.

What an order took out of a budget is out while it has tickets, and back without them;
no budget is ever overdrawn; what two persons must decide was decided by two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Fact = tuple[bytes, str, dict[str, Any]]
Told = dict[str, Any]
Drawn = tuple[str, str]
"""A code or a budget, and the order that took something out of it."""
Tickets = Mapping[str, int]
"""How many valid tickets each order has."""


def of_budgets(facts: Iterable[Fact], tickets: Tickets) -> Iterator[str]:
    """Say everything that is wrong with promotions and comps."""
    codes, comps, requests = Codes(), Comps(), Requests()
    for _, tag, event in facts:
        yield from codes.hear(tag, event)
        yield from comps.hear(tag, event)
        yield from requests.hear(tag, event)
    yield from codes.conclude(tickets)
    yield from comps.conclude(tickets)


@dataclass
class Codes:
    """Promotion codes: what they gave, and how often to whom."""

    terms: dict[str, Told] = field(default_factory=dict)
    given: Counter[Drawn] = field(default_factory=Counter)
    uses: Counter[Drawn] = field(default_factory=Counter)

    def hear(self, tag: str, event: Told) -> Iterator[str]:
        """Write a fact down; no limit may be passed by it."""
        code = event.get("code", "")
        match tag:
            case "promotion-defined.v1":
                self.terms[code] = event["terms"]
            case "promotion-redeemed.v1":
                self.given[code, event["order"]] += event["discount"][0]
                yield from self._overdrawn(code)
            case "promotion-returned.v1":
                self.given[code, event["order"]] -= event["discount"][0]
            case "promotion-used.v1":
                use = code, event["customer"]
                self.uses[use] += 1
                if self.uses[use] > self._most(code, "per_customer_max"):
                    yield f"{use} is more often than one person may"
            case "promotion-unused.v1":
                self.uses[code, event["customer"]] -= 1

    def conclude(self, tickets: Tickets) -> Iterator[str]:
        """Compare codes with the orders that have them."""
        for (code, order), minor in self.given.items():
            has = tickets.get(order, 0)
            if minor < 0 or bool(minor) != bool(has):
                yield f"{order} has {minor} of {code}, and {has} tickets"
        orders, uses = sum(map(bool, self.given.values())), self.uses.total()
        if uses != orders:
            yield f"{orders} orders have codes, and {uses} uses are counted"

    def _overdrawn(self, code: str) -> Iterator[str]:
        taken = [minor for (of, _), minor in self.given.items() if of == code and minor]
        is_over = sum(taken) > self._most(code, "budget")
        if is_over or len(taken) > self._most(code, "orders_max"):
            yield f"{code} gave {sum(taken)} to {len(taken)} orders"

    def _most(self, code: str, limit: str) -> float:
        most = self.terms[code].get(limit)
        return float("inf") if most is None else float(most)


@dataclass
class Comps:
    """Places that were given away, out of which budget."""

    limits: dict[str, Told] = field(default_factory=dict)
    places: Counter[Drawn] = field(default_factory=Counter)
    faces: Counter[Drawn] = field(default_factory=Counter)
    issued: set[str] = field(default_factory=set)

    def hear(self, tag: str, event: Told) -> Iterator[str]:
        """Write a fact down; no limit may be passed by it."""
        match tag:
            case "comp-budget-set.v1":
                self.limits[event["budget"]] = event
            case "comps-issued.v1":
                self.issued.add(event["order"])
            case "comps-drawn.v1" | "comps-returned.v1":
                sign = 1 if tag == "comps-drawn.v1" else -1
                drawn = event["budget"], event["order"]
                self.places[drawn] += sign * event["places"]
                self.faces[drawn] += sign * event["face"][0]
                yield from self._overdrawn(event["budget"])

    def conclude(self, tickets: Tickets) -> Iterator[str]:
        """Compare budgets with the orders that drew on them."""
        for drawn, number in self.places.items():
            order = drawn[1]
            has = tickets.get(order, 0)
            if number != has or bool(number) != bool(self.faces[drawn]):
                yield f"{order} drew {number} places, and has {has} tickets"
            if has and order not in self.issued:
                yield f"{order} has free tickets that nobody issued"

    def _overdrawn(self, budget: str) -> Iterator[str]:
        limits = self.limits[budget]
        places = sum(n for (of, _), n in self.places.items() if of == budget)
        face = sum(n for (of, _), n in self.faces.items() if of == budget)
        if places > limits["places_max"] or face > limits["face_max"][0]:
            yield f"{budget} gave {places} places worth {face}"


@dataclass
class Requests:
    """What one person wanted and another one had to agree to."""

    asked: dict[Drawn, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    """Orders of comps that were not given away at once, and who wanted that."""

    def hear(self, tag: str, event: Told) -> Iterator[str]:
        """Write a fact down; nobody may decide about a wish of their own."""
        order = event.get("order", "")
        wish = order, event.get("request", "")
        match tag:
            case "approval-asked.v1":
                self.asked[wish] = event["by"]
                if event["kind"] == "comps":
                    self.waiting[order] = event["by"]
            case "approval-denied.v1":
                del self.asked[wish]
            case "approval-given.v1":
                if self.asked.pop(wish, event["by"]) == event["by"]:
                    yield f"{event['by']} alone decided about {wish}"
            case "comps-issued.v1":
                second, first = event.get("approver"), self.waiting.get(order)
                if first is not None and second in (None, first):
                    yield f"{order} was given away by {first} alone"
