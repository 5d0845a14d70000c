from collections.abc import AsyncIterator

import pytest

from boxoffice.sandbox.server import Opened
from tests.unit.sandbox.bank import Bank
from tests.unit.sandbox.counter import Counter


@pytest.fixture
async def bank() -> AsyncIterator[Bank]:
    opened = Bank(webhooks=("http://house.test/hook",))
    yield opened
    await opened.close()


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    made = Counter(Opened())
    yield made
    await made.client.aclose()
    made.opened.ledger.close()
