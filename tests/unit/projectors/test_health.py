from __future__ import annotations

from structlog.testing import capture_logs

from boxoffice_projectors.health import Health, answering


def test_a_process_without_problems_is_ready() -> None:
    assert Health().ready


def test_what_was_announced_is_awaited() -> None:
    health = Health()
    health.expect("relay")
    assert not health.ready
    health.report("relay", "")
    assert health.ready


def test_a_problem_stands_until_its_own_part_is_well() -> None:
    health = Health()
    health.report("relay", "The bus is gone.")
    health.report("seat_map/0", "")
    assert health.problems == {"relay": "The bus is gone."}
    health.report("relay", "")
    assert health.ready


def test_a_part_that_starts_is_no_news() -> None:
    health = Health()
    health.expect("relay")
    with capture_logs() as lines:
        health.report("relay", "")
    assert lines == []


def test_a_part_that_is_well_again_is_told() -> None:
    health = Health()
    health.expect("relay")
    with capture_logs() as lines:
        health.report("relay", "The bus is gone.")
        health.report("relay", "")
    assert [line["event"] for line in lines] == ["not_ready", "ready_again"]


async def test_port_zero_opens_no_socket() -> None:
    health = Health()
    async with answering(health, port=0):
        assert health.ready
