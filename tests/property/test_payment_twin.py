"""Whatever calls get lost, money moves once: the twin under a seeded fault."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxoffice.application.ports.payments import Method
from boxoffice.domain.money import Money
from boxoffice.errors import ProviderRefused, Unavailable
from boxoffice.infrastructure.payments.memory import Call, MemoryPaymentProvider

PRICE = Money(4500, "EUR")
TRIES_MAX = 200
T = TypeVar("T")


def losing(seed: int) -> Callable[[Call], Literal["before", "after"] | None]:
    dice = random.Random(seed)
    return lambda _call: dice.choice(("before", "after", None))


async def insisting(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer, as the process manager does."""
    for _ in range(TRIES_MAX):
        try:
            return await ask()
        except Unavailable:
            continue
    raise AssertionError("no answer at all")


async def bought(provider: MemoryPaymentProvider, attempt: str) -> str:
    """Authorise and capture; give the reference."""
    begin = partial(
        provider.start,
        attempt=attempt,
        order="ABC",
        amount=PRICE,
        method=Method("card", "pm_card_visa"),
        return_url="",
    )
    begun = await insisting(begin)
    done = await insisting(partial(provider.capture, begun.reference, attempt=attempt))
    assert done.captured == PRICE
    return done.reference


@given(
    seed=st.integers(0, 2**32),
    attempts=st.integers(1, 5),
    parts=st.lists(st.integers(1, 3000), max_size=4),
)
async def test_asking_until_answered_moves_money_once(
    seed: int, attempts: int, parts: list[int]
) -> None:
    provider = MemoryPaymentProvider(fault=losing(seed))
    references = [await bought(provider, f"try-{n}") for n in range(attempts)]
    left = PRICE.minor
    for number, part in enumerate(parts):
        amount = Money(part, "EUR")
        give_back = partial(
            provider.refund, references[0], refund=f"back-{number}", amount=amount
        )
        if part > left:
            with pytest.raises(ProviderRefused):
                await insisting(give_back)
        else:
            assert (await insisting(give_back)).amount == amount
            left -= part

    kept = sum(money.minor for money in provider.till.kept())
    assert kept == PRICE.minor * (attempts - 1) + left
    assert provider.till.reserved() == []


@given(seed=st.integers(0, 2**32))
async def test_the_same_seed_loses_the_same_calls(seed: int) -> None:
    async def run() -> list[str]:
        seen: list[str] = []
        provider = MemoryPaymentProvider(fault=losing(seed))
        for number in range(20):
            try:
                await provider.look_up(f"pi_{number}")
            except (Unavailable, ProviderRefused) as error:
                seen.append(error.detail)
        return seen

    assert await run() == await run()
