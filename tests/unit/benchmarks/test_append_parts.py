"""The profile takes parts of the append function away; they must be there."""

from pathlib import Path

import pytest

from benchmarks.append_parts import PARTS, without

MIGRATIONS = Path(__file__).parents[3] / "migrations/postgres"


def newest_append() -> str:
    texts = [path.read_text("utf-8") for path in sorted(MIGRATIONS.glob("*.sql"))]
    return [text for text in texts if "function boxoffice.append(" in text][-1]


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_found_in_the_function(part: str) -> None:
    source = newest_append()
    less = without(source, PARTS[part])
    assert len(less) < len(source)
    assert source[:500] == less[:500]
    assert source[-500:] == less[-500:]


def test_part_that_is_gone_is_news() -> None:
    with pytest.raises(ValueError, match="not found"):
        without("select 1", PARTS["receipts"])
