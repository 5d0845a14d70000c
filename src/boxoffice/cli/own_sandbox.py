"""The payment sandbox of a box office that was given no payment provider.

It listens on loopback beside the API and keeps its books and secrets in the data
folder, so that payments survive a restart as the log does. Its port follows the API's:
links to its pages, which the log remembers, stay good from one start to the next.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from boxoffice.settings import Settings

HOST = "127.0.0.1"
LEDGER_FILE = "sandbox.sqlite"
KEY_FILE = "sandbox-key"
SIGNING_FILE = "sandbox-signing"
SECRET_BYTES = 24
WEBHOOK = "/v1/payments/webhook"


@asynccontextmanager
async def own_sandbox(
    settings: Settings, *, url: str, port: int
) -> AsyncIterator[Settings]:
    """Run a sandbox inside, unless a provider is given; give settings that name it.

    `url` is where the API will answer; the sandbox takes the first free port from
    `port` on.
    """
    if settings.payments_url:
        yield settings
        return
    from boxoffice.cli.free_port import free_port
    from boxoffice.sandbox.server import MEMORY, running_sandbox

    folder = Path(settings.data)
    in_memory = settings.log_url.startswith("memory:")
    key, signing = (
        f"sk_test_{kept(folder / KEY_FILE)}",
        f"whsec_{kept(folder / SIGNING_FILE)}",
    )
    async with running_sandbox(
        HOST,
        free_port(HOST, port),
        data=MEMORY if in_memory else str(folder / LEDGER_FILE),
        webhooks=[f"{url}{WEBHOOK}"],
        secret=signing,
        api_key=key,
    ) as address:
        yield msgspec.structs.replace(
            settings,
            payments_url=address,
            payments_key=key,
            payments_webhook_secrets=signing,
            public_url=settings.public_url or url,
        )


def kept(path: Path) -> str:
    """Give a secret that is made once per folder; the first one to make it wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text("ascii").strip()
