"""A hot performance too large to sell out, and requests for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from boxoffice.domain.catalogue.events import (
    Category,
    ManifestPlace,
    PerformanceScheduled,
    SaleOpened,
    SectionLaidOut,
)
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import (
    PerformanceId,
    performance_stream,
    price_list_stream,
)
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.events import LevelPrice, PricesSet

PERFORMANCE = PerformanceId("b0" * 12)
PRICE = Money(4500, "USD")
SECTIONS = 100
PLACES_A_SECTION = 2_000
CATEGORIES = 4


def category_of(ordinal: int) -> int:
    """Give the price level of a place."""
    return ordinal % CATEGORIES


def arena() -> Decision:
    """Give the facts of a performance with 200,000 places, on sale."""
    now = datetime.now(UTC)
    day = timedelta(days=1)
    names = tuple(f"Block {n}" for n in range(SECTIONS))
    where = performance_stream(PERFORMANCE)
    scheduled = PerformanceScheduled(
        performance=PERFORMANCE,
        production="f" * 24,
        title="Hot Show",
        plan="e" * 24,
        plan_version=0,
        starts_at=now + 30 * day,
        zone="UTC",
        currency="USD",
        sale_from=now - day,
        sale_until=now + 30 * day,
        categories=tuple(Category(f"L{n}", "#333333") for n in range(CATEGORIES)),
        sections=names,
    )
    prices = PricesSet(prices=tuple(LevelPrice(n, PRICE) for n in range(CATEGORIES)))
    return [
        (where, scheduled),
        *((where, _section(n, name)) for n, name in enumerate(names)),
        (where, SaleOpened()),
        (price_list_stream(PERFORMANCE), prices),
    ]


def _section(number: int, name: str) -> SectionLaidOut:
    first = number * PLACES_A_SECTION + 1
    return SectionLaidOut(
        section=number,
        name=name,
        places=tuple(
            ManifestPlace(o, f"{name} {o}", category_of(o))
            for o in range(first, first + PLACES_A_SECTION)
        ),
    )


def requests(tokens: Iterator[str], ordinals: range) -> list[bytes]:
    """Give one ready-made POST per place, each by another buyer with a fresh key."""
    return [_request(next(tokens), ordinal) for ordinal in ordinals]


def _request(token: str, ordinal: int) -> bytes:
    body = b'{"places":[%d]}' % ordinal
    return (
        b"POST /v1/performances/%b/holds HTTP/1.1\r\n"
        b"host: 127.0.0.1\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer %b\r\nidempotency-key: place-%d\r\n"
        b"content-length: %d\r\n\r\n%b"
    ) % (PERFORMANCE.encode(), token.encode(), ordinal, len(body), body)


def make_plain_tables(url: str) -> None:
    """Create what the baselines write to."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            drop table if exists plain_events, plain_shows;
            create table plain_events (
                position bigserial primary key,
                stream bytea not null,
                version bigint not null,
                tag text not null,
                data bytea not null,
                recorded_at timestamptz not null default clock_timestamp(),
                unique (stream, version));
            create table plain_shows (version bigint not null);
            insert into plain_shows values (0);
        """)
