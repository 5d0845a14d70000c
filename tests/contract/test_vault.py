"""What a vault promises about people, wherever it lies."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from boxoffice.application.ports.vault import Particulars, Vault
from boxoffice.domain.ids import PersonId
from boxoffice.errors import Corrupt, Unstorable
from boxoffice.infrastructure.memory.vault import MemoryVault
from boxoffice.infrastructure.postgres.event_store import PostgresEventStore
from boxoffice.infrastructure.postgres.vault import PostgresVault
from boxoffice.infrastructure.sealing import Sealer
from boxoffice.infrastructure.sqlite.connection import Connection
from boxoffice.infrastructure.sqlite.vault import SqliteVault

ANA, BEN = PersonId("person-ana"), PersonId("person-ben")
OF_ANA = Particulars("Ana Olivária", "ana@example.org")
OF_BEN = Particulars("Ben Ortega", "ben@example.org")
KEEPERS = 12

Rows = dict[PersonId, bytes]


class House(NamedTuple):
    """One vault; every call to `open` gives it as another process has it."""

    open: Callable[[], Vault]
    sealed: Callable[[], Rows]
    keys: Callable[[], Rows]
    lay: Callable[[PersonId, bytes], None]
    """Put a sealed text under a person's name, past the vault."""
    drop_key: Callable[[PersonId], None]


def _memory_house() -> House:
    vault = MemoryVault(Sealer())
    return House(
        lambda: vault,
        lambda: dict(vault.sealed),
        lambda: dict(vault.keys),
        vault.sealed.__setitem__,
        vault.keys.__delitem__,
    )


def _sqlite_house(path: Path, stack: ExitStack) -> House:
    def opened() -> Vault:
        vault = SqliteVault(path, Sealer())
        stack.callback(vault.close)
        return vault

    def run(statement: str, *values: object) -> Rows:
        connection = Connection(path)
        with connection.locked() as raw:
            rows = dict(raw.execute(statement, values).fetchall())
        connection.close()
        return rows

    def lay(person: PersonId, sealed: bytes) -> None:
        run("UPDATE persons SET sealed = ? WHERE person = ?", sealed, person)

    def drop_key(person: PersonId) -> None:
        run("DELETE FROM person_keys WHERE person = ?", person)

    return House(
        opened,
        lambda: run("SELECT person, sealed FROM persons"),
        lambda: run("SELECT person, key FROM person_keys"),
        lay,
        drop_key,
    )


def _postgres_house(url: str, stack: ExitStack) -> House:
    def opened() -> Vault:
        store = PostgresEventStore(url, pool_size=2)
        stack.callback(store.close)
        return PostgresVault(store, Sealer())

    def run(statement: str, *values: object) -> Rows:
        with psycopg.connect(url, autocommit=True) as owner:
            cursor = owner.execute(statement.encode(), values)
            return dict(cursor.fetchall()) if cursor.description else {}

    def lay(person: PersonId, sealed: bytes) -> None:
        run(
            "update boxoffice.persons set sealed = %s where person = %s", sealed, person
        )

    def drop_key(person: PersonId) -> None:
        run("delete from boxoffice.person_keys where person = %s", person)

    return House(
        opened,
        lambda: run("select person, sealed from boxoffice.persons"),
        lambda: run("select person, key from boxoffice.person_keys"),
        lay,
        drop_key,
    )


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.service)]
)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        match request.param:
            case "memory":
                yield _memory_house()
            case "sqlite":
                yield _sqlite_house(tmp_path / "vault.sqlite", stack)
            case "postgres":
                url = request.getfixturevalue("postgres_log_url")
                yield _postgres_house(url, stack)


@pytest.fixture
def vault(house: House) -> Vault:
    return house.open()


def test_who_was_kept_is_known_to_every_process(house: House) -> None:
    house.open().keep(ANA, OF_ANA)

    assert house.open().open([ANA]) == {ANA: OF_ANA}


def test_who_was_never_kept_is_left_out(vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)

    assert vault.open([BEN, ANA, ANA]) == {ANA: OF_ANA}
    assert vault.open([]) == {}


def test_whose_key_is_gone_is_left_out(house: House, vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)
    vault.keep(BEN, OF_BEN)
    house.drop_key(ANA)

    assert vault.open([ANA, BEN]) == {BEN: OF_BEN}


