from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from boxoffice.stack.cache import cache_folder, made_once


def write_one(folder: Path) -> None:
    (folder / "server").write_text("one")


def fail_half_way(folder: Path) -> None:
    (folder / "server").write_text("half")
    raise ConnectionError


def test_the_cache_is_where_the_environment_says(tmp_path: Path) -> None:
    chosen = {"BOXOFFICE_CACHE": str(tmp_path), "XDG_CACHE_HOME": "/elsewhere"}
    assert cache_folder(chosen) == tmp_path


def test_what_is_made_stands_under_its_name(tmp_path: Path) -> None:
    made = made_once(tmp_path / "cache" / "redis", write_one)
    assert (made / "server").read_text() == "one"


def test_what_failed_half_way_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    target = tmp_path / "redis"
    with pytest.raises(ConnectionError):
        made_once(target, fail_half_way)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    assert (made_once(target, write_one) / "server").read_text() == "one"


def test_several_first_starts_at_once_make_it_once(tmp_path: Path) -> None:
    together = Barrier(4)
    makers: list[Path] = []

    def start(_number: int) -> Path:
        together.wait(timeout=10)
        return made_once(tmp_path / "redis", makers.append)

    with ThreadPoolExecutor(4) as starts:
        assert set(starts.map(start, range(4))) == {tmp_path / "redis"}
    assert len(makers) == 1
