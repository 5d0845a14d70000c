"""The hourly task that forgets receipts, beside the reactors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from boxoffice.application.codec import encode
from boxoffice.application.forgetting import forgettable_before, of_a_person
from boxoffice.domain.message import Meta
from boxoffice.errors import Unavailable
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice_projectors import leased, metrics, receipts
from boxoffice_projectors.health import Health
from tests.contract.event_log import batch, command_id, stored, ticket
from tests.read_side import House, memory_house, reacting, until

MARGIN = timedelta(seconds=1)


def forgotten() -> float:
    return float(metrics.receipts_forgotten._value.get())


def asked(house: House, *numbers: int) -> None:
    """Commands of one of the staff, one event each."""
    for number in numbers:
        call = batch([(ticket(number), 0)], first_id=number)
        name = command_id(number).hex()
        meta = Meta(command=name, correlation=name, actor="staff:ana", venue="main")
        call.event_metas = [encode(meta)]
        stored(house.store, call)


def ready(health: Health) -> Callable[[], Awaitable[bool]]:
    async def true() -> bool:
        return health.ready

    return true


async def only_left(house: House, *numbers: int) -> None:
    wanted = [command_id(number) for number in numbers]

    async def true() -> bool:
        found = house.store.receipts([command_id(number) for number in range(99)])
        return [receipt.command_id for receipt in found] == wanted

    await until(true, f"only {numbers} have receipts")


@pytest.mark.parametrize(
    ("actor", "answer"),
    [("buyer:1", True), ("staff:ana", True), ("system:expiry", False), ("", False)],
)
@pytest.mark.parametrize("causation", [None, "x"])
def test_a_person_is_known_by_the_bytes_of_a_meta(
    actor: str, causation: str | None, *, answer: bool
) -> None:
    quoting = '"actor":"buyer:'
    meta = Meta(
        command="1",
        correlation=quoting,
        actor=actor,
        venue=quoting,
        causation=causation,
    )
    assert of_a_person(encode(meta)) == answer


async def test_receipts_live_as_long_as_the_settings_say() -> None:
    house = memory_house()
    assert house.settings.receipts_days == 7
    asked(house, 1, 2)
    house.time.at += timedelta(days=7)
    asked(house, 3)
    house.time.at += MARGIN
    before = forgotten()
    async with reacting(house) as health:
        await only_left(house, 3)
        await until(ready(health), "the role is ready")
    assert forgotten() - before == 2


async def test_more_than_one_page_is_forgotten_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipts, "PAGE_MAX", 2)
    house = memory_house()
    asked(house, 1, 2, 3, 4, 5)
    house.time.at += timedelta(days=8)
    before = forgotten()
    async with reacting(house):
        await only_left(house)
    assert forgotten() - before == 5


async def test_it_is_done_again_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "EVERY_S", 0.01)
    house = memory_house()
    asked(house, 1)
    async with reacting(house):
        house.time.at += timedelta(days=8)
        await only_left(house)
        asked(house, 2)
        house.time.at += timedelta(days=8)
        await only_left(house)
    assert house.store.last_receipt() is None


async def test_a_log_that_does_not_answer_is_reported_and_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leased, "RETRY_S", 0.01)
    house = memory_house()
    asked(house, 1)
    house.time.at += timedelta(days=8)
    forget = MemoryEventStore.forget_receipts
    answers = iter([Unavailable("The log does not answer.")])

    def failing_once(*args: object, **kwargs: object) -> object:
        for error in answers:
            raise error
        return forget(*args, **kwargs)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(MemoryEventStore, "forget_receipts", failing_once)
    async with reacting(house) as health:
        await only_left(house)
        await until(ready(health), "the role is ready again")
    assert next(answers, None) is None


def test_seven_days_ago_is_where_forgetting_ends() -> None:
    now = memory_house().clock.now()
    assert forgettable_before(now, days=7) == now - timedelta(days=7)