def test_who_is_forgotten_leaves_neither_words_nor_key(
    house: House, vault: Vault
) -> None:
    vault.keep(ANA, OF_ANA)
    vault.keep(BEN, OF_BEN)
    vault.forget([ANA, PersonId("person-nobody")])

    assert list(house.sealed()) == [BEN]
    assert list(house.keys()) == [BEN]
    assert house.open().open([ANA, BEN]) == {BEN: OF_BEN}


def test_forgetting_twice_or_nobody_changes_nothing(vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)
    vault.forget([])
    assert vault.open([ANA]) == {ANA: OF_ANA}
    vault.forget([ANA])
    vault.forget([ANA])
    assert vault.open([ANA]) == {}


def test_who_comes_back_has_a_key_that_opens_nothing_older(
    house: House, vault: Vault
) -> None:
    vault.keep(ANA, OF_ANA)
    old = house.sealed()[ANA]
    vault.forget([ANA])
    vault.keep(ANA, OF_ANA)
    house.lay(ANA, old)

    with pytest.raises(Corrupt):
        vault.open([ANA])


def test_more_people_than_one_statement_takes_are_found(vault: Vault) -> None:
    many = [PersonId(f"person-{number}") for number in range(2_000)]
    vault.keep(many[0], OF_ANA)
    vault.keep(many[-1], OF_BEN)

    assert vault.open(many) == {many[0]: OF_ANA, many[-1]: OF_BEN}


def test_the_same_again_changes_nothing_a_reader_sees(vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)
    vault.keep(ANA, OF_ANA)

    assert vault.open([ANA]) == {ANA: OF_ANA}


def test_other_particulars_replace_what_was_known(vault: Vault) -> None:
    vault.keep(ANA, OF_BEN)
    vault.keep(ANA, OF_ANA)

    assert vault.open([ANA]) == {ANA: OF_ANA}


def test_nothing_that_lies_there_can_be_read(house: House, vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)

    lying = b"".join((*house.sealed().values(), *house.keys().values()))
    assert b"Ana" not in lying
    assert "Olivária".encode() not in lying
    assert b"example" not in lying


def test_the_same_words_are_never_sealed_alike(house: House, vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)
    first = house.sealed()[ANA]
    vault.keep(ANA, OF_ANA)
    vault.keep(BEN, OF_ANA)

    sealed = house.sealed()
    assert len({first, sealed[ANA], sealed[BEN]}) == 3


def test_each_person_has_one_key_for_good(house: House, vault: Vault) -> None:
    vault.keep(ANA, OF_ANA)
    vault.keep(BEN, OF_BEN)
    keys = house.keys()
    vault.keep(ANA, OF_BEN)

    assert keys[ANA] != keys[BEN]
    assert keys == house.keys()


def test_what_was_sealed_for_another_person_is_refused(
    house: House, vault: Vault
) -> None:
    vault.keep(ANA, OF_ANA)
    vault.keep(BEN, OF_BEN)
    house.lay(ANA, house.sealed()[BEN])

    with pytest.raises(Corrupt):
        vault.open([ANA])
    assert vault.open([BEN]) == {BEN: OF_BEN}


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_an_altered_byte_is_refused(house: House, vault: Vault, place: int) -> None:
    vault.keep(ANA, OF_ANA)
    altered = bytearray(house.sealed()[ANA])
    altered[place] ^= 1
    house.lay(ANA, bytes(altered))

    with pytest.raises(Corrupt):
        vault.open([ANA])


def test_a_text_that_cannot_be_encoded_is_not_kept_nor_told(vault: Vault) -> None:
    with pytest.raises(Unstorable) as caught:
        vault.keep(ANA, Particulars("Ana \ud800", "ana@example.org"))

    assert "Ana" not in str(caught.value)
    assert vault.open([ANA]) == {}


def test_many_who_keep_one_person_at_once_leave_one_of_their_words(
    house: House,
) -> None:
    words = [Particulars(f"Ana {number}", "a@b.example") for number in range(KEEPERS)]
    vaults = [house.open() for _ in range(3)]
    keep = [vaults[number % 3].keep for number in range(KEEPERS)]
    with ThreadPoolExecutor(KEEPERS) as crowd:
        kept = [crowd.submit(keep[i], ANA, words[i]) for i in range(KEEPERS)]
    for done in kept:
        done.result()

    assert vaults[0].open([ANA])[ANA] in words
    assert list(house.keys()) == [ANA]


def test_the_file_of_people_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    vault = SqliteVault(path, Sealer())
    vault.keep(ANA, OF_ANA)

    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    vault.close()
    assert modes == {0o600}
