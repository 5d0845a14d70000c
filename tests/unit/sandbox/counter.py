"""A client of one sandbox in this process, without a socket."""

from __future__ import annotations

from typing import Any

import httpx

from boxoffice.sandbox.server import API_KEY, Opened

HOME = "http://sandbox.test"
BACK = "https://house.test/back?order=7"


class Counter:
    """Asks a sandbox over its wire format."""

    def __init__(self, opened: Opened) -> None:
        opened.home = HOME
        self.opened = opened
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=opened.app),
            base_url=HOME,
            headers={"Authorization": f"Bearer {API_KEY}"},
        )

    async def post(self, path: str, key: str = "", **fields: object) -> httpx.Response:
        """Send a form; a double underscore opens a bracket: `metadata__order`."""
        form = {_wire_name(name): str(value) for name, value in fields.items()}
        headers = {"Idempotency-Key": key} if key else {}
        return await self.client.post(f"/v1/{path}", data=form, headers=headers)

    async def told(self, path: str, key: str = "", **fields: object) -> dict[str, Any]:
        """Send a form and give the answer, which must be a yes."""
        answer = await self.post(path, key, **fields)
        assert answer.status_code == 200, answer.text
        return _object(answer)

    async def refused(
        self, path: str, key: str = "", **fields: object
    ) -> tuple[int, dict[str, Any]]:
        """Send a form and give status and error of the no that must come."""
        answer = await self.post(path, key, **fields)
        assert 400 <= answer.status_code < 500, answer.text
        error = _object(answer)["error"]
        assert isinstance(error, dict)
        return answer.status_code, error

    async def pay(
        self, method: str = "pm_card_visa", **fields: object
    ) -> dict[str, Any]:
        """Make a payment of 50.00 and confirm it at once."""
        return await self.told("payment_intents", **{**paying(method), **fields})

    async def decline(self, method: str, **fields: object) -> dict[str, Any]:
        """Give the error of a payment that must be declined."""
        wanted = {**paying(method), **fields}
        status, error = await self.refused("payment_intents", **wanted)
        assert status == 402
        assert error["type"] == "card_error"
        return error

    async def intent(self, name: str) -> dict[str, Any]:
        """Look a payment up."""
        answer = await self.client.get(f"/v1/payment_intents/{name}")
        assert answer.status_code == 200, answer.text
        return _object(answer)

    async def ledger(self) -> dict[str, Any]:
        """Give the judge's view."""
        return _object(await self.client.get("/v1/sandbox/ledger"))

    async def page(self, address: str, **form: str) -> httpx.Response:
        """Open a hosted page, or send its form, as a browser without our key."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.opened.app), base_url=HOME
        ) as browser:
            if form:
                return await browser.post(address, data=form)
            return await browser.get(address)


def paying(method: str) -> dict[str, object]:
    """Give the parameters of a payment of 50.00 that is confirmed at once."""
    kind = "pix" if method.startswith("pm_pix") else "card"
    return {
        "amount": 5_000,
        "currency": "brl",
        "capture_method": "automatic" if kind == "pix" else "manual",
        "payment_method_types__0": kind,
        "payment_method": method,
        "confirm": "true",
        "return_url": BACK,
        "metadata__attempt": "a1",
        "metadata__order": "o1",
    }


def _wire_name(name: str) -> str:
    outer, *inner = name.split("__")
    return outer + "".join(f"[{part}]" for part in inner)


def _object(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert isinstance(body, dict)
    return body
