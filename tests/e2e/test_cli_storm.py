"""A small storm, also through a line that loses replies."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from random import Random

from tests.e2e.house import House

LOST_SHARE = 0.1
CHUNK = 64 * 1024
GOING = r"^ *\d+\.\d s +([\d,]+) of 1,203 sold, \d+ held, \d+ refused, \d+ asked again$"
SOLD = (
    r"Sold (?P<sold>\d+) of 1,203 places in \d+\.\d s"
    r" \((?P<orders>\d+) orders, (?P<tickets>\d+) tickets of this storm\)\."
)
LATENCY = (
    r"[1-9]\d* answers, p50 \d+\.\d ms, p95 \d+\.\d ms,"
    r" p99 \d+\.\d ms, slowest \d+\.\d ms"
)


def judged(output: str) -> dict[str, object]:
    report: dict[str, object] = json.loads(output)
    return report


def test_a_few_buyers_are_all_served(small_house: House) -> None:
    small_house.start("everything", "--demo")
    done = small_house.run("storm", "--buyers", "40", "--seed", "7", "--json")
    assert 0 == done.returncode, done.stderr
    report = judged(done.stdout)
    assert {"served": 40} == report["went_home"]
    assert 40 == report["orders"]
    assert report["tickets"] == report["sold"]
    assert report["verified"] is True


def test_a_storm_tells_people_how_it_goes_and_how_it_went(small_house: House) -> None:
    small_house.start("everything", "--demo")
    done = small_house.run("storm", "--buyers", "60", "--seed", "7")
    assert 0 == done.returncode, done.stderr
    going = re.findall(GOING, done.stderr, re.MULTILINE)
    sold = [int(number.replace(",", "")) for number in going]
    assert sold
    assert sorted(sold) == sold
    first, *lines = done.stdout.splitlines()
    summed = re.fullmatch(SOLD, first)
    assert summed is not None, first
    assert summed["sold"] == summed["tickets"]
    assert "60" == summed["orders"]
    told = dict(line.strip().split(maxsplit=1) for line in lines[1:])
    assert re.search(r"^  Went home +60 served$", done.stdout, re.MULTILINE)
    assert re.search(r"^  Refused +(nobody|\d+ [a-z-]+)", done.stdout, re.MULTILINE)
    for what in ("Hold", "Purchase"):
        assert re.fullmatch(LATENCY, told[what]), told


def test_a_storm_draws_its_progress_on_a_terminal(small_house: House) -> None:
    small_house.start("everything", "--demo")
    drawn, done = on_a_terminal(small_house, "storm", "--buyers", "60", "--seed", "7")
    assert 0 == done
    assert "━" in drawn
    shown = (
        r"[1-9]\d* of 1,203 sold, \d+ held, \d+ refused, \d+ asked again, \d+ of 120 s"
    )
    assert re.search(shown, drawn), drawn


def on_a_terminal(house: House, *arguments: str) -> tuple[str, int]:
    """Run a command whose standard error is a terminal; give what was drawn there."""
    terminal, other = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    with house.popen(*arguments, stderr=other, TERM="xterm") as running:
        os.close(other)
        drawn = b"".join(_read(terminal))
    os.close(terminal)
    return drawn.decode(errors="replace"), running.returncode


def _read(terminal: int) -> Iterator[bytes]:
    with suppress(OSError):  # The other end was closed.
        while data := os.read(terminal, CHUNK):
            yield data


def test_a_storm_with_nobody_there_is_one_sentence(small_house: House) -> None:
    done = small_house.run("storm", "--url", small_house.url)
    assert 1 == done.returncode
    assert f"boxoffice: No box office answers at {small_house.url}.\n" == done.stderr


def test_a_storm_on_a_performance_that_is_not_there_is_one_sentence(
    small_house: House,
) -> None:
    small_house.start("everything")
    done = small_house.run("storm", "--performance", "ab" * 12)
    assert 1 == done.returncode
    assert "No performance abab" in done.stderr


async def test_lost_replies_lose_nothing_and_buy_nothing_twice(
    small_house: House,
) -> None:
    small_house.start("everything", "--demo")
    async with a_line_that_loses_replies(small_house.port) as url:
        options = ("--buyers", "700", "--concurrency", "50", "--json")
        done = await asyncio.to_thread(small_house.run, "storm", "--url", url, *options)
    assert 0 == done.returncode, done.stderr
    report = judged(done.stdout)
    retried = report["retried"]
    assert isinstance(retried, dict)
    assert retried["connection"] > 50
    assert report["is_sold_out"] is True
    assert 1_203 == report["sold"]
    assert [] == report["lost_orders"]
    assert report["verified"] is True


@asynccontextmanager
async def a_line_that_loses_replies(port: int) -> AsyncIterator[str]:
    """Pass requests on; of the replies to commands, cut one in ten and hang up."""
    chance = Random(1)

    async def up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        is_command = False

        async def requests() -> None:
            nonlocal is_command
            while data := await reader.read(CHUNK):
                is_command = data.startswith(b"POST")
                server_writer.write(data)

        async def replies() -> None:
            while data := await server_reader.read(CHUNK):
                if is_command and chance.random() < LOST_SHARE:
                    return
                writer.write(data)

        try:
            tasks = [asyncio.create_task(requests()), asyncio.create_task(replies())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            writer.close()
            server_writer.close()

    line = await asyncio.start_server(up, "127.0.0.1", 0)
    async with line:
        yield f"http://127.0.0.1:{line.sockets[0].getsockname()[1]}"
