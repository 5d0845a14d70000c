"""The checkout process of a house of random histories, and what becomes of its wishes.

It is the real one: what it wants is done sooner or later, in any order, and it may die.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from boxoffice.application.processes.agenda import Pace
from boxoffice.application.processes.checkout import (
    TAGS,
    Action,
    Call,
    Tell,
    due,
    landed,
    react,
)
from boxoffice.application.processes.checkout_state import Checkout, Paces
from boxoffice.application.topics import fact_of
from boxoffice.domain.message import Fact
from boxoffice.domain.orders import commands as ask
from boxoffice.errors import ExchangeOpen, PaymentOpen
from tests.property.orders_provider import Entry

if TYPE_CHECKING:
    from tests.property.orders_house import House

ROUNDS_MAX = 200
"""Rounds of the checkout process until a history must be at rest."""
ACTIONS_MAX = 1_000
AT_ONCE = Paces(call=Pace(0, 0), watch=Pace(0, 0), refund=Pace(0, 0))
"""Chance, and not the clock, decides when something is tried again."""


class Errands:
    """One process after another, and their calls to the provider."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._process = Checkout(AT_ONCE)

    def note(self, facts: Iterable[Fact]) -> None:
        """Let the process see what was done."""
        for fact in facts:
            react(self._process, fact)

    def one(self) -> None:
        """Do one thing that the checkout process wants; the rest has to wait."""
        wanted = due(self._process, self.house.now, actions_max=ACTIONS_MAX)
        chosen = self.house.dice.choice(wanted) if wanted else None
        for action in wanted:
            over = action is chosen and self._carry_out(action)
            landed(self._process, action, now=self.house.now, over=over)

    def restart(self) -> None:
        """Let the process die: the next one knows what the log says."""
        self._process = self._another()

    def _another(self) -> Checkout:
        process = Checkout(AT_ONCE)
        head = self.house.store.head().position
        for record in self.house.store.read(after=0, limit=head):
            if record.tag in TAGS:
                react(process, fact_of(record))
        return process

    def _carry_out(self, action: Action) -> bool:
        """Do what the process wants; tell whether that is over for ever."""
        if isinstance(action, Tell):
            answer = self.house.ask(action.command)
            waits = isinstance(answer, PaymentOpen | ExchangeOpen)
            return not (waits or isinstance(action.command, ask.ExpireOrder))
        if action.kind in ("refund", "look_up_refund"):
            self._give_back(action)
        else:
            self.house.settle(
                action.order, action.name, self._asked_of_provider(action)
            )
        return False

    def _asked_of_provider(self, call: Call) -> Entry:
        match call.kind:
            case "cancel":
                return self.house.provider.cancel(call.name, call.amount)
            case "capture":
                return self.house.provider.capture(call.name)
            case _:
                entry = self.house.provider.start(call.name, call.amount)
                self.house.provider.move(call.name)
                return entry

    def _give_back(self, call: Call) -> None:
        _, minor, _ = self.house.judge.orders[call.order].refunds[call.name]
        assert minor == call.amount.minor
        self.house.tell_refund(call.order, call.name)

    def come_to_rest(self) -> None:
        """Let the time run until the process wants nothing any more."""
        for _ in range(ROUNDS_MAX):
            self.house.now += timedelta(seconds=4_000)
            wanted = due(self._process, self.house.now, actions_max=ACTIONS_MAX)
            for action in wanted:
                over = self._carry_out(action)
                landed(self._process, action, now=self.house.now, over=over)
            if not wanted and self._process.agenda.next_at() is None:
                return
        raise AssertionError(f"the house does not come to rest: {wanted}")

    def check(self) -> None:
        """Who folds it all anew has nothing to do either, and remembers no more."""
        fresh = self._another()
        length = self.house.store.head().position
        for action in due(fresh, self.house.now, actions_max=ACTIONS_MAX):
            assert isinstance(action, Tell), action
            assert isinstance(action.command, ask.EndForPerformance)
            self.house.ask(action.command)
        assert self.house.store.head().position == length
        due(self._process, self.house.now, actions_max=0)
        for process in (self._process, fresh):
            assert not process.aside
            assert not process.orders
        live, anew = self._process.houses, fresh.houses
        assert {n: h.codes() for n, h in live.items() if h.codes()} == {
            n: h.codes() for n, h in anew.items() if h.codes()
        }
