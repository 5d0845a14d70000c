"""Who may ask what: every route, every kind of caller, one's own and another's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from boxoffice_api.app import API
from boxoffice_api.auth import ROLES
from tests.unit.api.house import ANN, House

OF = "/v1/performances/{performance}"
HOLD = OF + "/holds/{hold}"
ORDER = "/v1/orders/{code}"
PLAN = "/v1/plans"
MONEY = {"minor": 1, "currency": "USD"}
LATER = "2027-01-31T20:00:00Z"


@dataclass(frozen=True)
class Row:
    """What one route says: who may come, and what an allowed caller would send."""

    method: str
    path: str
    roles: frozenset[str] = frozenset()
    buyer: bool = False
    anybody: bool = False
    body: Any = None


def anybody(method: str, path: str) -> Row:
    return Row(method, path, ROLES, buyer=True, anybody=True)


def staff(method: str, path: str, *roles: str, body: Any = None) -> Row:
    return Row(method, path, frozenset({*roles, "admin"}), body=body)


def seller(method: str, path: str, body: Any = None) -> Row:
    """Buyers, for what is theirs, and the window."""
    roles = frozenset({"till", "manager", "admin"})
    return Row(method, path, roles, buyer=True, body=body)


def shown(path: str) -> Row:
    return Row("GET", path, ROLES, buyer=True)


TICKETS = [{"performance": "0" * 24, "place": 1}]
ROWS = [
    anybody("GET", PLAN),
    anybody("GET", PLAN + "/{plan}"),
    anybody("GET", "/v1/productions"),
    anybody("GET", "/v1/performances"),
    anybody("GET", OF),
    anybody("GET", OF + "/availability"),
    anybody("GET", OF + "/availability/{section}"),
    anybody("GET", OF + "/seat-map/{section}"),
    anybody("POST", "/v1/buyers"),
    anybody("GET", "/livez"),
    anybody("GET", "/readyz"),
    anybody("GET", "/metrics"),
    staff("POST", PLAN, "manager"),
    staff("PUT", PLAN + "/{plan}", "manager"),
    staff("POST", "/v1/productions", "manager", body={"title": "Rain"}),
    staff("POST", "/v1/performances", "manager"),
    staff(
        "PUT",
        OF + "/prices",
        "manager",
        body={"prices": [{"category": 0, "price": MONEY}]},
    ),
    staff("POST", OF + "/open", "manager"),
    staff("POST", OF + "/close", "manager", body={"reason": "Rain"}),
    staff("POST", OF + "/cancel", "manager", body={"reason": "Rain"}),
    staff(
        "POST",
        OF + "/move",
        "manager",
        body={
            "starts_at": LATER,
            "sale_until": LATER,
            "refund_until": LATER,
            "reason": "Rain",
        },
    ),
    staff("GET", OF + "/sales-board", "manager", "finance", "till"),
    staff(
        "PUT",
        "/v1/promotions/{promotion}",
        "manager",
        body={"currency": "USD", "basis_points": 1_000},
    ),
    staff("DELETE", "/v1/promotions/{promotion}", "manager"),
    staff("GET", "/v1/promotions", "manager", "finance", "till"),
    staff(
        "PUT",
        "/v1/comp-budgets/{budget}",
        "manager",
        body={"places_max": 1, "face_max": MONEY},
    ),
    staff("GET", "/v1/comp-budgets", "manager", "finance"),
    staff("GET", "/v1/comp-budgets/{budget}", "manager", "finance"),
    staff("GET", "/v1/orders", "manager", "finance", "till"),
    staff("GET", "/v1/orders/records", "manager", "finance"),
    staff(
        "POST",
        HOLD + "/comps",
        "manager",
        body=ANN
        | {"host": "The press office", "reason": "Premiere", "budget": "press"},
    ),
    staff("POST", ORDER + "/void", "manager", body={"note": "Wrong date"}),
    staff("POST", ORDER + "/requests/{wish}/approve", "manager"),
    staff("POST", ORDER + "/requests/{wish}/deny", "manager"),
    staff("POST", ORDER + "/refunds/{refund}/retry", "manager", "finance"),
    staff("POST", ORDER + "/refunds/{refund}/pay-out", "manager", "finance"),
    staff("POST", ORDER + "/refunds/{refund}/confirm", "manager", "finance"),
    seller("POST", OF + "/holds", {"places": [9]}),
    seller("GET", HOLD),
    seller("DELETE", HOLD),
    seller("POST", HOLD + "/places", {"places": [10]}),
    seller("DELETE", HOLD + "/places/{place}"),
    seller("POST", HOLD + "/renew"),
    seller("POST", HOLD + "/order", ANN),
    seller("POST", HOLD + "/quote", {}),
    shown(ORDER),
    shown(ORDER + "/operation"),
    seller("POST", ORDER + "/pay"),
    seller("POST", ORDER + "/cancel"),
    seller("POST", ORDER + "/alternative/accept"),
    seller("POST", ORDER + "/alternative/decline"),
    seller(
        "POST",
        ORDER + "/exchange",
        {"tickets": TICKETS, "hold": {"performance": "0" * 24, "hold": "0" * 32}},
    ),
    Row(
        "POST",
        ORDER + "/refund",
        frozenset({"manager", "admin"}),
        buyer=True,
        body={"tickets": TICKETS},
    ),
]
NOT_HERE = {("POST", "/v1/payments/webhook")}
"""Tested elsewhere: who may send a notice is said by its signature."""
IDS = [f"{row.method} {row.path}" for row in ROWS]


@dataclass(frozen=True)
class Scene:
    """Ann has a hold and an order; their names fill in addresses."""

    house: House
    ann: dict[str, str]
    names: dict[str, str]

    async def ask(self, row: Row, who: dict[str, str]) -> httpx.Response:
        path = row.path.format(**self.names)
        self.house.client.cookies.clear()
        return await self.house.client.request(
            row.method, path, json=row.body, headers=who
        )


@pytest.fixture
async def scene(house: House, performance: str) -> Scene:
    """A house where everything that an address can name is there, and Ann's."""
    ann = await house.buyer()
    order = await house.ordered(performance, ann, 1, 2)
    hold = await house.held(performance, ann, 3, 4)
    await house.project()
    plans = (await house.client.get(PLAN)).json()
    names = {
        "performance": performance,
        "hold": hold.rpartition("/")[2],
        "code": order["order"],
        "plan": plans["items"][0]["plan"],
        "section": "0",
        "place": "3",
        "promotion": "SPRING",
        "budget": "press",
        "wish": "0" * 32,
        "refund": "0" * 32,
    }
    return Scene(house, ann, names)


