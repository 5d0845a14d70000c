"""No name, e-mail address or card number lies anywhere but sealed in the vault.

A whole sale is run with words that stand nowhere else, and then everything the house
keeps is read through. The reading itself is proved in the same stores: what staff may
write freely is found again in each of them.
"""

from __future__ import annotations

import base64
import time
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from tests.e2e.house import House
from tests.e2e.indiscretions import (
    CARD,
    NAME,
    STAFF_WORDS,
    WORDS,
    Sale,
    done,
)
from tests.e2e.stores import (
    OF_STAFF,
    SETTLE_S,
    everything,
    everything_embedded,
    hits,
    logs,
)

SALE_S = 240
MARK = "Gribblefrotz"
"""A word that names nobody, in a note."""


def personal(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Give what lies where it should not; what staff are called lies with staff."""
    return {
        (where, word)
        for where, word in found
        if word not in STAFF_WORDS or where not in OF_STAFF
    }


@pytest.mark.slow
@pytest.mark.timeout(SALE_S)
def test_a_full_run_leaves_no_personal_data_outside_the_vault(house: House) -> None:
    house.start_all("--demo")
    with closing(Sale(house)) as sale:
        sale.run()
        assert 0 == house.run("verify").returncode
        found = hits(everything(house), *WORDS, *STAFF_WORDS)
        assert personal(found) == set()
        assert {where for where, _ in found} == {"table staff", "table staff_tokens"}
        said_in_a_note(sale)
    said_to_stores(house)
    wanted = {
        *("table events", "events", "collection order", "log api.log"),
        *(f"key {key}" for key in ("string", "hash", "list", "set", "zset", "stream")),
    }
    until_found(house, wanted)


@pytest.mark.slow
@pytest.mark.timeout(SALE_S)
def test_an_embedded_run_leaves_none_either(small_house: House) -> None:
    small_house.start("everything", "--demo")
    with closing(Sale(small_house)) as sale:
        sale.run()
        said_in_a_note(sale)
    assert 0 == small_house.run("verify").returncode
    assert 0 == small_house.stop("everything")
    (small_house.folder / "data" / "secret.left").write_text(MARK)
    found = hits(everything_embedded(small_house), *WORDS, *STAFF_WORDS, MARK)
    marked = {where for where, word in found if word == MARK}
    assert marked == {"table log_events", "file secret.left"}
    found -= {(where, MARK) for where in marked}
    assert personal(found) == set()
    assert {where for where, _ in found} == {"table staff", "table staff_rights"}


def said_in_a_note(sale: Sale) -> None:
    """Have the mark travel wherever a note of staff travels."""
    done(sale.post(f"/v1/orders/{sale.unpaid}/cancel", sale.one, {"note": MARK}))


def said_to_stores(house: House) -> None:
    """Put the mark where no note travels: in every kind of value, and in a log."""
    with Redis.from_url(house.setting("REDIS_URL")) as redis:
        redis.set("string", f"the {MARK}")
        redis.hset("hash", MARK, "1")
        redis.rpush("list", "the", MARK)
        redis.sadd("set", MARK)
        redis.zadd("zset", {MARK: 1.0})
        redis.xadd("stream", {"the": base64.b64encode(MARK.encode())})
    with (house.folder / "api.log").open("a") as log:
        log.write(f"said {MARK.upper()}\n")


def until_found(house: House, wanted: set[str]) -> None:
    """Wait until the mark has come to every store and the reading finds it there."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        found = {where for where, _ in hits(everything(house), MARK)}
        missing = {
            store for store in wanted if not any(w.startswith(store) for w in found)
        }
        if not missing and any(where.startswith("topic ") for where in found):
            return
        assert time.monotonic() < deadline, (sorted(missing), sorted(found))


def test_a_word_is_found_in_any_of_its_forms(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text(f"sold to {NAME.upper()}")
    assert hits(logs(tmp_path), "quibblethorpe") == {("log api.log", "quibblethorpe")}
    for written in (NAME, NAME.lower(), NAME.upper()):
        for before in ("", ".", ".."):
            coded = base64.b64encode(f"{before}{written}.".encode())
            assert hits([("there", coded)], "quibblethorpe", CARD) == {
                ("there", "quibblethorpe")
            }
        hidden = written.encode().hex().encode()
        assert hits([("there", hidden)], *WORDS[:2]) == {
            ("there", word) for word in WORDS[:2]
        }
