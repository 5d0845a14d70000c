"""What the keeper of staff tokens answers, wherever they are kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from boxoffice.application.ports.staff import StaffToken, StaffTokens
from boxoffice.domain.ids import StaffId
from boxoffice.errors import Conflict
from tests.contract.event_log import Log

MORNING = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
OF_ANA, OF_BEN = StaffId("ana"), StaffId("ben")
ANA = StaffToken(OF_ANA, "Ana", "manager", "main", MORNING)
BEN = StaffToken(OF_BEN, "Ben", "till", "main", MORNING - timedelta(days=1))
KEEPERS = 8


@pytest.fixture
def tokens(log: Log) -> StaffTokens:
    return log.staff_tokens()


def digest(number: int) -> bytes:
    return bytes([number]) * 32


def test_token_is_found_by_its_digest_alone(log: Log) -> None:
    log.staff_tokens().add(digest(1), ANA)

    assert log.staff_tokens().find(digest(1)) == ANA
    assert log.staff_tokens().find(digest(2)) is None


def test_tokens_are_listed_by_creation(tokens: StaffTokens) -> None:
    tokens.add(digest(1), ANA)
    tokens.add(digest(2), BEN)

    assert tokens.all() == [BEN, ANA]


def test_digest_is_stored_once(tokens: StaffTokens) -> None:
    tokens.add(digest(1), ANA)
    with pytest.raises(Conflict):
        tokens.add(digest(1), BEN)

    assert tokens.all() == [ANA]


def test_revoking_a_person_revokes_each_valid_token_once(tokens: StaffTokens) -> None:
    tokens.add(digest(1), ANA)
    tokens.add(digest(2), msgspec.structs.replace(ANA, role="admin"))
    tokens.add(digest(3), BEN)
    noon = MORNING + timedelta(hours=3)

    assert tokens.revoke(OF_ANA, noon) == 2
    assert tokens.revoke(OF_ANA, noon + timedelta(hours=1)) == 0
    revoked = tokens.find(digest(1))
    assert revoked is not None
    assert revoked.revoked_at == noon
    assert tokens.find(digest(3)) == BEN


def test_a_removed_token_is_as_if_it_had_never_been(tokens: StaffTokens) -> None:
    tokens.add(digest(1), ANA)
    tokens.add(digest(2), BEN)
    tokens.remove(digest(1))
    tokens.remove(digest(1))

    assert tokens.find(digest(1)) is None
    assert tokens.all() == [BEN]


def test_a_person_has_one_id_however_the_name_is_written(log: Log) -> None:
    tokens = log.staff_tokens()
    assert tokens.identify("Ana Roe", new=OF_ANA) == OF_ANA
    for name in ("Ana Roe", "ana roe", "ANA  ROE", "\uff21na Roe "):
        assert log.staff_tokens().identify(name, new=OF_BEN) == OF_ANA
    assert tokens.identify("Ben", new=OF_BEN) == OF_BEN

    assert log.staff_tokens().names() == {OF_ANA: "Ana Roe", OF_BEN: "Ben"}


def test_who_is_identified_by_many_at_once_has_one_id(log: Log) -> None:
    ids = [StaffId(f"id-{number}") for number in range(KEEPERS)]
    with ThreadPoolExecutor(KEEPERS) as crowd:
        asked = [
            crowd.submit(log.staff_tokens().identify, "Ana", new=one) for one in ids
        ]
    found = {one.result() for one in asked}

    assert len(found) == 1
    assert log.staff_tokens().names() == dict.fromkeys(found, "Ana")
