"""What the house decides, a stranger finds in order, and the documents show.

The histories are those in which anything may happen to orders and money.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from boxoffice.application.queries.orders import known_order
from boxoffice.application.replay import facts_of
from boxoffice.application.requests import Answer, Request
from boxoffice.application.verification import verify
from boxoffice.domain.ids import OrderCode
from boxoffice.domain.message import Command, Fact, Meta
from boxoffice.infrastructure.memory.checkpoints import MemoryCheckpoints
from boxoffice.readmodels.order import ORDER
from boxoffice.readmodels.order_document import OrderDocument
from boxoffice.readmodels.registry import MODELS
from boxoffice.readmodels.sales_board import SALES_BOARD
from tests.property.orders_house import ACTS, House

STEPS = 150
SEEDS = range(40)
STEPS_OF_A_HOUSE, WEIGHTS = zip(*ACTS, strict=True)


class RecordedHouse(House):
    """Its log tells one command from another."""

    def ask(self, command: Command) -> Answer:
        number = next(self.numbers)
        name = number.to_bytes(16, "big")
        meta = Meta(command=name.hex(), correlation="c", actor="test", venue="main")
        request = Request(name, b"", command, meta)
        answer = self.paths[number % 2].step([request])[request.command_id]
        self.note(answer)
        return answer


def lived_through(seed: int) -> RecordedHouse:
    house = RecordedHouse(seed)
    house.run(STEPS)
    return house


def facts_in(house: House) -> list[Fact]:
    facts, unreadable = facts_of(house.store.read(after=0, limit=1_000_000))
    assert unreadable == []
    return facts


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_stranger_finds_everything_in_order(seed: int) -> None:
    house = lived_through(seed)
    checkpoints = MemoryCheckpoints(now=lambda: house.now)
    verdict = await verify(house.store, checkpoints, documents=None, cache=None)
    assert [check for check in verdict.checks if not check.ok] == []


@pytest.mark.parametrize("seed", SEEDS[:10])
async def test_a_stranger_finds_it_in_order_at_any_moment(seed: int) -> None:
    house = RecordedHouse(seed)
    for _ in range(10):
        for step in house.dice.choices(STEPS_OF_A_HOUSE, WEIGHTS, k=15):
            step(house)
        checkpoints = MemoryCheckpoints(now=lambda: house.now)
        verdict = await verify(house.store, checkpoints, documents=None, cache=None)
        assert [check for check in verdict.checks if not check.ok] == []


def check_document(document: OrderDocument, facts: Sequence[Fact]) -> None:
    """Compare a document with what the write side remembers."""
    known = known_order(OrderCode(document.order), tuple(facts))
    order, payment = known.order, known.payment
    assert (document.status, document.kept) == (order.status, order.kept)
    assert document.paid == payment.captured()
    assert document.refunding + document.refunded == payment.refunded()
    valid = {line.ref: line.price for line in document.lines if line.state == "valid"}
    assert valid == {t.ref: t.line.price.minor for t in order.valid()}
    assert {request.request for request in document.requests} == set(order.requests)
    assert document.waiting == bool(order.requests)
    assert (document.offer is None) == (order.offer is None)
    assert (document.exchange is None) == (order.exchange is None)
    assert document.position == known.position


@pytest.mark.parametrize("seed", SEEDS)
def test_documents_show_what_the_house_remembers(seed: int) -> None:
    house = lived_through(seed)
    facts = facts_in(house)
    for model in MODELS:
        groups = model.grouped(facts)
        documents = {key: model.fold(None, group) for key, group in groups.items()}
        if model is ORDER:
            for key, document in documents.items():
                check_document(document, groups[key])
            orders = list(documents.values())
        if model is SALES_BOARD:
            boards = list(documents.values())
    valid = [x for o in orders for x in o.lines if x.state == "valid"]
    assert sum(board.totals.sold for board in boards) == len(valid)
    assert sum(b.totals.revenue for b in boards) == sum(line.price for line in valid)
    assert sum(b.comps for b in boards) == sum(x.price_type == "comp" for x in valid)
