"""`boxoffice storm`: a bounded on-sale against a running server, and its verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from boxoffice.cli.data_folder import running_at
from boxoffice.cli.house import configured, in_house, print_json
from boxoffice.cli.identifiers import HEX
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from rich.live import Live

    from boxoffice.application.verification import Verdict
    from boxoffice.bootstrap import Container
    from boxoffice.storm.crowd import Weather
    from boxoffice.storm.house_view import Availability
    from boxoffice.storm.report import StormReport
    from boxoffice.storm.run import Watcher
    from boxoffice.storm.tally import Latency, Tally

DEFAULT_URL = "http://127.0.0.1:8000"
FAILED = 1
PLAIN_EVERY_S = 2.0


@click.command()
@click.option("--url", help="Of the server; by default the one on this folder.")
@click.option("--performance", type=HEX, help="By default the next one on sale.")
@click.option(
    "--buyers", type=click.IntRange(1, 100_000), default=5_000, show_default=True
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1_000),
    default=200,
    show_default=True,
    help="Buyers that are being served at once; the others wait for their turn.",
)
@click.option(
    "--seconds", type=click.FloatRange(1, 3_600), default=120, show_default=True
)
@click.option("--seed", type=int, default=1, show_default=True, help="Who wants what.")
@click.option("--i-own-this-server", "is_own", is_flag=True, help="Not only loopback.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def storm(
    settings: Settings,
    /,
    *,
    url: str | None,
    performance: str | None,
    is_own: bool,
    as_json: bool,
    **weather: float,
) -> None:
    """Let thousands of buyers fight for the places of one performance.

    Each wants one to four places, chooses from what is free, holds and buys; losers
    choose again until the house is sold out or time ends. Afterwards the whole log is
    verified, and the server's read models against it.
    """
    from boxoffice.storm.crowd import Weather
    from boxoffice.storm.run import check_target

    target = url or running_at(Path(settings.data)) or DEFAULT_URL
    check_target(target, is_own=is_own)
    wanted = msgspec.convert(weather, Weather, strict=False)

    async def work(container: Container) -> Judgement:
        return await _judged(container, target, performance, wanted)

    judgement = in_house(settings, work)
    if as_json:
        print_json(judgement.plain())
    else:
        _print(judgement)
    sys.exit(0 if judgement.is_good else FAILED)


@dataclass(frozen=True)
class Judgement:
    """What the storm did, and what the log says to it."""

    report: StormReport
    lost_orders: list[str]
    verdict: Verdict

    @property
    def is_good(self) -> bool:
        """Whether everything was sold, nothing lost and all is in order."""
        report = self.report
        is_sound = not self.lost_orders and not report.is_order_repeated
        return is_sound and report.is_complete and self.verdict.ok

    def plain(self) -> dict[str, object]:
        """Give everything for machines."""
        return {
            **msgspec.to_builtins(self.report),
            "lost_orders": self.lost_orders,
            "verified": self.verdict.ok,
            "verify": self.verdict,
        }


async def _judged(
    container: Container, url: str, performance: str | None, weather: Weather
) -> Judgement:
    from boxoffice.cli.verify import verdict_on
    from boxoffice.storm.client import first_on_sale
    from boxoffice.storm.receipts import lost_orders
    from boxoffice.storm.run import storm as let_loose

    chosen = performance or await first_on_sale(url)
    with _watching(weather.seconds) as watch:
        report, orders = await let_loose(url, chosen, weather, watch=watch)
    return Judgement(
        report=report,
        lost_orders=await lost_orders(container.store, orders),
        verdict=await verdict_on(container, url=url),
    )


# ---------------------------------------------------------------- while it rages


@contextmanager
def _watching(seconds: float) -> Iterator[Watcher]:
    """Show progress on standard error: drawn for a person, in lines otherwise."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console.print)
        return
    from rich.live import Live

    with Live(console=console, refresh_per_second=4) as live:
        yield partial(_draw, live, seconds)


class _Lines:
    """One plain line now and then."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next_s = 0.0

    def __call__(self, house: Availability, tally: Tally, seconds: float) -> None:
        if seconds >= self._next_s:
            self._next_s = seconds + PLAIN_EVERY_S
            self._say(f"{seconds:6.1f} s  {_state(house, tally)}")


def _state(house: Availability, tally: Tally) -> str:
    return (
        f"{house.sold:,} of {house.places:,} sold, {house.held:,} held,"
        f" {sum(tally.refused.values()):,} refused,"
        f" {sum(tally.retried.values()):,} asked again"
    )


def _draw(
    live: Live, limit_s: float, house: Availability, tally: Tally, seconds: float
) -> None:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    bar = ProgressBar(total=max(house.places, 1), completed=house.sold, width=60)
    words = f"{_state(house, tally)}, {seconds:.0f} of {limit_s:.0f} s"
    lines = Table.grid()
    lines.add_row(bar)
    lines.add_row(Text(words, no_wrap=True, overflow="ellipsis"))
    live.update(lines)


# -------------------------------------------------------------------- afterwards


def _print(judgement: Judgement) -> None:
    from boxoffice.cli.verify import print_verdict

    report = judgement.report
    click.echo(
        f"Sold {report.sold:,} of {report.places:,} places in {report.seconds:.1f} s"
        f" ({report.orders:,} orders, {report.tickets:,} tickets of this storm)."
    )
    for name, counted in (
        ("Went home", report.went_home),
        ("Refused", report.refused),
        ("Asked again", report.retried),
    ):
        parts = ", ".join(f"{count:,} {what}" for what, count in counted.items())
        click.echo(f"  {name:12} {parts or 'nobody'}")
    for name, latency in (("Hold", report.hold), ("Purchase", report.purchase)):
        click.echo(f"  {name:12} {_latency(latency)}")
    if judgement.lost_orders:
        click.echo(f"  LOST         {', '.join(judgement.lost_orders[:10])}")
    print_verdict(judgement.verdict)


def _latency(latency: Latency) -> str:
    return (
        f"{latency.count:,} answers, p50 {latency.p50_ms} ms, p95 {latency.p95_ms} ms,"
        f" p99 {latency.p99_ms} ms, slowest {latency.max_ms} ms"
    )
