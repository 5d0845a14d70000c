"""Nobody takes money: for processes that were given no payment provider."""

from __future__ import annotations

from typing import NoReturn

from boxoffice.errors import Forged, Misconfigured


class NoPaymentProvider:
    """Says to every call what has to be set, whatever it asks for."""

    name = "none"

    async def start(self, *_asked: object, **_named: object) -> NoReturn:
        _missing()

    async def look_up(self, *_asked: object, **_named: object) -> NoReturn:
        _missing()

    async def capture(self, *_asked: object, **_named: object) -> NoReturn:
        _missing()

    async def cancel(self, *_asked: object, **_named: object) -> NoReturn:
        _missing()

    async def refund(self, *_asked: object, **_named: object) -> NoReturn:
        _missing()

    async def look_up_refund(self, *_asked: object, **_named: object) -> NoReturn:
        _missing()

    def read_notice(self, *_asked: object, **_named: object) -> NoReturn:
        raise Forged

    async def close(self) -> None:
        """Nothing: there are no connections."""


def _missing() -> NoReturn:
    raise Misconfigured("No payment provider is set: BOXOFFICE_PAYMENTS_URL is empty.")
