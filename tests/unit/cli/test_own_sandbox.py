"""The sandbox that a house without a payment provider brings along."""

from pathlib import Path

from boxoffice.cli.own_sandbox import kept, own_sandbox
from boxoffice.settings import Settings

URL = "http://127.0.0.1:8000"


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_secret_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    first = kept(path)
    assert len(first) == 48
    assert kept(path) == first
    assert path.stat().st_mode & 0o077 == 0
    assert names(path.parent) == ["key"]


async def test_a_house_with_a_provider_gets_no_sandbox(tmp_path: Path) -> None:
    given = Settings(data=str(tmp_path), payments_url="https://pay.example")
    async with own_sandbox(given, url=URL, port=8001) as settings:
        assert settings is given
    assert names(tmp_path) == []
