"""A house run from its console: opened, filled, put on sale, verified, closed."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from tests.e2e.house import House, embedded_house

CLOSED_WITHIN_S = 10.0


@pytest.fixture
def second_house(small_house: House) -> Iterator[House]:
    """Another server of the same box office, wishing for the same port."""
    with embedded_house(small_house.folder) as other:
        other.port = small_house.port
        yield other


def told(house: House, *arguments: str) -> str:
    """Run a command that must work; give what it printed."""
    done = house.run(*arguments)
    assert 0 == done.returncode, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def refused(house: House, *arguments: str) -> str:
    """Run a command that must be refused in one sentence; give it."""
    done = house.run(*arguments)
    assert 1 == done.returncode, done.stdout
    assert re.fullmatch(r"boxoffice: [^\n]+\n", done.stderr), done.stderr
    return done.stderr


def showroom() -> str:
    return str(files("boxoffice.demo").joinpath("showroom.json"))


def test_a_house_is_opened_with_its_demo_and_closed(small_house: House) -> None:
    small_house.start("everything", "--demo")
    said = small_house.log_of("everything")
    assert f"{small_house.url}/staff" in said
    items = httpx.get(f"{small_house.url}/v1/performances").json()["items"]
    assert [True, False] == [item["on_sale"] for item in items]
    started = time.monotonic()
    assert 0 == small_house.stop("everything")
    assert time.monotonic() - started < CLOSED_WITHIN_S
    assert "Traceback" not in small_house.log_of("everything")


def test_a_house_in_another_epoch_ends_says_so_and_can_be_opened_again(
    small_house: House,
) -> None:
    small_house.start("everything")
    told(small_house, "new-epoch", "--yes")
    assert 1 == small_house.ended("everything")
    said = small_house.log_of("everything")
    assert "process_ends" in said
    assert "The log is in epoch 2; this process knows 1." in said
    assert "Traceback" not in said
    small_house.start("everything")
    assert 0 == small_house.stop("everything")


def test_the_demo_stays_and_its_token_is_shown_once(small_house: House) -> None:
    for _ in range(2):
        small_house.start("everything", "--demo")
        assert 0 == small_house.stop("everything")
    said = small_house.log_of("everything")
    (secret,) = re.findall(r"bo_staff_\S+", said)
    performances = json.loads(told(small_house, "performance", "list", "--json"))
    assert ["on sale", "upcoming"] == [one["sale"] for one in performances]
    small_house.start("everything")
    board = performances[0]["performance"]["performance"]
    answer = httpx.get(
        f"{small_house.url}/v1/performances/{board}/sales-board",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert 1_203 == answer.json()["totals"]["free"]


def test_a_reset_starts_afresh_and_only_when_nobody_is_inside(
    small_house: House,
) -> None:
    told(small_house, "production", "add", "Forgotten")
    small_house.start("everything", "--demo")
    assert "stop it, then reset" in refused(small_house, "serve", "--reset")
    assert 0 == small_house.stop("everything")
    small_house.start("everything", "--reset")
    assert "" == told(small_house, "production", "list")


def test_a_taken_port_moves_on_to_the_next(
    small_house: House, second_house: House
) -> None:
    small_house.start("everything")
    log = small_house.folder / "second.log"
    port = small_house.port
    with second_house.popen("serve", "--port", str(port)) as second:
        assert second.stdout is not None
        assert second.stderr is not None
        lines = (line for line in second.stdout if "Buyers" in line)
        url = next(lines).split()[-1].rstrip("/")
        assert 200 == httpx.get(f"{url}/livez").status_code
        second.terminate()
        _, errors = second.communicate(timeout=CLOSED_WITHIN_S)
        log.write_text(errors)
    assert url != small_house.url
    assert f"Port {port} is taken, so this is " in errors
    assert 0 == second.returncode


def test_a_show_is_put_on_sale_from_the_console(small_house: House) -> None:
    small_house.start("everything")
    plan = json.loads(told(small_house, "import-plan", showroom(), "--json"))
    again = json.loads(told(small_house, "import-plan", showroom(), "--json"))
    assert [True, False] == [plan["imported"], again["imported"]]
    show = told(small_house, "production", "add", "The Glass Harp").strip()
    date = told(
        small_house,
        *("performance", "schedule", "--production", show, "--plan", plan["plan"]),
        *("--starts", "2099-12-31T20:00", "--zone", "Europe/Berlin"),
        *("--currency", "EUR"),
    ).strip()
    assert "'Stage' is not one" in refused(
        small_house, "performance", "prices", date, "Stage=1"
    )
    told(small_house, "performance", "prices", date, "Floor Front=89", "Balcony=42.50")
    told(small_house, "performance", "open", date)
    shown = httpx.get(f"{small_house.url}/v1/performances/{date}").json()
    assert shown["on_sale"] is True
    assert "2099-12-31T20:00:00+01:00" == shown["starts_at"]
    prices = {c["name"]: c["price"] for c in shown["categories"]}
    assert {"minor": 4250, "currency": "EUR"} == prices["Balcony"]
    assert prices["Booth"] is None
    told(small_house, "performance", "close", date, "--reason", "Fire drill")
    assert "closed" in told(small_house, "performance", "list")


def test_four_eyes_are_four_at_the_console_and_over_http_alike(
    small_house: House,
) -> None:
    small_house.start("everything", "--demo")
    (date, _) = json.loads(told(small_house, "performance", "list", "--json"))
    of = date["performance"]["performance"]
    secret = told(small_house, "token", "add", "Ann Lee").strip()
    told(small_house, *BUDGET)
    asked = told(small_house, *comps(of, "1", "2", "3", "4", "5", by="ann lee"))
    (code, request) = re.findall(r"\A\w{10}|[0-9a-f]{32}", asked)
    ann = {"Authorization": f"Bearer {secret}"}
    wish = f"{small_house.url}/v1/orders/{code}/requests/{request}/approve"
    same = httpx.post(wish, headers=ann)
    assert "/problems/same-person" == same.json()["type"]
    assert code in told(small_house, "order", "waiting")
    refused(small_house, "order", "approve", code, "--by", "Ann Lee")
    assert "is given away" in told(small_house, "order", "approve", code, "--by", "Tom")
    assert f"{code}  " in told(small_house, "order", "list", of)
    budget = f"{small_house.url}/v1/comp-budgets/press"
    assert 3 == httpx.get(budget, headers=ann).json()["places_left"]
    told(small_house, "verify")


BUDGET = (
    *("comp-budget", "set", "press", "--currency", "USD"),
    *("--places", "8", "--face", "9000"),
)


def comps(of: str, *places: str, by: str) -> tuple[str, ...]:
    """Give places of the house away to somebody of the press."""
    guest = ("--name", "Guest", "--email", "guest@example.org")
    why = ("--host", "Press office", "--reason", "Premiere", "--budget", "press")
    return ("order", "comps", of, *places, *guest, *why, "--by", by)


def test_tokens_are_listed_without_secrets_and_revoked(small_house: House) -> None:
    secret = told(small_house, "token", "add", "Ann", "--role", "till").strip()
    listed = told(small_house, "token", "list")
    assert re.match(r"Ann +[0-9a-f]{24} till +\S+ \S+ +valid", listed)
    assert secret not in listed
    assert "Revoked 1 of Ann's tokens." in told(small_house, "token", "revoke", "Ann")
    assert "Ann has no valid token" in refused(small_house, "token", "revoke", "Ann")


def test_a_house_verifies_itself_running_or_not(small_house: House) -> None:
    small_house.start("everything", "--demo")
    running = json.loads(told(small_house, "verify", "--json"))
    assert {"seat_map", "sales_board", "availability"} < _names(running)
    assert running["ok"] is True
    assert "finance" not in told(small_house, "token", "list")
    kept = [path for path in (small_house.folder / "data").iterdir() if path.is_file()]
    assert not [path for path in kept if b"bo_staff_" in path.read_bytes()]
    assert 0 == small_house.stop("everything")
    closed = json.loads(told(small_house, "verify", "--json"))
    assert _names(running) - _names(closed) == {
        "seat_map",
        "sales_board",
        "availability",
        "order",
    }


def test_the_server_of_another_log_is_not_taken_for_ones_own(
    small_house: House, tmp_path: Path
) -> None:
    (tmp_path / "next door").mkdir()
    small_house.start("everything", "--demo")
    with embedded_house(tmp_path / "next door") as other:
        told(other, "import-plan", showroom())
        assert 1 == other.run("verify", "--url", small_house.url).returncode
        told(other, "verify")


def test_one_altered_byte_is_found_and_named(small_house: House) -> None:
    small_house.start("everything", "--demo")
    assert 0 == small_house.stop("everything")
    alter(small_house.folder / "data" / "log.sqlite", position=3)
    done = small_house.run("verify")
    assert 1 == done.returncode
    assert re.search(r"NO +chain .* 3\s*$", done.stdout, re.MULTILINE), done.stdout


def _names(verdict: dict[str, list[dict[str, object]]]) -> set[object]:
    return {check["name"] for check in verdict["checks"]}


def alter(log: Path, *, position: int) -> None:
    """Change a title as somebody with the file in hand could."""
    with closing(sqlite3.connect(log)) as connection, connection:
        connection.execute("drop trigger log_events_no_UPDATE")
        connection.execute(
            "update log_events set data = cast(replace(data, 'e', 'f') as blob)"
            " where position = ?",
            [position],
        )
