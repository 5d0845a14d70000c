"""Migrations: once each, in order, whoever else migrates at the same time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from boxoffice.bootstrap import migrate as migrate_house
from boxoffice.domain.ids import StaffId
from boxoffice.errors import Misconfigured, Unavailable
from boxoffice.infrastructure.postgres.migrate import migrate
from boxoffice.infrastructure.postgres.staff_tokens import PostgresStaffTokens
from boxoffice.settings import Settings
from tests.contract.event_log import batch, stored, ticket
from tests.integration.event_log_database import opened

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(file.name for file in (ROOT / "migrations/postgres").iterdir())
PROCESSES = 6
ROUNDS = 5
MIGRATE = (
    "import sys;"
    "from boxoffice.infrastructure.postgres.migrate import migrate;"
    "print(','.join(migrate(sys.argv[1])))"
)


@pytest.fixture
def empty_url(new_postgres_database: Callable[[], str]) -> str:
    return new_postgres_database()


def ledger(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select name from boxoffice.migrations order by name")
        return [name for (name,) in rows]


def migrate_in_a_process(url: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE, url], capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.strip().split(",") if name]


@pytest.mark.slow
def test_six_processes_at_once_apply_every_file_once(
    new_postgres_database: Callable[[], str],
) -> None:
    with ThreadPoolExecutor(PROCESSES) as threads:
        for _ in range(ROUNDS):
            url = new_postgres_database()
            done = list(threads.map(migrate_in_a_process, [url] * PROCESSES))

            assert sorted(name for names in done for name in names) == SHIPPED
            assert ledger(url) == SHIPPED


def test_several_databases_of_one_server_are_migrated_at_once(
    new_postgres_database: Callable[[], str],
) -> None:
    urls = [new_postgres_database() for _ in range(4)]
    with psycopg.connect(urls[0], autocommit=True) as connection:
        present = connection.execute(
            "select from pg_roles where rolname = 'boxoffice_app'"
        ).fetchall()
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(migrate, urls))

    assert len(present) <= 1
    assert done == [SHIPPED] * 4


def test_second_run_finds_nothing_to_do_and_keeps_the_log(empty_url: str) -> None:
    assert migrate(empty_url) == SHIPPED
    with opened(empty_url) as store:
        stored(store, batch([(ticket(1), 0)]))
        assert migrate(empty_url) == []
        assert store.head().position == 1


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.sql").write_text(text, "utf-8")
    return folder


def test_edited_file_is_refused_by_name(empty_url: str, tmp_path: Path) -> None:
    folder = written(tmp_path, **{"0001_pre_one": "create table boxoffice.one (x int)"})
    migrate(empty_url, folder=folder)
    written(tmp_path, **{"0001_pre_one": "create table boxoffice.one (x bigint)"})

    with pytest.raises(Misconfigured, match=r"0001_pre_one\.sql was edited"):
        migrate(empty_url, folder=folder)


def test_failing_file_leaves_nothing_of_itself(empty_url: str, tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        **{
            "0001_pre_one": "create table boxoffice.one (x int)",
            "0002_pre_two": "create table boxoffice.two (x int); select 1 / 0",
        },
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_url, folder=folder)

    assert ledger(empty_url) == ["0001_pre_one.sql"]
    with psycopg.connect(empty_url) as connection:
        found = connection.execute("select to_regclass('boxoffice.two')").fetchone()
    assert found == (None,)


def test_pre_phase_leaves_out_what_old_code_could_not_bear(
    empty_url: str, tmp_path: Path
) -> None:
    folder = written(
        tmp_path,
        **{
            "0001_pre_add": "create table boxoffice.one (x int)",
            "0001_post_drop": "alter table boxoffice.one add column y int",
            "0002_pre_more": "alter table boxoffice.one add column z int",
            "0002_post_less": "alter table boxoffice.one drop column x",
        },
    )

    assert migrate(empty_url, phase="pre", folder=folder) == [
        "0001_pre_add.sql",
        "0001_post_drop.sql",
        "0002_pre_more.sql",
    ]
    assert migrate(empty_url, phase="post", folder=folder) == ["0002_post_less.sql"]


def test_tokens_that_are_there_get_the_ids_of_their_people(
    empty_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "before"
    shutil.copytree(ROOT / "migrations/postgres", folder)
    (folder / "0006_pre_staff.sql").unlink()
    migrate(empty_url, folder=folder)
    with psycopg.connect(empty_url) as owner:
        for number, person in enumerate(("Ana Roe", "ana roe", "Ben")):
            owner.execute(
                "insert into boxoffice.staff_tokens values"
                " (%s, %s, 'manager', 'main', now(), null)",
                [bytes([number]), person],
            )
    migrate(empty_url)
    with opened(empty_url) as store:
        tokens = PostgresStaffTokens(store)
        found = {token.person: token.staff for token in tokens.all()}
        assert found["Ana Roe"] == found["ana roe"] != found["Ben"]
        again = tokens.identify("Ana Roe", new=StaffId("new"))
    assert again == found["Ana Roe"]


async def test_a_house_is_migrated_before_and_after_its_rollout(
    empty_url: str,
) -> None:
    settings = Settings(migrator_url=empty_url)
    before = await migrate_house(settings, phase="pre")
    after = await migrate_house(settings, phase="post")
    assert before[0] == SHIPPED[0]
    assert [*before, *after] == SHIPPED


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        migrate("postgresql://nobody@127.0.0.1:1/nothing")
