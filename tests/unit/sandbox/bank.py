"""A sandbox without sockets, and a client that speaks its wire."""

from __future__ import annotations

from typing import Any

import httpx

from boxoffice.sandbox.server import API_KEY, MEMORY, Opened

NOW = 1_800_000_000.0


class Bank:
    """One sandbox on one file, asked in-process."""

    def __init__(self, data: str = MEMORY, webhooks: tuple[str, ...] = ()) -> None:
        self.now = NOW
        self.opened = Opened(
            data=data, webhooks=webhooks, stall_s=0, now=lambda: self.now
        )
        self.opened.home = "http://bank.test"
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.opened.app),  # type: ignore[arg-type]  # Litestar's own ASGI types
            base_url="http://bank.test",
            headers={"Authorization": f"Bearer {API_KEY}"},
        )

    async def post(
        self, path: str, key: str = "", **fields: Any
    ) -> tuple[int, dict[str, Any]]:
        """Send a form; give status and body."""
        data = {
            name.replace("__", "[") + "]" * ("__" in name): str(value)
            for name, value in fields.items()
        }
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.client.post(f"/v1/{path}", data=data, headers=headers)
        return answer.status_code, answer.json()

    async def pay(
        self, method: str = "pm_card_visa", *, amount: int = 5_000, **more: Any
    ) -> tuple[int, dict[str, Any]]:
        """Make and confirm a payment."""
        fields: dict[str, Any] = {
            "amount": amount,
            "currency": "usd",
            "capture_method": "manual",
            "confirm": "true",
            "payment_method": method,
            "return_url": "http://house.test/orders/X",
        }
        if method.startswith("pm_pix"):
            more["payment_method_types__0"] = "pix"
        return await self.post("payment_intents", **(fields | more))

    async def intent(self, name: str) -> dict[str, Any]:
        """Look a payment up."""
        found: dict[str, Any] = (
            await self.client.get(f"/v1/payment_intents/{name}")
        ).json()
        return found

    def total(self, account: str) -> int:
        """Add up an account."""
        query = "select coalesce(sum(amount), 0) from postings where account = ?"
        (found,) = self.opened.ledger.db.execute(query, (account,)).fetchone()
        return int(found)

    def events(self) -> list[str]:
        """Give the types of the events that wait to be sent, in order."""
        query = "select json_extract(body, '$.type') from events order by rowid"
        return [kind for (kind,) in self.opened.ledger.db.execute(query)]

    async def close(self) -> None:
        """Close the file."""
        await self.client.aclose()
        self.opened.ledger.close()
