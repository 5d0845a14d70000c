from __future__ import annotations

from datetime import timedelta

from boxoffice.application.codec import decode, decode_meta
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.requests import Request
from boxoffice.application.writer import ask
from boxoffice.domain.ids import BuyerId, HoldId
from boxoffice.domain.inventory.commands import HoldPlaces
from boxoffice.domain.inventory.events import CartHoldReleased
from boxoffice.domain.message import Meta
from boxoffice.testing import PERFORMANCE, on_sale
from tests.read_side import House, memory_house, reacting, until
from tests.trade import MORNING

TTL_S = 600
META = Meta(command="00", correlation="00", actor="buyer:test", venue="main")
MINUTE = timedelta(minutes=1)


def opened() -> House:
    house = memory_house()
    house.recorder.record(on_sale(now=MORNING))
    return house


async def hold(house: House, number: int, *places: int) -> str:
    name = f"{2**64 + number:032x}"
    command = HoldPlaces(
        now=house.clock.now(),
        performance=PERFORMANCE,
        buyer=BuyerId(f"buyer-{number}"),
        hold=HoldId(name),
        ordinals=places,
        ttl_s=TTL_S,
    )
    await ask(house.writer, Request(bytes.fromhex(name), b"h", command, META))
    return name


def endings(house: House) -> list[LogRecord]:
    log = house.store.read(after=0, limit=1_000)
    return [record for record in log if record.tag == "cart-hold-released.v1"]


async def ended(house: House, *names: str) -> None:
    async def all_ended() -> bool:
        events = [decode(r.tag, r.data, position=r.position) for r in endings(house)]
        found = {e.hold for e in events if isinstance(e, CartHoldReleased)}
        return found >= set(names)

    await until(all_ended, "the holds were tidied up")


async def test_an_overdue_hold_is_tidied_up_once() -> None:
    house = opened()
    async with reacting(house) as health:
        name = await hold(house, 1, 1, 2)
        house.time.at += 11 * MINUTE
        await ended(house, name)
        assert health.ready
    (record,) = endings(house)
    meta = decode_meta(record.meta, position=record.position)
    assert meta.actor == "system:expiry"
    freed = [r for r in house.store.read(after=0, limit=1_000) if "released" in r.tag]
    assert [r.tag for r in freed] == [
        "ticket-released.v1",
        "ticket-released.v1",
        "cart-hold-released.v1",
    ]


async def test_what_is_not_due_is_left_alone() -> None:
    house = opened()
    early = await hold(house, 1, 1)
    house.time.at += 5 * MINUTE
    await hold(house, 2, 2)
    house.time.at += 6 * MINUTE
    async with reacting(house):
        await ended(house, early)
    assert len(endings(house)) == 1


async def test_a_restart_issues_only_what_is_still_due() -> None:
    house = opened()
    first = await hold(house, 1, 1)
    house.time.at += 11 * MINUTE
    async with reacting(house):
        await ended(house, first)
    second = await hold(house, 2, 2)
    house.time.at += 11 * MINUTE
    async with reacting(house):
        await ended(house, second)
    assert len(endings(house)) == 2


async def test_more_holds_than_one_batch_are_all_tidied_up() -> None:
    house = memory_house()
    house.recorder.record(on_sale(now=MORNING, places=200))
    names = [await hold(house, number, number) for number in range(1, 151)]
    house.time.at += 11 * MINUTE
    async with reacting(house):
        await ended(house, *names)
    assert len(endings(house)) == 150
