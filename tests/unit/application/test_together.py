"""Work that many ask for at once is done once, and ends the same for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from boxoffice.application.together import Together
from boxoffice.errors import Unavailable


class Work:
    """Work that ends when the test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done = 0
        self.go_on = asyncio.Event()
        self._error = error

    async def __call__(self) -> int:
        self.done += 1
        await self.go_on.wait()
        if self._error is not None:
            raise self._error
        return self.done


def asked(
    together: Together[str, int], work: Callable[[], Coroutine[Any, Any, int]]
) -> asyncio.Task[int]:
    return asyncio.create_task(together.do("this", work))


async def test_all_who_ask_meanwhile_get_one_outcome() -> None:
    together, work = Together[str, int](), Work()
    waiting = [asked(together, work) for _ in range(9)]
    await asyncio.sleep(0)
    work.go_on.set()
    assert await asyncio.gather(*waiting) == [1] * 9
    assert await together.do("this", work) == 2


async def test_an_error_is_shared_and_then_forgotten() -> None:
    together, work = Together[str, int](), Work(Unavailable())
    waiting = [asked(together, work) for _ in range(9)]
    await asyncio.sleep(0)
    work.go_on.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert work.done == 1
    with pytest.raises(Unavailable):
        await together.do("this", work)
    assert work.done == 2


async def test_whoever_leaves_takes_nothing_along() -> None:
    together, work = Together[str, int](), Work()
    leaving, staying = asked(together, work), asked(together, work)
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    work.go_on.set()
    assert await staying == 1


async def test_other_work_does_not_wait() -> None:
    together, slow, quick = Together[str, int](), Work(), Work()
    waiting = asked(together, slow)
    quick.go_on.set()
    assert await together.do("that", quick) == 1
    assert not waiting.done()
    slow.go_on.set()
    assert await waiting == 1
