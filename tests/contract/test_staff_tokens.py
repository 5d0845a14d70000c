"""What the keeper of staff tokens answers, wherever they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from boxoffice.application.ports.staff import StaffToken, StaffTokens
from boxoffice.errors import Conflict
from tests.contract.event_log import Log

MORNING = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
ANA = StaffToken("Ana", "manager", "main", MORNING)
BEN = StaffToken("Ben", "till", "main", MORNING - timedelta(days=1))


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

    assert tokens.revoke("Ana", noon) == 2
    assert tokens.revoke("Ana", noon + timedelta(hours=1)) == 0
    revoked = tokens.find(digest(1))
    assert revoked is not None
    assert revoked.revoked_at == noon
    assert tokens.find(digest(3)) == BEN
