from collections.abc import AsyncIterator

import pytest

from tests.unit.sandbox.bank import Bank


@pytest.fixture
async def bank() -> AsyncIterator[Bank]:
    opened = Bank(webhooks=("http://house.test/hook",))
    yield opened
    await opened.close()
