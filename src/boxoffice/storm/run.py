"""One storm from its first look at the house to its report."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

from boxoffice.errors import Misconfigured, Unavailable
from boxoffice.storm.client import Client
from boxoffice.storm.crowd import Crowd, Weather
from boxoffice.storm.house_view import Availability
from boxoffice.storm.report import StormReport, reported
from boxoffice.storm.tally import Tally

TOLD_EVERY_S = 0.25
WATCHING = 1
"""Connections besides those of buyers."""
SETTLED_WITHIN_S = 10.0
"""How long the read side may take to show what was sold last."""
SETTLE_POLL_S = 0.1

Watcher = Callable[[Availability, Tally, float], None]
"""Told the house, the numbers and the seconds since the start now and then."""


def check_target(url: str, *, is_own: bool) -> None:
    """Let a storm loose on this machine only, unless somebody answers for more.

    Raises:
        Misconfigured: the URL is no http URL, or elsewhere.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(f"{url!r} is not a URL such as http://127.0.0.1:8000.")
    if not is_own and not _is_loopback(parts.hostname):
        raise Misconfigured(
            f"{parts.hostname} is not this machine; a storm may be let loose on it"
            " with --i-own-this-server only."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def storm(
    url: str, performance: str, weather: Weather, *, watch: Watcher
) -> tuple[StormReport, frozenset[str]]:
    """Let the crowd in and sum up; also give the codes of all orders.

    Raises:
        Unavailable: nobody answers there, or the performance is unknown.
    """
    tally = Tally()
    connections = weather.concurrency + WATCHING
    async with Client(url, performance, connections=connections, tally=tally) as client:
        crowd = Crowd(client, weather, tally)
        await crowd.look()
        if not crowd.view.known.places:
            raise Unavailable(f"No performance {performance} can be seen at {url}.")
        started = monotonic()
        telling = asyncio.create_task(_tell(crowd, tally, watch, started))
        sold_before = crowd.view.known.sold
        try:
            await crowd.rush()
        finally:
            telling.cancel()
        seconds = monotonic() - started
        await _settle(crowd, sold=sold_before + tally.tickets)
        watch(crowd.view.known, tally, seconds)
        report = reported(performance, tally, crowd.view.known, seconds=seconds)
        return report, frozenset(tally.orders)


async def _settle(crowd: Crowd, *, sold: int) -> None:
    """Wait until the read side shows everything that the crowd bought."""
    until = monotonic() + SETTLED_WITHIN_S
    while crowd.view.known.sold < sold and monotonic() < until:
        await asyncio.sleep(SETTLE_POLL_S)
        await crowd.look()


async def _tell(crowd: Crowd, tally: Tally, watch: Watcher, started: float) -> None:
    while True:
        watch(crowd.view.known, tally, monotonic() - started)
        await asyncio.sleep(TOLD_EVERY_S)
