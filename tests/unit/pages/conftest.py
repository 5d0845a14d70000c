from collections.abc import AsyncIterator

import pytest

from tests.unit.api.house import House, open_house
from tests.unit.pages.site import Visitor


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A house of its own for each test."""
    async with open_house() as opened:
        yield opened


@pytest.fixture
async def performance(house: House) -> str:
    """A performance on sale in that house."""
    return await house.on_sale()


@pytest.fixture
def ann(house: House) -> Visitor:
    """Somebody with a browser."""
    return Visitor(house)


@pytest.fixture
def bob(house: House) -> Visitor:
    """Somebody else with another browser."""
    return Visitor(house)
