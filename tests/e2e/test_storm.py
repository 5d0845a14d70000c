"""The on-sale: thousands of buyers, every place sold, nobody's place sold twice.

The judge is `boxoffice verify`, which `storm` runs at the end: it reads the log with
other eyes than the write path and compares every read model with a replay.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.e2e.house import House

BUYERS = 5_000
STORM_S = 240
POLL_S = 0.05


def storm(house: House, *, buyers: int = BUYERS) -> tuple[str, ...]:
    return ("storm", "--url", house.url, "--buyers", str(buyers), "--json")


def judged(output: str) -> dict[str, object]:
    report: dict[str, object] = json.loads(output.strip().splitlines()[-1])
    return report


def sold_out(report: dict[str, object]) -> None:
    assert report["verified"] is True, report
    assert report["sold"] == report["places"], report


@pytest.mark.slow
@pytest.mark.timeout(STORM_S)
def test_the_showroom_sells_out_embedded(small_house: House) -> None:
    small_house.start("everything", "--demo")
    result = small_house.run(*storm(small_house))
    assert 0 == result.returncode, result.stdout + result.stderr
    sold_out(judged(result.stdout))
    assert 0 == small_house.stop("everything")


@pytest.mark.slow
@pytest.mark.timeout(STORM_S)
def test_the_showroom_sells_out_on_the_full_stack(house: House) -> None:
    house.start_all("--demo")
    result = house.run(*storm(house))
    assert 0 == result.returncode, result.stdout + result.stderr
    sold_out(judged(result.stdout))
    for role in ("reactors", "projectors", "relay", "api"):
        assert 0 == house.stop(role), house.log_of(role)


@pytest.mark.slow
@pytest.mark.timeout(STORM_S)
def test_killing_every_role_in_turn_loses_nothing_and_doubles_nothing(
    house: House,
) -> None:
    house.start_all("--demo")
    start = house.head()
    with house.popen(*storm(house)) as running:
        for grown, role in enumerate(
            ("api", "relay", "projectors", "reactors", "api", "projectors", "relay"), 1
        ):
            wait_for_growth(house, start + 300 * grown, running.poll)
            house.kill(role)
            house.start(role)
        output, errors = running.communicate(timeout=STORM_S)
    assert 0 == running.returncode, output + errors
    sold_out(judged(output))


def wait_for_growth(
    house: House, position: int, ended: Callable[[], int | None]
) -> None:
    deadline = time.monotonic() + STORM_S / 4
    while house.head() < position:
        assert ended() is None, "the storm ended before every role was killed"
        assert time.monotonic() < deadline, "the log does not grow"
        time.sleep(POLL_S)
