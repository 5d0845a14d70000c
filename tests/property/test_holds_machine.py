"""Random histories of holds and purchases against a small model of a house.

The model is two dictionaries: who has which place until when, and who bought what. It
knows nothing of streams, and must agree with the write path after every step.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from boxoffice.application.requests import Accepted, Answer, Request
from boxoffice.application.write_path import WritePath
from boxoffice.domain.ids import AttemptId, BuyerId, HoldId, OrderCode
from boxoffice.domain.inventory.commands import (
    ExpireHold,
    HoldPlaces,
    ReleaseHold,
)
from boxoffice.domain.message import Command, Meta
from boxoffice.errors import (
    HoldExpired,
    HoldLimitReached,
    HoldNotOpen,
    NotFound,
    SeatsUnavailable,
)
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import (
    FULL_PRICE,
    NOON,
    PERFORMANCE,
    on_sale,
    place_order,
    settle,
    store_facts,
)

PLACES = 12
TTL_S = 600
META = Meta(command="c", correlation="c", actor="test", venue="main")

buyers = st.sampled_from([BuyerId(letter * 32) for letter in "abc"])
ordinals = st.lists(st.integers(1, PLACES), min_size=1, max_size=8, unique=True).map(
    tuple
)
holds = st.integers(0, 30)


class ModelHold:
    """A hold as a box-office clerk would note it on paper."""

    def __init__(self, buyer: str, places: tuple[int, ...], deadline: int) -> None:
        self.buyer = buyer
        self.places = places
        self.deadline = deadline
        self.ended: str | None = None


class House(RuleBasedStateMachine):
    """Two writers take turns at one log, as two processes would."""

    def __init__(self) -> None:
        super().__init__()
        store = MemoryEventStore(now=lambda: NOON)
        store_facts(store, on_sale(places=PLACES))
        self.store = store
        self.writers = [WritePath(store, families_max=4) for _ in range(2)]
        self.numbers = count(1)
        self.elapsed_s = 0
        self.holds: list[ModelHold] = []
        self.owner: dict[int, ModelHold] = {}
        self.sold: dict[int, ModelHold] = {}

    def ask(self, command: Command) -> Answer:
        number = next(self.numbers)
        request = Request(number.to_bytes(16, "big"), b"", command, META)
        path = self.writers[number % 2]
        return path.step([request])[request.command_id]

    def taken(self, place: int) -> bool:
        owner = self.owner.get(place)
        return place in self.sold or (
            owner is not None and self.elapsed_s < owner.deadline + 1
        )

    def counted(self, buyer: str) -> int:
        return sum(
            len(h.places)
            for h in self.holds
            if h.buyer == buyer
            and (
                h.ended == "sold"
                or (h.ended is None and self.elapsed_s < h.deadline + 1)
            )
        )

    @rule(seconds=st.sampled_from([1, 60, 598, 600, 601]))
    def wait(self, seconds: int) -> None:
        self.elapsed_s += seconds

    @rule(buyer=buyers, places=ordinals)
    def hold(self, buyer: BuyerId, places: tuple[int, ...]) -> None:
        command = HoldPlaces(
            now=NOON + timedelta(seconds=self.elapsed_s),
            performance=PERFORMANCE,
            buyer=buyer,
            hold=HoldId(f"{len(self.holds):032x}"),
            ordinals=places,
            ttl_s=TTL_S,
        )
        answer = self.ask(command)
        if self.counted(buyer) + len(places) > 8:
            assert type(answer) is HoldLimitReached
        elif any(self.taken(place) for place in places):
            assert type(answer) is SeatsUnavailable
            taken = [place for place in places if self.taken(place)]
            assert taken == answer.data["places"]
        else:
            assert isinstance(answer, Accepted)
            held = ModelHold(buyer, places, self.elapsed_s + TTL_S)
            self.holds.append(held)
            self.owner.update(dict.fromkeys(places, held))

    @rule(number=holds, buyer=buyers)
    def release(self, number: int, buyer: BuyerId) -> None:
        command = ReleaseHold(
            now=NOON + timedelta(seconds=self.elapsed_s),
            performance=PERFORMANCE,
            buyer=buyer,
            hold=HoldId(f"{number:032x}"),
        )
        answer = self.ask(command)
        if number >= len(self.holds) or self.holds[number].buyer != buyer:
            assert type(answer) is NotFound
        elif self.holds[number].ended == "sold":
            assert type(answer) is HoldNotOpen
        else:
            assert isinstance(answer, Accepted)
            self.end(self.holds[number], "released")

    @rule(number=holds)
    def expire(self, number: int) -> None:
        if number >= len(self.holds):
            return
        held = self.holds[number]
        command = ExpireHold(
            now=NOON + timedelta(seconds=self.elapsed_s),
            performance=PERFORMANCE,
            buyer=BuyerId(held.buyer),
            hold=HoldId(f"{number:032x}"),
        )
        answer = self.ask(command)
        assert isinstance(answer, Accepted)
        due = self.elapsed_s >= held.deadline + 1
        assert (due and held.ended is None) == bool(answer.facts)
        if due:
            self.end(held, "expired")

    @rule(number=holds)
    def purchase(self, number: int) -> None:
        if number >= len(self.holds):
            return
        held = self.holds[number]
        now = NOON + timedelta(seconds=self.elapsed_s)
        order, attempt = self.named(), AttemptId(f"{next(self.numbers):032x}")
        command = place_order(
            buyer=BuyerId(held.buyer),
            hold=HoldId(f"{number:032x}"),
            order=order,
            attempt=attempt,
            now=now,
        )
        answer = self.ask(command)
        if held.ended == "sold":
            assert type(answer) is HoldNotOpen
        elif held.ended is not None or self.elapsed_s > held.deadline:
            assert type(answer) is HoldExpired
        else:
            assert isinstance(answer, Accepted)
            due = FULL_PRICE.minor * len(held.places)
            paid = settle("captured", due, order=order, attempt=attempt, now=now)
            assert isinstance(self.ask(paid), Accepted)
            held.ended = "sold"
            self.sold.update(dict.fromkeys(held.places, held))

    def named(self) -> OrderCode:
        return OrderCode(f"ORDER{next(self.numbers)}")

    def end(self, held: ModelHold, how: str) -> None:
        if held.ended is not None:
            return
        held.ended = how
        for place in held.places:
            if self.owner.get(place) is held:
                del self.owner[place]

    @invariant()
    def every_ticket_sold_is_sold_once(self) -> None:
        records = self.store.read(after=0, limit=100_000)
        sold = [r.stream for r in records if r.tag == "ticket-sold.v1"]
        assert len(sold) == len(set(sold)) == len(self.sold)


TestHouse = House.TestCase
