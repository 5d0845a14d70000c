"""An order's document says what happened to it, and never grows too large."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from boxoffice.domain.ids import OrderCode, order_stream, payment_stream
from boxoffice.domain.message import Event, Fact
from boxoffice.domain.money import Money
from boxoffice.domain.orders.events import (
    AlternativeDeclined,
    AlternativeOffered,
    ApprovalAsked,
    ApprovalDenied,
    CompsIssued,
    ExchangeAbandoned,
    ExchangePlaced,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderLine,
    OrderPlaced,
    OrderVoided,
    TicketRef,
    TicketsExchanged,
    TicketsRefunded,
)
from boxoffice.domain.payments.events import (
    PaymentAwaited,
    PaymentCaptured,
    PaymentFailed,
    PaymentGivenUp,
    PaymentRequested,
    RefundCompleted,
    RefundFailed,
    RefundPaidOut,
    RefundRequested,
    RefundSettled,
)
from boxoffice.errors import Corrupt
from boxoffice.readmodels.order import ORDER, fold
from boxoffice.readmodels.order_document import (
    LINES_MAX,
    REFUNDS_MAX,
    TIMELINE_MAX,
    URL_MAX,
    OrderDocument,
    ShownRefund,
)
from boxoffice.testing import NOON, PERFORMANCE

CODE = OrderCode("ABCDEFGHJK")
OTHER = "f" * 24


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(ordinal: int, minor: int = 4500, performance: str = PERFORMANCE) -> OrderLine:
    return OrderLine(
        performance=performance,
        ordinal=ordinal,
        section=0,
        category=0,
        label=f"A-{ordinal}",
        price=usd(minor),
    )


LINES = (line(1), line(2))
PLACED = OrderPlaced(
    order=CODE,
    performance=PERFORMANCE,
    buyer="b",
    person="p",
    customer="c",
    hold="h",
    lines=LINES,
    total=usd(9000),
    rounding="half-up",
    pay_by=NOON + timedelta(minutes=10),
    channel="web",
)
ASKED = PaymentRequested(
    order=CODE, attempt="a1", amount=usd(9000), method="card", instrument="pm"
)
CAPTURED = PaymentCaptured(
    order=CODE, provider="sandbox", attempt="a1", reference="r", amount=usd(9000)
)
CONFIRMED = OrderConfirmed(
    order=CODE,
    performance=PERFORMANCE,
    buyer="b",
    hold="h",
    lines=LINES,
    total=usd(9000),
)
BOUGHT: tuple[Event, ...] = (PLACED, ASKED, CAPTURED, CONFIRMED)
OFFERED = AlternativeOffered(
    order=CODE,
    performance=PERFORMANCE,
    buyer="b",
    hold="spare",
    lines=(line(7), line(8)),
    until=NOON,
)


def facts_of(events: Sequence[Event], *, first: int = 11) -> list[Fact]:
    payment = ("payment-", "refund-")
    streams = {True: payment_stream(CODE), False: order_stream(CODE)}
    return [
        Fact(
            first + n,
            streams[str(event.__struct_config__.tag).startswith(payment)],
            n,
            NOON + timedelta(seconds=n),
            event,
        )
        for n, event in enumerate(events)
    ]


def shown(*events: Event) -> OrderDocument:
    return fold(None, facts_of(events))


def states(document: OrderDocument) -> dict[int, str]:
    return {line.ordinal: line.state for line in document.lines}


def refunding(*ordinals: int, kept: int = 0) -> tuple[Event, Event]:
    amount = usd(4500 * len(ordinals) - kept)
    given_back = TicketsRefunded(
        order=CODE,
        tickets=tuple(TicketRef(PERFORMANCE, o) for o in ordinals),
        amount=amount,
        kept=usd(kept),
        cause="request",
        by="staff:mia",
        note="ill",
    )
    asked = RefundRequested(
        order=CODE, refund="r1", attempt="a1", reference="r", amount=amount
    )
    return given_back, asked


def test_an_order_begins_when_it_is_placed() -> None:
    document = shown(PLACED, ASKED)
    assert (document.number, document.position) == (11, 12)
    assert (document.status, document.total, document.paid) == ("placed", 9000, 0)
    assert states(document) == {1: "wanted", 2: "wanted"}
    assert document.performances == (PERFORMANCE,)
    assert document.payment is not None
    assert document.payment.state == "requested"
    assert [entry.what for entry in document.timeline] == [
        "order-placed",
        "payment-requested",
    ]


def test_it_never_names_anybody() -> None:
    assert "name" not in " ".join(OrderDocument.__struct_fields__)
    assert (shown(PLACED).person, shown(PLACED).buyer) == ("p", "b")


def test_a_paid_order_says_when_and_how_much() -> None:
    document = shown(*BOUGHT)
    assert (document.status, document.paid) == ("confirmed", 9000)
    assert document.confirmed_position == 14
    assert document.confirmed_at == NOON + timedelta(seconds=3)
    assert states(document) == {1: "valid", 2: "valid"}


def test_the_page_of_the_provider_is_shown_while_it_waits() -> None:
    awaited = PaymentAwaited(
        order=CODE,
        attempt="a1",
        provider="sandbox",
        reference="r",
        waits_for="buyer",
        action_url="https://pay.example/1",
    )
    payment = shown(PLACED, ASKED, awaited).payment
    assert payment is not None
    assert (payment.state, payment.action_url) == ("buyer", "https://pay.example/1")
    long = replace(awaited, action_url="https://pay.example/" + "1" * URL_MAX)
    for events in ((long,), (awaited, CAPTURED)):
        payment = shown(PLACED, ASKED, *events).payment
        assert payment is not None
        assert payment.action_url == ""


def test_an_attempt_that_failed_says_why_and_the_next_one_counts() -> None:
    failed = PaymentFailed(order=CODE, attempt="a1", reference="r", reason="declined")
    again = replace(ASKED, attempt="a2")
    given_up = PaymentGivenUp(order=CODE, attempt="a2")
    document = shown(PLACED, ASKED, failed, again, given_up)
    assert [(a.attempt, a.state, a.reason) for a in document.attempts] == [
        ("a1", "failed", "declined"),
        ("a2", "given-up", ""),
    ]


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (OrderExpired(order=CODE, performance=PERFORMANCE, hold="h"), "expired"),
        (
            OrderCancelled(
                order=CODE,
                performance=PERFORMANCE,
                hold="h",
                reason="buyer",
                by="buyer:b",
            ),
            "cancelled",
        ),
    ],
)
def test_an_order_that_ends_unpaid_has_no_tickets(ending: Event, status: str) -> None:
    document = shown(PLACED, ASKED, ending)
    assert document.status == status
    assert states(document) == {1: "ended", 2: "ended"}
    assert document.ended_at == NOON + timedelta(seconds=2)


def test_an_order_that_comes_back_to_life_is_confirmed() -> None:
    expired = OrderExpired(order=CODE, performance=PERFORMANCE, hold="h")
    document = shown(PLACED, ASKED, expired, CAPTURED, replace(CONFIRMED, hold="spare"))
    assert (document.status, document.hold) == ("confirmed", "spare")
    assert document.ended_at is None
    assert states(document) == {1: "valid", 2: "valid"}


def test_money_on_its_way_back_is_told_apart_from_money_that_is_back() -> None:
    given_back, asked = refunding(1, kept=500)
    document = shown(*BOUGHT, given_back, asked)
    assert (document.refunding, document.refunded, document.kept) == (4000, 0, 500)
    assert states(document) == {1: "refunded", 2: "valid"}
    done = RefundCompleted(order=CODE, refund="r1", reference="r", amount=usd(4000))
    document = shown(*BOUGHT, given_back, asked, done)
    assert (document.refunding, document.refunded) == (0, 4000)
    assert document.status == "confirmed"


def test_a_refund_that_is_tried_again_is_owed_once() -> None:
    given_back, asked = refunding(1)
    assert isinstance(asked, RefundRequested)
    failed = RefundFailed(
        order=CODE, refund="r1", reference="r", reason="later", retry="r2"
    )
    events = (*BOUGHT, given_back, asked, failed, replace(asked, refund="r2"))
    document = shown(*events)
    assert document.refunding == 4500
    assert [one.state for one in document.refunds] == ["replaced", "requested"]
    gave_up = RefundFailed(order=CODE, refund="r2", reference="r", reason="closed")
    document = shown(*events, gave_up)
    assert document.refunding == 4500
    assert [one.state for one in document.refunds] == ["replaced", "failed"]


@pytest.mark.parametrize("retry", [None, "r2"])
def test_a_refund_that_came_back_to_the_house_is_owed_again(retry: str | None) -> None:
    given_back, asked = refunding(1)
    assert isinstance(asked, RefundRequested)
    done = RefundCompleted(order=CODE, refund="r1", reference="r", amount=usd(4500))
    failed = RefundFailed(
        order=CODE,
        refund="r1",
        reference="r",
        reason="closed",
        retry=retry,
        undone=usd(4500),
    )
    events = [*BOUGHT, given_back, asked, done, failed]
    if retry:
        events.append(replace(asked, refund=retry))
    document = shown(*events)
    assert (document.refunding, document.refunded) == (4500, 0)


def owed() -> tuple[list[Event], RefundRequested]:
    given_back, asked = refunding(1)
    assert isinstance(asked, RefundRequested)
    failed = RefundFailed(order=CODE, refund="r1", reference="r", reason="closed")
    return [*BOUGHT, given_back, asked, failed], asked


def test_money_that_no_bank_took_is_owed_until_it_is_tried_again() -> None:
    events, asked = owed()
    assert (shown(*events).owed, shown(*events[:-1]).owed) == (True, False)
    again = replace(asked, refund="r2", replaces="r1", by="staff:mia")
    document = shown(*events, again)
    assert (document.owed, document.refunding) == (False, 4500)
    assert [one.state for one in document.refunds] == ["replaced", "requested"]


def test_money_that_no_bank_took_is_owed_until_two_people_gave_it_back() -> None:
    events, _ = owed()
    paid_out = RefundPaidOut(order=CODE, refund="r1", by="staff:mia", note="cash")
    document = shown(*events, paid_out)
    assert (document.owed, document.refunds[0].paid_out_by) == (True, "staff:mia")
    settled = RefundSettled(
        order=CODE,
        refund="r1",
        amount=usd(4500),
        by="staff:mia",
        approver="staff:leo",
        note="cash",
    )
    document = shown(*events, paid_out, settled)
    assert (document.owed, document.refunding, document.refunded) == (False, 0, 4500)
    assert document.refunds[0].state == "settled"
    assert document.timeline[-1].approver == "staff:leo"


def test_a_voided_order_has_no_ticket() -> None:
    refs = tuple(TicketRef(PERFORMANCE, o) for o in (1, 2))
    voided = OrderVoided(order=CODE, tickets=refs, by="staff:mia", note="typo")
    document = shown(*BOUGHT, voided)
    assert document.status == "voided"
    assert states(document) == {1: "voided", 2: "voided"}
    assert (document.timeline[-1].by, document.timeline[-1].note) == (
        "staff:mia",
        "typo",
    )


def test_an_exchange_waits_and_is_done_or_given_up() -> None:
    placed = ExchangePlaced(
        order=CODE,
        exchange="x",
        tickets=(TicketRef(PERFORMANCE, 1),),
        performance=OTHER,
        buyer="b",
        hold="h2",
        lines=(line(1, 6000, OTHER),),
        due=usd(1700),
        fee=usd(200),
        pay_by=NOON,
        by="staff:mia",
    )
    document = shown(*BOUGHT, placed)
    assert document.exchange is not None
    assert (document.exchange.due, document.exchange.fee) == (1700, 200)
    done = TicketsExchanged(
        order=CODE,
        exchange="x",
        tickets=placed.tickets,
        buyer="b",
        hold="h2",
        lines=placed.lines,
        returned=usd(0),
        fee=usd(200),
        by="staff:mia",
    )
    document = shown(*BOUGHT, placed, done)
    assert document.exchange is None
    assert (document.total, document.kept) == (10500, 200)
    assert document.performances == tuple(sorted((PERFORMANCE, OTHER)))
    assert [(x.performance, x.ordinal, x.state) for x in document.lines] == [
        (PERFORMANCE, 1, "exchanged"),
        (PERFORMANCE, 2, "valid"),
        (OTHER, 1, "valid"),
    ]
    abandoned = ExchangeAbandoned(order=CODE, exchange="x", reason="expired")
    document = shown(*BOUGHT, placed, abandoned)
    assert document.exchange is None
    assert states(document) == {1: "valid", 2: "valid"}


def test_other_places_are_offered_until_they_are_taken_or_declined() -> None:
    late = (PLACED, ASKED, CAPTURED, OFFERED)
    offer = shown(*late).offer
    assert offer is not None
    assert [x.ordinal for x in offer.lines] == [7, 8]
    taken = replace(CONFIRMED, hold="spare", lines=OFFERED.lines)
    document = shown(*late, taken)
    assert document.offer is None
    assert states(document) == {7: "valid", 8: "valid"}
    declined = AlternativeDeclined(order=CODE, hold="spare")
    assert shown(*late, declined).offer is None


def test_a_request_waits_for_a_second_person() -> None:
    asked = ApprovalAsked(
        order=CODE,
        request="q",
        kind="refund",
        amount=usd(4500),
        by="staff:mia",
        note="ill",
        tickets=(TicketRef(PERFORMANCE, 1),),
    )
    document = shown(*BOUGHT, asked)
    assert document.waiting
    assert [(r.request, r.by, r.amount) for r in document.requests] == [
        ("q", "staff:mia", 4500)
    ]
    denied = ApprovalDenied(order=CODE, request="q", by="staff:joe", note="no")
    document = shown(*BOUGHT, asked, denied)
    assert not document.waiting
    assert document.requests == ()


def test_a_request_ends_with_a_ticket_that_went_back_otherwise() -> None:
    asked = ApprovalAsked(
        order=CODE,
        request="q",
        kind="refund",
        amount=usd(4500),
        by="staff:mia",
        note="ill",
        tickets=(TicketRef(PERFORMANCE, 1),),
    )
    assert shown(*BOUGHT, asked, *refunding(2)).waiting
    document = shown(*BOUGHT, asked, *refunding(1))
    assert (document.waiting, document.requests) == (False, ())


def test_comps_say_by_whose_authority() -> None:
    issued = CompsIssued(
        order=CODE,
        host="h1",
        reason="press",
        budget="press",
        face=usd(9000),
        by="staff:mia",
        approver="staff:joe",
    )
    comps = shown(replace(PLACED, channel="comp"), CONFIRMED, issued).comps
    assert comps is not None
    assert (comps.host, comps.face, comps.approver) == ("h1", 9000, "staff:joe")


def test_the_newest_entries_stay_and_the_others_are_counted() -> None:
    failures = [
        PaymentFailed(order=CODE, attempt="a1", reference="r", reason=str(n))
        for n in range(TIMELINE_MAX)
    ]
    document = shown(PLACED, *failures)
    assert len(document.timeline) == TIMELINE_MAX
    assert document.entries_left_out == 1
    assert document.timeline[-1].note == str(TIMELINE_MAX - 1)


def test_tickets_that_are_no_more_go_before_valid_ones() -> None:
    many = tuple(line(n) for n in range(1, LINES_MAX + 1))
    confirmed = replace(CONFIRMED, lines=many, total=usd(4500 * LINES_MAX))
    swapped = TicketsExchanged(
        order=CODE,
        exchange="x",
        tickets=(TicketRef(PERFORMANCE, 3),),
        buyer="b",
        hold="h2",
        lines=(line(900),),
        returned=usd(0),
        fee=usd(0),
        by="staff:mia",
    )
    document = shown(PLACED, confirmed, swapped)
    assert len(document.lines) == LINES_MAX
    assert document.lines_left_out == 1
    assert {x.state for x in document.lines} == {"valid"}
    assert 3 not in states(document)


def test_refunds_that_are_done_go_before_open_ones() -> None:
    events: list[Event] = [*BOUGHT]
    for n in range(REFUNDS_MAX + 1):
        asked = RefundRequested(
            order=CODE, refund=f"r{n}", attempt="a1", reference="r", amount=usd(1)
        )
        events.append(asked)
        if n == 1:
            events.append(
                RefundCompleted(order=CODE, refund="r1", reference="r", amount=usd(1))
            )
    document = shown(*events)
    names = [one.refund for one in document.refunds]
    assert len(names) == REFUNDS_MAX
    assert "r0" in names
    assert "r1" not in names
    assert (document.refunding, document.refunded) == (REFUNDS_MAX, 1)


def test_of_many_refunds_under_way_each_can_still_fail() -> None:
    asked = [
        RefundRequested(
            order=CODE, refund=f"r{n}", attempt="a1", reference="r", amount=usd(1)
        )
        for n in range(REFUNDS_MAX + 8)
    ]
    gone = RefundFailed(order=CODE, refund="r0", reference="r", reason="x", retry="q")
    again = replace(asked[0], refund="q")
    document = shown(*BOUGHT, *asked, gone, again)
    assert document.refunding == REFUNDS_MAX + 8
    assert document.refunds[-1] == ShownRefund("q", "a1", 1)


def test_an_order_that_was_never_placed_is_not_invented() -> None:
    assert not ORDER.begins(CONFIRMED)
    with pytest.raises(Corrupt):
        shown(CONFIRMED)
    with pytest.raises(Corrupt):
        shown(PLACED, PLACED)
