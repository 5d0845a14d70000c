"""Whom a command names is known before it is asked, and not for longer than needed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from boxoffice.application.naming import ask_naming
from boxoffice.application.ports.vault import Particulars
from boxoffice.application.requests import Accepted
from boxoffice.domain.ids import PersonId, order_stream
from boxoffice.domain.message import Fact
from boxoffice.errors import (
    BoxOfficeError,
    Conflict,
    Corrupt,
    HoldExpired,
    KeyReused,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    Unavailable,
    Unstorable,
)
from boxoffice.infrastructure.memory.vault import MemoryVault
from boxoffice.infrastructure.sealing import Sealer
from boxoffice.testing import (
    NOON,
    ORDER,
    PERSON,
    hold_places,
    on_sale,
    place_order,
    told,
)

OTHER = PersonId("other")
ANN = Particulars("Ann Lee", "ann@example.org")
FACTS = tuple(
    Fact(position, stream, 0, NOON, event)
    for position, (stream, event) in enumerate(
        told(on_sale(), hold_places(1), place_order()), start=1
    )
    if stream == order_stream(ORDER)
)


class Asked:
    """What is asked, and who was known by then."""

    def __init__(self, vault: MemoryVault, outcome: Accepted | Exception) -> None:
        self._vault = vault
        self._outcome = outcome
        self.known: set[PersonId] = set()

    async def __call__(self) -> Accepted:
        self.known = set(self._vault.sealed)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


class DeafVault(MemoryVault):
    """Keeps people and forgets nobody."""

    def forget(self, persons: Sequence[PersonId]) -> None:
        raise Unavailable(f"{len(persons)} are still known.")


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault(Sealer())


async def test_who_is_on_record_is_known_before_and_after(vault: MemoryVault) -> None:
    asked = Asked(vault, Accepted(FACTS))
    assert await ask_naming(vault, {PERSON: ANN}, asked) == Accepted(FACTS)
    assert asked.known == {PERSON}
    assert vault.open([PERSON]) == {PERSON: ANN}


@pytest.mark.parametrize(
    "refusal",
    [HoldExpired(), KeyReused(), NotFound(), Conflict(), Overloaded(), Unavailable()],
    ids=lambda refusal: refusal.code,
)
async def test_a_refusal_leaves_nobody_behind(
    vault: MemoryVault, refusal: BoxOfficeError
) -> None:
    asked = Asked(vault, refusal)
    with pytest.raises(type(refusal)):
        await ask_naming(vault, {PERSON: ANN, OTHER: ANN}, asked)
    assert asked.known == {PERSON, OTHER}
    assert (vault.sealed, vault.keys) == ({}, {})


@pytest.mark.parametrize("unknown", [OutcomeUnknown(), Corrupt(), ValueError()])
async def test_nobody_is_forgotten_who_may_be_on_record(
    vault: MemoryVault, unknown: Exception
) -> None:
    with pytest.raises(type(unknown)):
        await ask_naming(vault, {PERSON: ANN}, Asked(vault, unknown))
    assert vault.open([PERSON]) == {PERSON: ANN}


async def test_a_repeated_request_keeps_whom_the_first_one_named(
    vault: MemoryVault,
) -> None:
    vault.keep(PERSON, ANN)
    repeated = Asked(vault, Accepted(FACTS, repeated=True))
    await ask_naming(vault, {OTHER: Particulars("Bob", "bob@example.org")}, repeated)
    assert vault.open([PERSON, OTHER]) == {PERSON: ANN}


async def test_one_who_cannot_be_kept_takes_the_others_along(
    vault: MemoryVault,
) -> None:
    asked = Asked(vault, Accepted(FACTS))
    with pytest.raises(Unstorable):
        await ask_naming(vault, {PERSON: ANN, OTHER: Particulars("\ud800")}, asked)
    assert (asked.known, vault.sealed, vault.keys) == (set(), {}, {})


async def test_a_refusal_is_told_even_when_the_vault_cannot_forget() -> None:
    vault = DeafVault(Sealer())
    with capture_logs() as logs, pytest.raises(HoldExpired):
        await ask_naming(vault, {PERSON: ANN}, Asked(vault, HoldExpired()))
    assert [entry["event"] for entry in logs] == ["persons_not_forgotten"]
    assert "Ann" not in str(logs)
