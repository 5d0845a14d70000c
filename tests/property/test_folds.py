"""Folds agree with each other and with a plain dictionary, however they are fed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxoffice.application.folding import Shelf
from boxoffice.application.topics import FAMILY_OF
from boxoffice.domain.catalogue.events import SectionLaidOut
from boxoffice.domain.ids import split
from boxoffice.domain.inventory.events import (
    TicketHeld,
    TicketReleased,
    TicketReturned,
    TicketSold,
)
from boxoffice.domain.message import Fact
from boxoffice.infrastructure.memory.documents import MemoryDocuments
from boxoffice.readmodels.availability import (
    AVAILABILITY,
    SectionDelta,
    delta,
    fold,
    states,
)
from boxoffice.readmodels.model import encode
from boxoffice.readmodels.order import ORDER
from boxoffice.readmodels.order_document import TIMELINE_MAX
from boxoffice.readmodels.registry import MODELS, AnyModel
from boxoffice.readmodels.sales_board import SALES_BOARD
from boxoffice.readmodels.seat_map import SEAT_MAP
from tests.histories import history

SEEDS = st.integers(0, 10_000)


def facts_of(seed: int) -> list[Fact]:
    """Give the routed facts of a history, with positions as the log gives them."""
    facts = []
    position = 0
    for at, command in history(seed, performances=2, sections=2, places=8):
        for stream, event in command:
            position += 1
            if FAMILY_OF[type(event)] is not None:
                facts.append(Fact(position, stream, 0, at, event))
    return facts


def whole(model: AnyModel, facts: Sequence[Fact]) -> dict[str, bytes]:
    """Fold every document in one go; give their bytes."""
    groups = model.grouped(facts)
    return {key: encode(model.fold(None, group)) for key, group in groups.items()}


def cut(facts: Sequence[Fact], rng: random.Random) -> Iterator[list[Fact]]:
    """Cut facts into batches; some facts are delivered twice."""
    start = 0
    while start < len(facts):
        size = rng.randint(1, 20)
        again = rng.randint(0, min(start, 10))
        yield list(facts[start - again : start + size])
        start += size


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@given(seed=SEEDS, shuffle=SEEDS)
@settings(max_examples=25, deadline=None)
async def test_batches_and_redelivery_give_the_bytes_of_one_fold(
    model: AnyModel, seed: int, shuffle: int
) -> None:
    facts = facts_of(seed)
    documents = MemoryDocuments()
    rng = random.Random(shuffle)
    shelf = Shelf(model, documents, generation=1, held_bytes_max=1_000)
    for batch in cut(facts, rng):
        if rng.random() < 0.2:
            shelf = Shelf(model, documents, generation=1, held_bytes_max=1_000)
        folded = await shelf.fold(model.grouped(batch))
        assert (folded.lost, folded.letters) == ((), ())
        await shelf.flush()
    keys = await documents.keys(model.name, 1)
    stored = await documents.get(model.name, 1, keys)
    assert {key: one.body for key, one in stored.items()} == whole(model, facts)


def expected_states(facts: Sequence[Fact]) -> dict[tuple[str, int], str]:
    """Follow every place by a dictionary."""
    letters: dict[type, str] = {
        TicketHeld: "h",
        TicketReleased: "f",
        TicketReturned: "f",
        TicketSold: "s",
    }
    found: dict[tuple[str, int], str] = {}
    for fact in facts:
        performance, ordinal = split(fact.stream)
        if isinstance(fact.event, SectionLaidOut):
            places = fact.event.places
            found |= {(performance, place.ordinal): "f" for place in places}
        elif type(fact.event) in letters:
            found[performance, ordinal] = letters[type(fact.event)]
    return found


@given(seed=SEEDS)
@settings(max_examples=50, deadline=None)
def test_maps_availability_and_boards_tell_the_same_story(seed: int) -> None:
    facts = facts_of(seed)
    expected = expected_states(facts)
    shown: dict[tuple[str, int], str] = {}
    available: dict[tuple[str, int], str] = {}
    counted = {"f": 0, "h": 0, "s": 0}
    for body in whole(SEAT_MAP, facts).values():
        seat_map = SEAT_MAP.decode(body)
        for place, state in zip(seat_map.places, seat_map.state, strict=True):
            shown[seat_map.performance, place.ordinal] = state
    for body in whole(AVAILABILITY, facts).values():
        section = AVAILABILITY.decode(body)
        of = section.performance
        available |= {(of, o): s for o, s in states(section).items()}
        for count in section.counts.values():
            counted["f"] += count.free
            counted["h"] += count.held
            counted["s"] += count.sold
    assert shown == expected
    assert available == expected
    boards = [SALES_BOARD.decode(b).totals for b in whole(SALES_BOARD, facts).values()]
    assert counted == {
        "f": sum(board.free for board in boards),
        "h": sum(board.held for board in boards),
        "s": sum(board.sold for board in boards),
    }
    sold = [f.event.price.minor for f in facts if isinstance(f.event, TicketSold)]
    back = [f.event.price.minor for f in facts if isinstance(f.event, TicketReturned)]
    assert sum(board.revenue for board in boards) == sum(sold) - sum(back)


@given(seed=SEEDS)
@settings(max_examples=50, deadline=None)
def test_orders_and_boards_tell_the_same_story(seed: int) -> None:
    facts = facts_of(seed)
    boards = [SALES_BOARD.decode(b) for b in whole(SALES_BOARD, facts).values()]
    orders = [ORDER.decode(b) for b in whole(ORDER, facts).values()]
    valid = [line for o in orders for line in o.lines if line.state == "valid"]
    types: dict[str, int] = {}
    for board in boards:
        assert sum(one.sold for one in board.types) == board.totals.sold
        assert sum(one.revenue for one in board.types) == board.totals.revenue
        for one in board.types:
            types[one.price_type] = types.get(one.price_type, 0) + one.sold
    assert types == Counter(line.price_type for line in valid)
    assert sum(board.comps for board in boards) == types.get("comp", 0)
    assert sum(line.price for line in valid) == sum(
        board.totals.revenue for board in boards
    )


@given(seed=SEEDS)
@settings(max_examples=50, deadline=None)
def test_an_order_owes_nothing_once_it_is_paid(seed: int) -> None:
    for body in whole(ORDER, facts_of(seed)).values():
        order = ORDER.decode(body)
        worth = sum(x.price for x in order.lines if x.state == "valid") + order.kept
        held = order.paid - order.refunded - order.refunding
        settled = not order.payment or order.payment.state in ("captured", "failed")
        assert held == worth or not settled
        assert len(order.timeline) <= TIMELINE_MAX


@given(seed=SEEDS, at=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_deltas_add_up_to_the_document(seed: int, at: float) -> None:
    for group in AVAILABILITY.grouped(facts_of(seed)).values():
        middle = 1 + int(at * (len(group) - 1))
        before = fold(None, group[:middle])
        after = fold(before, group[middle:])
        told = delta(before, after)
        if told is None:
            assert after == before
            continue
        heard = msgspec.json.decode(told[1], type=SectionDelta)
        merged = states(before) | {c.ordinal: c.state for c in heard.changes}
        assert merged == states(after)
        assert (heard.prev, heard.position) == (before.position, after.position)
        assert heard.counts == after.counts
