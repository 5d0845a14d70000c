"""`boxoffice sandbox`: a payment provider for trying things out; no money moves."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import msgspec
import rich_click as click

from boxoffice.cli.house import run_async


class Wishes(msgspec.Struct, frozen=True):
    """How to run it."""

    host: str
    port: int
    webhooks: tuple[str, ...]
    secret: str | None
    key: str | None
    seed: int
    public: str


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="To listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8100,
    show_default=True,
    help="To listen on; a taken one moves on to the next.",
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of its books; without one they end with it.",
)
@click.option("--webhook", "webhooks", multiple=True, help="Told of every payment.")
@click.option("--secret", help="Of the webhooks' signatures.")
@click.option("--key", help="That clients must have.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of faults.")
@click.option("--public", default="", help="Address for browsers, if it is another.")
def sandbox(*, ledger: Path | None, **wishes: object) -> None:
    """Run a payment provider that moves no money.

    It speaks the part of Stripe's API that the box office uses, knows the usual test
    cards, asks for 3-D Secure, sends signed webhooks and keeps its own books.
    """
    chosen = msgspec.convert(wishes, Wishes)
    run_async(_serve(chosen, str(ledger) if ledger else None))


async def _serve(wishes: Wishes, ledger: str | None) -> None:
    from boxoffice.cli.free_port import free_port
    from boxoffice.sandbox.cards import NUMBERS
    from boxoffice.sandbox.server import API_KEY, MEMORY, SECRET, running_sandbox

    port = free_port(wishes.host, wishes.port)
    key, secret = wishes.key or API_KEY, wishes.secret or SECRET
    async with running_sandbox(
        wishes.host,
        port,
        data=ledger or MEMORY,
        webhooks=wishes.webhooks,
        secret=secret,
        api_key=key,
        seed=wishes.seed,
        public=wishes.public,
    ) as address:
        cards = "\n".join(f"  {number}  {token}" for number, token in NUMBERS.items())
        click.echo(f"The payment sandbox answers at {address}\n\nTest cards\n{cards}\n")
        await _until_ended()


async def _until_ended() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    await ended.wait()
