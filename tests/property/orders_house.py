"""A house in which anything may happen: random histories of orders and money.

One seed is one history. Two writers take turns at one log, a provider has its moods, a
checkout process does what the log asks of it sooner or later, and a judge reads along.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from boxoffice.application.codec import decode
from boxoffice.application.requests import Accepted, Answer, Request
from boxoffice.application.routing import AGGREGATE_OF
from boxoffice.application.write_path import WritePath
from boxoffice.domain.catalogue.commands import CancelPerformance, MovePerformance
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    CustomerId,
    HoldId,
    OrderCode,
    PerformanceId,
    PersonId,
    RefundId,
)
from boxoffice.domain.inventory import commands as carts
from boxoffice.domain.message import Command, Meta
from boxoffice.domain.money import Money
from boxoffice.domain.orders import commands as ask
from boxoffice.domain.orders.events import TicketRef
from boxoffice.domain.payments.commands import (
    ConfirmPayOut,
    PayOutRefund,
    RetryRefund,
    SettlePayment,
    SettleRefund,
)
from boxoffice.domain.pricing.events import LevelPrice, PricesSet, PriceType
from boxoffice.domain.pricing_parts import PriceParts
from boxoffice.domain.promotions.commands import DefinePromotion, SetCompBudget
from boxoffice.domain.promotions.events import PromotionTerms
from boxoffice.errors import (
    Conflict,
    NotFound,
    Refused,
)
from boxoffice.infrastructure.memory.event_store import MemoryEventStore
from boxoffice.testing import NOON, PERFORMANCE, on_sale, store_facts
from tests.property.orders_errands import Errands
from tests.property.orders_judge import Judge
from tests.property.orders_provider import Entry, Provider

META = Meta(command="c", correlation="c", actor="test", venue="main")
OTHER = PerformanceId("c" * 24)
HOUSES = {PERFORMANCE: 10, OTHER: 6}
BUYERS = [BuyerId(letter * 32) for letter in "abc"]
BUDGET, QUOTA, COMPS = 1_200, 3, 5
ALONE = 5_000
"""Minor units of an order that persons of the house may return without a second one."""
MONTH = timedelta(days=30)
GIVEN_ALONE = 2
"""Places of a performance that one of them may give away."""
STAFF = ("staff:eva", "staff:tom")
PRICES = PricesSet(
    prices=tuple(
        LevelPrice(level, Money(minor, "USD"), kind, PriceParts(minor - 300, 0, 300))
        for level, minor, kind in (
            (0, 4_500, "adult"),
            (0, 2_500, "child"),
            (1, 3_000, "adult"),
            (1, 2_000, "child"),
        )
    ),
    types=(
        PriceType(code="adult", name="Adult"),
        PriceType(code="child", name="Child", quota=QUOTA),
    ),
)
RULES_SAY_NO = (Refused, NotFound, Conflict)
OWED_STEPS = 6


class House:
    """One history."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.provider = Provider(self.dice)
        self.now = NOON
        self.store = MemoryEventStore(now=lambda: self.now)
        self.errands = Errands(self)
        self.judge = Judge(
            budget=BUDGET,
            quota={"child": QUOTA},
            comps=COMPS,
            alone=ALONE,
            given_alone=GIVEN_ALONE,
        )
        self.numbers = count(1)
        self.known = 0
        self.carts: list[tuple[PerformanceId, BuyerId, HoldId]] = []
        self.news: list[SettlePayment] = []
        for of, places in HOUSES.items():
            levels = (Money(4_500, "USD"), Money(3_000, "USD"))
            ahead = self.dice.choice((MONTH, MONTH, timedelta(hours=1)))
            facts = on_sale(
                of,
                places=places,
                categories=levels,
                prices=PRICES,
                now=NOON + ahead - MONTH,
            )
            self.judge.starts[of] = NOON + ahead
            store_facts(self.store, facts)
        self.paths = [
            WritePath(self.store, families_max=2, orders_max=3 + 40 * n)
            for n in range(2)
        ]
        terms = PromotionTerms(
            currency="USD", basis_points=2_000, budget=BUDGET, per_customer_max=1
        )
        self.ask(DefinePromotion(now=NOON, code="TEN", terms=terms))
        face = Money(100_000, "USD")
        self.ask(
            SetCompBudget(now=NOON, budget="press", places_max=COMPS, face_max=face)
        )

    def ask(self, command: Command) -> Answer:
        """Let one of the writers decide, and the judge look at what it did."""
        number = next(self.numbers)
        request = Request(number.to_bytes(16, "big"), b"", command, META)
        answer = self.paths[number % 2].step([request])[request.command_id]
        self.note(answer)
        return answer

    def note(self, answer: Answer) -> None:
        """Let the judge and the checkout process see what was done."""
        assert isinstance(answer, (Accepted, *RULES_SAY_NO)), repr(answer)
        if isinstance(answer, Accepted):
            facts = [(fact.stream, fact.event) for fact in answer.facts]
            self.judge.read(facts, self.now)
            self.errands.note(answer.facts)

    def name(self) -> str:
        return f"{next(self.numbers):032x}"

    def order(self, *wanted: str) -> tuple[OrderCode, Any] | None:
        """Pick an order, mostly one that has something of what is wanted."""
        codes = list(self.judge.orders)
        if not codes:
            return None
        likely = [
            c for c in codes if any(getattr(self.judge.orders[c], w) for w in wanted)
        ]
        if likely and self.dice.random() < 0.85:
            codes = likely
        code = self.dice.choice(codes)
        return OrderCode(code), self.judge.orders[code]

    def run(self, steps: int) -> None:
        """Live through a history and its end."""
        acts, weights = zip(*ACTS, strict=True)
        for act in self.dice.choices(acts, weights, k=steps):
            act(self)
        self.errands.come_to_rest()
        for _ in range(OWED_STEPS):
            self.owed()
        self.errands.come_to_rest()
        self.judge.check_at_rest()
        self.check_provider()
        self.check_memory()
        self.errands.check()

    def wait(self) -> None:
        self.now += timedelta(seconds=self.dice.choice((1, 20, 200, 601, 1_801)))

    def hold(self) -> None:
        of = self.dice.choice((PERFORMANCE, PERFORMANCE, OTHER))
        places = tuple(
            self.dice.sample(range(1, HOUSES[of] + 1), self.dice.randint(1, 3))
        )
        cart = (of, self.dice.choice(BUYERS), HoldId(self.name()))
        command = carts.HoldPlaces(
            now=self.now,
            performance=of,
            buyer=cart[1],
            hold=cart[2],
            ordinals=places,
            types=self.types(places),
            ttl_s=600,
        )
        if isinstance(self.ask(command), Accepted):
            self.carts.append(cart)

    def types(self, places: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.dice.choice(("adult", "adult", "child")) for _ in places)

    def cart(self) -> dict[str, Any]:
        if self.dice.random() < 0.5:
            self.hold()
        if not self.carts:
            return {"performance": PERFORMANCE, "buyer": BUYERS[0], "hold": HoldId("0")}
        last = self.dice.random() < 0.7
        of, buyer, hold = self.carts[-1] if last else self.dice.choice(self.carts)
        return {"performance": of, "buyer": buyer, "hold": hold}

    def change(self) -> None:
        cart = {"now": self.now, **self.cart()}
        place = (self.dice.randint(1, HOUSES[cart["performance"]]),)
        kind = self.dice.randrange(5)
        if kind == 0:
            types = self.types(place)
            self.ask(carts.AddPlaces(**cart, ordinals=place, types=types, ttl_s=600))
        elif kind == 1:
            self.ask(carts.RemovePlaces(**cart, ordinals=place))
        elif kind == 2:
            self.ask(carts.RenewHold(**cart, ttl_s=600))
        elif kind == 3:
            self.ask(carts.ReleaseHold(**cart))
        else:
            self.ask(carts.ExpireHold(**cart))

    def place(self) -> None:
        cart = self.cart()
        command = ask.PlaceOrder(
            now=self.now,
            **cart,
            order=OrderCode(f"O{next(self.numbers)}"),
            person=PersonId("p"),
            customer=CustomerId(f"c{cart['buyer'][0]}"),
            attempt=AttemptId(self.name()),
            promotion=self.dice.choice((None, None, "ten")),
        )
        self.ask(command)

    def comps(self) -> None:
        command = ask.IssueComps(
            now=self.now,
            **self.cart(),
            order=OrderCode(f"O{next(self.numbers)}"),
            person=PersonId("p"),
            customer=CustomerId("press"),
            host=PersonId("h"),
            reason="Review",
            budget="press",
            by=self.dice.choice(STAFF),
            request=self.name(),
            unapproved_max=GIVEN_ALONE,
            approval_s=3_600,
        )
        self.ask(command)

    def of_order(self, *wanted: str) -> dict[str, Any] | None:
        found = self.order(*wanted)
        if found is None:
            return None
        code, order = found
        of = PerformanceId(order.performance)
        return {"now": self.now, "performance": of, "order": code}

    def pay_again(self) -> None:
        if (of := self.of_order()) is not None:
            attempt = AttemptId(self.name())
            self.ask(ask.PayOrder(**of, buyer=None, attempt=attempt))

    def end_early(self) -> None:
        if (of := self.of_order("offer", "exchange")) is None:
            return
        kind = self.dice.randrange(6)
        if kind == 0:
            self.ask(ask.CancelOrder(**of, buyer=None, by="buyer:x"))
        elif kind == 1:
            self.ask(ask.AcceptAlternative(**of, buyer=None))
        elif kind == 2:
            self.ask(ask.DeclineAlternative(**of, buyer=None))
        elif kind == 3:
            self.ask(ask.EndForPerformance(**of))
        else:
            self.ask(ask.ExpireOrder(**of))

    def tickets(self, order: Any) -> tuple[TicketRef, ...]:
        some = [TicketRef(*place) for place in order.valid]
        return tuple(self.dice.sample(some, self.dice.randint(bool(some), len(some))))

    def tidy(self) -> None:
        """End what is overdue, as the checkout process does sooner or later."""
        for code, order in list(self.judge.orders.items()):
            of = PerformanceId(order.performance)
            self.ask(
                ask.ExpireOrder(now=self.now, performance=of, order=OrderCode(code))
            )

    def refund(self) -> None:
        if (found := self.order("valid")) is None:
            return
        code, order = found
        of: dict[str, Any] = {
            "now": self.now,
            "order": code,
            "performance": PerformanceId(order.performance),
        }
        by = self.dice.choice(STAFF)
        if self.dice.random() < 0.15:
            void = ask.VoidOrder(
                **of, by=by, note="", window_s=2_000, unapproved_max=ALONE
            )
            self.ask(void)
            return
        buyer = self.dice.choice((None, None, BuyerId(order.buyer)))
        command = ask.RefundTickets(
            **of,
            buyer=buyer,
            tickets=self.tickets(order),
            by=by if buyer is None else f"buyer:{buyer}",
            note="",
            request=self.name(),
            keep_outside=self.dice.random() < 0.5,
            fee=self.dice.choice((0, 0, 150, 99_999)),
            unapproved_max=ALONE if buyer is None else None,
        )
        self.ask(command)

    def answer(self) -> None:
        if (found := self.order("requests")) is None:
            return
        code, order = found
        request = self.dice.choice([*order.requests, "none"])
        of: dict[str, Any] = {
            "now": self.now,
            "performance": PerformanceId(order.performance),
            "order": code,
            "request": request,
            "by": self.dice.choice(STAFF),
        }
        if self.dice.random() < 0.7:
            self.ask(ask.ApproveRequest(**of))
        else:
            self.ask(ask.DenyRequest(**of, note=""))

    def exchange(self) -> None:
        if (found := self.order("valid")) is None:
            return
        code, order = found
        cart = self.cart()
        buyer = self.dice.choice((None, BuyerId(order.buyer)))
        command = ask.ExchangeTickets(
            now=self.now,
            performance=PerformanceId(order.performance),
            order=code,
            buyer=buyer,
            tickets=self.tickets(order),
            into=cart["performance"],
            holder=cart["buyer"],
            hold=cart["hold"],
            exchange=self.name(),
            attempt=AttemptId(self.name()),
            by="staff:eva" if buyer is None else f"buyer:{buyer}",
            unapproved_max=ALONE if buyer is None else None,
            fee=self.dice.choice((0, 0, 200)),
        )
        self.ask(command)

    def owed(self) -> None:
        """Let staff do something about a refund that failed for good."""
        stuck = self.refunds_that("failed")
        if not stuck:
            return
        code, name = self.dice.choice(stuck)
        of: dict[str, Any] = {
            "now": self.now,
            "performance": PerformanceId(self.judge.orders[code].performance),
            "order": OrderCode(code),
            "refund": RefundId(name),
            "by": self.dice.choice(STAFF),
        }
        kind = self.dice.randrange(4)
        if kind == 0:
            self.ask(RetryRefund(**of, retry=RefundId(self.name())))
        elif kind == 1:
            self.ask(PayOutRefund(**of, note="in cash"))
        else:
            self.ask(ConfirmPayOut(**of))

    def refunds_that(self, state: str) -> list[tuple[str, str]]:
        return [
            (code, name)
            for code, order in self.judge.orders.items()
            for name, refund in order.refunds.items()
            if refund[2] == state
        ]

    def bounce(self) -> None:
        """Have a bank send back what was given back."""
        done = self.refunds_that("completed")
        if not done:
            return
        code, name = self.dice.choice(done)
        self.provider.bounce(name, self.judge.orders[code].refunds[name][0])
        self.tell_refund(code, name)

    def call_off(self) -> None:
        of = self.dice.choice((PERFORMANCE, OTHER))
        if self.dice.random() < 0.3:
            until = self.now + timedelta(seconds=900)
            later = NOON + timedelta(days=60)
            self.ask(
                MovePerformance(
                    now=self.now,
                    performance=of,
                    starts_at=later,
                    sale_until=later,
                    refund_until=until,
                    by="staff:eva",
                    reason="storm",
                )
            )
        elif self.dice.random() < 0.3:
            self.ask(
                CancelPerformance(
                    now=self.now, performance=of, by="staff:eva", reason="fire"
                )
            )

    def settle(self, code: str, attempt: str, entry: Entry) -> None:
        """Bring the provider's news, and keep them for a webhook that comes late."""
        news = SettlePayment(
            now=self.now,
            performance=PerformanceId(self.judge.orders[code].performance),
            order=OrderCode(code),
            attempt=AttemptId(attempt),
            provider="twin",
            reference=f"ref-{attempt}",
            status=entry.status,
            amount=entry.amount,
            captured=entry.captured,
            action_url="https://pay.example" if entry.status == "needs_action" else "",
            spare=HoldId(f"{attempt[2:]}sp"),
            spare_s=500,
            refund=RefundId(f"{attempt}.late"),
        )
        self.news.append(news)
        if self.dice.random() < 0.8:
            self.ask(news)

    def webhook(self) -> None:
        """Deliver something that was true once: again, late, out of order."""
        if self.news:
            news = self.dice.choice(self.news)
            fields = {name: getattr(news, name) for name in news.__struct_fields__}
            self.ask(SettlePayment(**{**fields, "now": self.now}))

    def checkout(self) -> None:
        self.errands.one()

    def restart(self) -> None:
        self.errands.restart()

    def tell_refund(self, code: str, name: str) -> None:
        order = self.judge.orders[code]
        of, minor, _ = order.refunds[name]
        self.ask(
            SettleRefund(
                now=self.now,
                performance=PerformanceId(order.performance),
                order=OrderCode(code),
                refund=RefundId(name),
                reference=f"ref-{name}",
                status=self.provider.refund(name, of, minor),
                amount=Money(minor, "USD"),
                retry=RefundId(f"{name}+"),
            )
        )

    def check_provider(self) -> None:
        """The provider's ledger and ours say the same of every attempt."""
        for order in self.judge.orders.values():
            owed = sum(
                m
                for _, m, state in order.refunds.values()
                if state in ("failed", "settled")
            )
            for name, attempt in order.attempts.items():
                entry = self.provider.ledger.get(name)
                if entry is None:
                    assert attempt.captured == 0
                    continue
                assert entry.captured.minor == attempt.captured
                assert attempt.back - owed <= entry.given_back() <= attempt.back

    def check_memory(self) -> None:
        """Both writers remember what a replay of the log gives."""
        replayed: dict[Any, tuple[int, Any]] = {}
        head = self.store.head().position
        for record in self.store.read(after=0, limit=head):
            event = decode(record.tag, record.data, position=record.position)
            aggregate = AGGREGATE_OF[type(event)]
            before = replayed.get(record.stream, (-1, aggregate.initial()))
            state = aggregate.evolve(before[1], event)
            replayed[record.stream] = (before[0] + 1, state)
        for path in self.paths:
            path._memory.catch_up(self.store, head=head)
            for stream, entry in replayed.items():
                remembered = path._memory.entry(stream)
                unknown = path._memory.missing([stream])
                assert remembered == entry or (unknown and remembered is None)


ACTS = (
    (House.wait, 6),
    (House.tidy, 4),
    (House.hold, 10),
    (House.change, 6),
    (House.place, 10),
    (House.comps, 2),
    (House.pay_again, 3),
    (House.end_early, 5),
    (House.refund, 5),
    (House.answer, 3),
    (House.exchange, 4),
    (House.call_off, 1),
    (House.webhook, 6),
    (House.checkout, 22),
    (House.restart, 1),
    (House.owed, 1),
    (House.bounce, 1),
)
