"""Fifty want one ticket or order at once, at two processes: the log tells who won.

Every request has a key of its own. Both processes remember the order as it was before,
so at least one of them decides on what is no longer so and has to think again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from boxoffice.domain.message import Event
from boxoffice.domain.orders.events import (
    OrderCancelled,
    OrderVoided,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import RefundRequested
from boxoffice.settings import Settings
from tests.integration.api_process import LIMIT_S, migrated, process
from tests.unit.api.house import PLACES, House, open_house

pytestmark = [pytest.mark.service, pytest.mark.timeout(180)]

MANY = 50
Ask = tuple[str, object]
"""What is posted to an order: the end of the address, and the body."""
CONFLICTS = "boxoffice_writer_conflicts_total"
WAYS: dict[str, tuple[type[Event], str]] = {
    "refund": (TicketsRefunded, "refunded"),
    "exchange": (TicketsExchanged, "exchanged"),
    "void": (OrderVoided, "voided"),
}
"""What each way makes happen, and the state that the ticket has for everybody else."""


@pytest.fixture
async def settings(new_postgres_database: Callable[[], str]) -> Settings:
    return await migrated(new_postgres_database())


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with open_house(settings) as opened:
        yield opened


@dataclass(frozen=True)
class Told:
    """What was asked, and what came of it."""

    way: str
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The kind of the refusal."""
        return str(self.body["type"]).removeprefix("/problems/")


async def race(
    settings: Settings, order: str, asks: list[Ask], *, who: dict[str, str]
) -> tuple[list[Told], list[Told]]:
    """Post everything at once, half of it to each process; give winners and losers."""
    async with (
        process(settings) as (one, _),
        process(settings) as (two, _),
        httpx.AsyncClient(timeout=LIMIT_S, headers=who) as client,
    ):
        for base in (one, two):
            await _remembers(client, f"{base}/v1/orders/{order}")
        before = await _conflicts(client, one, two)
        told = await asyncio.gather(
            *(
                _post(
                    client, f"{(one, two)[number % 2]}/v1/orders/{order}", ask, number
                )
                for number, ask in enumerate(asks)
            )
        )
        assert await _conflicts(client, one, two) > before
    won = [one for one in told if one.status == 202]
    return won, [one for one in told if one.status != 202]


async def _post(client: httpx.AsyncClient, order: str, ask: Ask, number: int) -> Told:
    what, body = ask
    key = {"idempotency-key": f"key-{number}"}
    answer = await client.post(f"{order}/{what}", json=body, headers=key)
    return Told(what, answer.status_code, answer.json())


async def _remembers(client: httpx.AsyncClient, order: str) -> None:
    """Have an order loaded by what is refused."""
    refused = await client.post(f"{order}/alternative/accept")
    assert refused.json()["type"] == "/problems/offer-over", refused.text


async def _conflicts(client: httpx.AsyncClient, *bases: str) -> float:
    texts = [(await client.get(f"{base}/metrics")).text for base in bases]
    lines = [line for text in texts for line in text.splitlines()]
    return sum(float(line.split()[1]) for line in lines if line.startswith(CONFLICTS))


async def happened(house: House, *kinds: type[Event]) -> list[Event]:
    """Give the facts of some kinds, out of the log."""
    return [fact.event for fact in await house.facts() if isinstance(fact.event, kinds)]


def ticket(performance: str) -> dict[str, object]:
    return {"performance": performance, "place": 1}


def refund(performance: str) -> Ask:
    return "refund", {"tickets": [ticket(performance)]}


def exchange(performance: str, hold: str) -> Ask:
    into = {"performance": performance, "hold": hold}
    return "exchange", {"tickets": [ticket(performance)], "hold": into}


VOID: Ask = ("void", {"note": "a mistake"})


async def swaps(house: House, performance: str, staff: dict[str, str]) -> list[Ask]:
    """Hold all other places, each for itself; give the exchanges into them."""
    holds = [
        await house.held(performance, staff, place) for place in range(2, PLACES + 1)
    ]
    names = [address.rpartition("/")[2] for address in holds]
    return [exchange(performance, names[n % len(names)]) for n in range(MANY)]


# No exchange beside a void: what was taken in exchange can be voided with its order.
@pytest.mark.parametrize(
    "ways", ["refund", "exchange", "refund exchange", "refund void"]
)
async def test_a_ticket_goes_once(house: House, settings: Settings, ways: str) -> None:
    performance, staff = await house.on_sale(), house.staff()
    order = await house.bought(performance, await house.buyer(), 1)
    asks = {
        "refund": [refund(performance)] * MANY,
        "exchange": await swaps(house, performance, staff),
        "void": [VOID] * MANY,
    }
    wanted = [asks[way] for way in ways.split()]
    mixed = [wanted[n % len(wanted)][n] for n in range(MANY)]
    won, lost = await race(settings, order["order"], mixed, who=staff)
    (winner,) = won
    kind, state = WAYS[winner.way]
    (done,) = await happened(house, *(of for of, _ in WAYS.values()))
    assert kind is type(done)
    assert {(409, "ticket-not-valid", state): MANY - 1} == Counter(
        (one.status, one.code, one.body["state"]) for one in lost
    )
    back = await happened(house, RefundRequested)
    assert len(back) == (kind is not TicketsExchanged)


async def test_an_order_is_cancelled_once(house: House, settings: Settings) -> None:
    ann = await house.buyer()
    order = await house.ordered(await house.on_sale(), ann, 1, 2)
    asks: list[Ask] = [("cancel", {})] * MANY
    won, lost = await race(settings, order["order"], asks, who=ann)
    (winner,) = won
    assert {(409, "order-not-open"): MANY - 1} == Counter(
        (one.status, one.code) for one in lost
    )
    (done,) = await happened(house, OrderCancelled)
    assert isinstance(done, OrderCancelled)
    assert order["order"] == done.order == winner.body["order"]
