"""A repeated request is answered by the renderers that its receipt names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx
import pytest

from boxoffice.application import write_path
from boxoffice.domain.message import Fact
from boxoffice_api import renderings
from boxoffice_api.renderings import RENDERERS, Renderers
from tests.unit.api.house import ANN, House, plan_file, schedule

SECOND = b'{"rendered": "by the second version"}'


def other_bytes(_: Sequence[Fact], *__: object) -> bytes:
    return SECOND


NEWER = Renderers(**dict.fromkeys(Renderers.__struct_fields__, other_bytes))
BOTH = {**RENDERERS, 2: NEWER}


def release(
    patch: pytest.MonkeyPatch, number: int, versions: Mapping[int, Renderers]
) -> None:
    """Know these versions from now on, and answer new requests by this one."""
    patch.setattr(write_path, "RENDERER", number)
    patch.setattr(renderings, "RENDERERS", versions)


class Day:
    """Everything that is answered from facts, asked under keys that stay the same."""

    def __init__(
        self, house: House, staff: dict[str, str], buyer: dict[str, str]
    ) -> None:
        self._house, self._staff, self._buyer = house, staff, buyer
        self.asked: list[tuple[str, object, dict[str, str]]] = []

    async def ask(
        self, path: str, body: object, *, is_staff: bool = False
    ) -> httpx.Response:
        who = self._staff if is_staff else self._buyer
        headers = who | {"idempotency-key": f"key-{len(self.asked)}"}
        self.asked.append((path, body, headers))
        return await self._send(path, body, headers)

    async def again(self) -> list[httpx.Response]:
        """Repeat every request, word by word."""
        return [await self._send(*asked) for asked in self.asked]

    async def _send(
        self, path: str, body: object, headers: dict[str, str]
    ) -> httpx.Response:
        return await self._house.client.post(path, json=body, headers=headers)


async def spend(day: Day, performance: str) -> list[httpx.Response]:
    """Put a show on a date; hold places, add one, order them and think better."""
    plan = await day.ask("/v1/plans", plan_file(), is_staff=True)
    show = await day.ask("/v1/productions", {"title": "Day"}, is_staff=True)
    date = schedule(show.json()["production"], plan.json()["plan"])
    dated = await day.ask("/v1/performances", date, is_staff=True)
    held = await day.ask(f"/v1/performances/{performance}/holds", {"places": [1]})
    hold = held.headers["location"]
    changed = await day.ask(f"{hold}/places", {"places": [2]})
    ordered = await day.ask(f"{hold}/order", ANN)
    cancelled = await day.ask(f"/v1/orders/{ordered.json()['order']}/cancel", None)
    return [plan, show, dated, held, changed, ordered, cancelled]


@pytest.fixture
async def day(house: House) -> Day:
    return Day(house, house.staff(), await house.buyer())


async def test_what_an_older_version_answered_is_answered_in_its_bytes(
    performance: str, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await spend(day, performance)
    assert len(Renderers.__struct_fields__) == len(first)
    assert {201, 200, 202} == {answer.status_code for answer in first}
    release(monkeypatch, 2, BOTH)
    again = await day.again()
    assert [one.content for one in first] == [one.content for one in again]
    assert [one.headers for one in first] == [one.headers for one in again]


async def test_a_new_version_answers_what_is_new_and_its_repeats(
    performance: str, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(monkeypatch, 2, BOTH)
    holds = f"/v1/performances/{performance}/holds"
    assert SECOND == (await day.ask(holds, {"places": [1]})).content
    release(monkeypatch, 1, BOTH)
    assert [SECOND] == [answer.content for answer in await day.again()]
    other = await day.ask(holds, {"places": [2]})
    assert performance == other.json()["performance"]


async def test_an_answer_of_a_version_nobody_knows_is_a_problem_and_not_another(
    house: House, performance: str, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await spend(day, performance)
    stored = house.container.store.head().position
    release(monkeypatch, 2, {2: NEWER})
    for answer in await day.again():
        assert 503 == answer.status_code
        assert "/problems/renderer-unknown" == answer.json()["type"]
        assert "1" == answer.headers["retry-after"]
    release(monkeypatch, 1, RENDERERS)
    again = await day.again()
    assert [one.content for one in first] == [one.content for one in again]
    assert stored == house.container.store.head().position
