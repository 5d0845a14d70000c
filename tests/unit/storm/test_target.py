"""Whom a storm may be let loose on."""

import pytest

from boxoffice.errors import Misconfigured
from boxoffice.storm.run import check_target


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://localhost",
        "http://[::1]:80",
        "http://127.8.8.8",
    ],
)
def test_this_machine_may_be_stormed(url: str) -> None:
    check_target(url, is_own=False)


@pytest.mark.parametrize(
    "url", ["http://example.org", "https://192.168.1.7:8000", "http://127.0.0.1.nip.io"]
)
def test_another_machine_needs_somebody_to_answer_for_it(url: str) -> None:
    with pytest.raises(Misconfigured, match="i-own-this-server"):
        check_target(url, is_own=False)
    check_target(url, is_own=True)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://127.0.0.1", "http://"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="is not a URL"):
        check_target(url, is_own=True)