def test_every_route_has_its_row() -> None:
    routes = {
        (method, re.sub(r":\w+\}", "}", path))
        for handler in API
        for path in handler.paths
        for method in handler.http_methods
    }
    named = {(row.method, _parameters(row.path)) for row in ROWS}
    elsewhere = {(method, _parameters(path)) for method, path in NOT_HERE}
    assert {(m, _parameters(p)) for m, p in routes} - elsewhere == named


def _parameters(path: str) -> str:
    """Leave out how an address calls its parts."""
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
async def test_strangers_are_let_in_where_anybody_is(scene: Scene, row: Row) -> None:
    answer = await scene.ask(row, {})
    assert (answer.status_code != 401) is row.anybody, answer.text


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("row", ROWS, ids=IDS)
async def test_a_role_may_do_what_its_row_says_and_no_more(
    scene: Scene, row: Row, role: str
) -> None:
    answer = await scene.ask(row, scene.house.staff(role))
    assert (answer.status_code != 403) is (role in row.roles), answer.text
    assert answer.status_code != 401


@pytest.mark.parametrize("row", ROWS, ids=IDS)
async def test_buyers_reach_what_is_theirs(scene: Scene, row: Row) -> None:
    answer = await scene.ask(row, scene.ann)
    if row.buyer:
        assert answer.status_code not in (401, 403, 404), answer.text
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "row", [r for r in ROWS if "{hold}" in r.path or "{code}" in r.path]
)
async def test_nobody_reaches_what_is_anothers(scene: Scene, row: Row) -> None:
    """Another buyer's hold or order does not exist, whatever is asked of it."""
    bob = await scene.house.buyer()
    answer = await scene.ask(row, bob)
    assert answer.status_code == (404 if row.buyer else 401), answer.text
    before = await scene.ask(ROWS[IDS.index(f"GET {ORDER}")], scene.ann)
    assert before.json()["status"] == "placed"


@pytest.mark.parametrize("row", [r for r in ROWS if "{hold}" in r.path])
async def test_the_window_does_not_reach_the_hold_of_a_buyer(
    scene: Scene, row: Row
) -> None:
    answer = await scene.ask(row, scene.house.staff("manager"))
    assert answer.status_code == 404
