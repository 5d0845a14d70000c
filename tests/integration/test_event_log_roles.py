"""Who may do what with the log: the app appends, readers read, nobody alters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from boxoffice.application.chain import verify_chain
from boxoffice.application.ports.log import Forgotten
from boxoffice.errors import Misconfigured
from boxoffice.infrastructure.postgres.checkpoints import PostgresCheckpoints
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.migrate import migrate
from tests.contract.event_log import batch, stored, ticket
from tests.integration.event_log_database import new_log, opened, receipts_live

ROW = (
    "insert into boxoffice.events values"
    " (9, now(), gen_random_uuid(), 0, 'x', '', '', '')"
)
RECEIPT = "insert into boxoffice.receipts values (gen_random_uuid(), '', 1, 1, 1)"
FORBIDDEN = [
    ROW,
    RECEIPT,
    "update boxoffice.events set data = ''",
    "delete from boxoffice.events",
    "truncate boxoffice.events",
    "update boxoffice.receipts set renderer = 2",
    "delete from boxoffice.receipts",
    "truncate boxoffice.receipts",
    "update boxoffice.epochs set epoch = 7",
    "delete from boxoffice.epochs",
    "delete from boxoffice.person_keys",
    "truncate boxoffice.person_keys",
    "delete from boxoffice.persons",
    "drop function boxoffice.forget_receipts",
    "drop function boxoffice.forget_persons",
    "create or replace function boxoffice.receipts_kept() returns interval return '0'",
    "alter table boxoffice.events add column extra int",
    "alter table boxoffice.events disable trigger all",
    "drop table boxoffice.events",
    "drop trigger events_are_for_ever on boxoffice.events",
    "create table boxoffice.mine (x int)",
    "create or replace view boxoffice.log_notifications as select 1",
    "drop function boxoffice.refuse_change cascade",
    "set session_replication_role = replica",
    "begin; lock table boxoffice.events in exclusive mode",
    "copy boxoffice.events from stdin",
]


@pytest.fixture
def log_url(postgres_url: str) -> str:
    return new_log(postgres_url)


@pytest.fixture(params=["boxoffice_app", "boxoffice_reader"])
def group(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def login_url(log_url: str, group: str) -> Iterator[str]:
    """The URL of a login role that is a member of one group and of nothing else."""
    name = f"member_{uuid4().hex}"
    role = sql.Identifier(name)
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute(sql.SQL("create role {} login password 'x'").format(role))
        grant = sql.SQL("grant {} to {}").format(sql.Identifier(group), role)
        owner.execute(grant)
        parts = urlsplit(log_url)
        netloc = f"{name}:x@{parts.hostname}:{parts.port}"
        yield parts._replace(netloc=netloc).geturl()
        owner.execute(sql.SQL("drop owned by {}").format(role))
        owner.execute(sql.SQL("drop role {}").format(role))


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_members_are_refused_everything_but_their_task(
    login_url: str, log_url: str, statement: str
) -> None:
    with opened(log_url) as store:
        stored(store, batch([(ticket(1), 0)]))
    with (
        psycopg.connect(login_url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("group", ["boxoffice_app"], indirect=True)
def test_app_role_appends_reads_and_keeps_leases(login_url: str) -> None:
    with opened(login_url) as store:
        stored(store, batch([(ticket(1), 0)]))
        lease = PostgresCheckpoints(store).acquire("relay", "one", ttl_s=5)

        assert store.head().position == 1
        assert lease is not None
        assert store.new_epoch() == 2


@pytest.mark.parametrize("group", ["boxoffice_app"], indirect=True)
def test_app_role_forgets_no_receipt_before_its_time(
    login_url: str, log_url: str
) -> None:
    call = batch([(ticket(1), 0)])
    name = call.command_ids[0].hex()
    call.event_metas = [b'{"command":"%b","actor":"buyer:1"}' % name.encode()]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with opened(login_url) as store:
        stored(store, call)
        early = store.forget_receipts(after=0, before=tomorrow, limit=9)
        kept = store.receipts(call.command_ids)
        receipts_live(log_url, "0 s")
        due = store.forget_receipts(after=0, before=tomorrow, limit=9)

    assert (early, len(kept)) == (Forgotten(reached=0, receipts=0), 1)
    assert due == Forgotten(reached=1, receipts=1)


@pytest.mark.parametrize("group", ["boxoffice_reader"], indirect=True)
def test_reader_reads_and_cannot_append(login_url: str) -> None:
    with psycopg.connect(login_url, autocommit=True) as connection:
        assert connection.execute("select * from boxoffice.events").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "select boxoffice.append('{}', '{}', '{}', 1::smallint, '{}', '{}',"
                " '{}', 0, '{}', '{}', '{}', '{}', '{}', '{}')"
            )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select boxoffice.forget_receipts(0, now(), 1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select boxoffice.forget_persons('{}')")
        for table in ("staff", "staff_tokens", "person_keys", "persons"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from boxoffice.{table}".encode())
    with pytest.raises(Misconfigured):
        PostgresEventStore(login_url)


@pytest.mark.parametrize(
    "statement",
    [
        "update boxoffice.events set data = ''",
        "delete from boxoffice.events",
        "truncate boxoffice.events",
    ],
)
def test_owner_too_is_refused_unless_it_takes_the_trigger_off(
    log_url: str, statement: str
) -> None:
    with psycopg.connect(log_url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement.encode())


@pytest.fixture
def plain_owner_url(
    log_url: str, new_postgres_database: Callable[[], str]
) -> Iterator[str]:
    """A database whose owner may not make or grant roles; the roles are there."""
    url = new_postgres_database()
    name = f"owner_{uuid4().hex}"
    role = sql.Identifier(name)
    parts = urlsplit(url)
    database = sql.Identifier(parts.path.strip("/"))
    with psycopg.connect(log_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create role {} login password 'x'").format(role))
        owned = sql.SQL("alter database {} owner to {}").format(database, role)
        admin.execute(owned)
        netloc = f"{name}:x@{parts.hostname}:{parts.port}"
        yield parts._replace(netloc=netloc).geturl()
        with psycopg.connect(url, autocommit=True) as inside:
            inside.execute("drop schema boxoffice cascade")
            inside.execute(sql.SQL("reassign owned by {} to current_user").format(role))
        admin.execute(sql.SQL("drop role {}").format(role))


@pytest.mark.parametrize("group", ["boxoffice_app"], indirect=True)
def test_owner_without_rights_over_roles_migrates_for_an_app_of_its_own_login(
    plain_owner_url: str, login_url: str
) -> None:
    assert migrate(plain_owner_url)
    app = urlsplit(login_url)._replace(path=urlsplit(plain_owner_url).path).geturl()
    with opened(app) as store:
        stored(store, batch([(ticket(1), 0)]))
        assert verify_chain(store.read(after=0, limit=10)) is None
    with pytest.raises(Misconfigured, match="may not act as boxoffice_app"):
        PostgresEventStore(plain_owner_url)


def test_store_acts_as_the_app_even_with_the_owners_url(log_url: str) -> None:
    with opened(log_url) as store:
        (row,) = store.run("select current_user").rows

    assert row == ("boxoffice_app",)


def test_log_without_a_schema_says_what_to_do(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("drop schema if exists boxoffice cascade")
    with opened(postgres_url) as store, pytest.raises(Misconfigured, match="migrate"):
        store.head()
