from functools import cache

import pytest

from tests.chart.release import Release, full_values, render


@cache
def rendered(which: str) -> Release:
    return render(full_values() if which == "full" else {})


@pytest.fixture(params=["default", "full"])
def release(request: pytest.FixtureRequest) -> Release:
    """The chart with its defaults, then with everything switched on."""
    return rendered(request.param)


@pytest.fixture
def default_release() -> Release:
    return rendered("default")


@pytest.fixture
def full_release() -> Release:
    return rendered("full")
