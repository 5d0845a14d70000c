"""The socket of an order: each state, to whom it belongs, however slow they are."""

from __future__ import annotations

from typing import Any

from tests.unit.api.house import House
from tests.unit.pages.test_live_sockets import Client, socket


async def states(client: Client, until: str) -> list[str]:
    """Give the states of the order that a client hears of, up to one."""
    heard: list[str] = []
    while not heard or heard[-1] != until:
        frame = await client.hears_frame()
        if frame["type"] == "order":
            heard.append(frame["order"]["status"])
    return heard


async def opened(client: Client) -> dict[str, Any]:
    accepted = await client.hears()
    assert accepted["type"] == "websocket.accept", accepted
    return await client.hears_frame()


async def test_each_new_state_is_pushed(house: House, performance: str) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    async with socket(house, f"/v1/orders/{order['order']}/live", ann) as client:
        first = await opened(client)
        assert first["type"] == "order"
        assert first["order"]["status"] == "placed"
        await house.settle(order["order"], "captured")
        assert (await states(client, "confirmed"))[-1] == "confirmed"
        client.leaves()


async def test_what_came_while_a_client_was_slow_is_one_frame(
    house: House, performance: str
) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    async with socket(house, f"/v1/orders/{order['order']}/live", ann) as client:
        await opened(client)
        client.takes.clear()
        await house.settle(order["order"], "needs_action", action_url="https://x.test")
        await house.settle(order["order"], "captured")
        client.takes.set()
        assert len(await states(client, "confirmed")) <= 2
        client.leaves()


async def test_the_order_of_another_has_no_socket(
    house: House, performance: str
) -> None:
    order = await house.ordered(performance, await house.buyer(), 1)
    bob = await house.buyer()
    for who, status in ((bob, 404), ({}, 401)):
        async with socket(house, f"/v1/orders/{order['order']}/live", who) as client:
            refused = await client.hears()
            assert refused["type"] == "websocket.http.response.start"
            assert refused["status"] == status


async def test_a_process_that_closes_says_so(house: House, performance: str) -> None:
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1)
    async with socket(house, f"/v1/orders/{order['order']}/live", ann) as client:
        await opened(client)
        await house.edge.order_news.close()
        assert await client.hears_close() == 1001
        client.leaves()
    async with socket(house, f"/v1/orders/{order['order']}/live", ann) as client:
        refused = await client.hears()
        assert refused["status"] == 503
