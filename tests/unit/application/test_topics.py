from __future__ import annotations

import pytest
from msgspec.structs import replace

from boxoffice.application.ports.log import LogRecord
from boxoffice.application.topics import (
    FAMILIES,
    FAMILY_OF,
    ROUTED,
    partitions_of,
    route,
)
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import OrderCode, order_stream, payment_stream, ticket_stream
from boxoffice.errors import Corrupt
from boxoffice.infrastructure.memory.bus import MemoryBus
from boxoffice.readmodels.keys import order_key
from boxoffice.readmodels.registry import MODELS
from boxoffice.testing import NOON, PERFORMANCE


def record(tag: str) -> LogRecord:
    stream = ticket_stream(PERFORMANCE, 7)
    return LogRecord(12, stream, 0, tag, b"not decoded", b"", NOON, b"")


def test_every_event_has_a_topic_or_none_on_purpose() -> None:
    assert set(TAGS) == set(FAMILY_OF)


def test_no_topic_is_without_a_reader() -> None:
    assert set(FAMILIES) == {model.family for model in MODELS}
    assert set(FAMILIES) == {family for family in FAMILY_OF.values() if family}


def test_tickets_go_where_their_performance_goes() -> None:
    assert route(record("ticket-held.v1")) == ("performance", PERFORMANCE)
    assert "ticket-held.v1" in ROUTED


def test_an_order_and_its_payment_go_the_same_way() -> None:
    code = OrderCode("ABCDEFGHJK")
    order = replace(record("order-confirmed.v1"), stream=order_stream(code))
    payment = replace(record("payment-captured.v1"), stream=payment_stream(code))
    assert route(order) == route(payment) == ("order", order_key(code))


def test_what_nobody_reads_goes_nowhere() -> None:
    assert route(record("cart-hold-placed.v1")) is None
    assert "cart-hold-placed.v1" not in ROUTED


async def test_every_topic_is_asked_for_its_own_partitions() -> None:
    bus = MemoryBus(partitions=3)
    assert await partitions_of(bus) == {"performance": 3, "order": 3}


def test_an_unknown_tag_fails_loudly_with_its_position() -> None:
    with pytest.raises(Corrupt) as error:
        route(record("ticket-held.v9"))
    assert error.value.data == {"position": 12, "tag": "ticket-held.v9"}
