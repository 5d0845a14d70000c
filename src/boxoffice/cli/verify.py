"""`boxoffice verify`: is everything in order? One pass over the log, by a stranger."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.data_folder import running_at
from boxoffice.cli.house import configured, in_house
from boxoffice.cli.progress import progress
from boxoffice.cli.tokens import digest_of, make_token
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.ports.documents import Documents
    from boxoffice.application.verification import Verdict
    from boxoffice.bootstrap import Container

VERIFIER = "verify"
ROLE = "finance"


@click.command()
@click.option("--url", help="Of a server that keeps its read models in its memory.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def verify(settings: Settings, /, *, url: str | None, as_json: bool) -> None:
    """Check the log and everything that is derived from it; exit code 0 or 1.

    The chain of hashes, gaps, versions, that no place was sold twice, limits and
    money; then the live read models against a fresh replay. An embedded house is asked
    over HTTP: by itself when it runs on this folder, or at --url.
    """

    async def work(container: Container) -> Verdict:
        return await verdict_on(container, url=url)

    verdict = in_house(settings, work)
    if as_json:
        click.echo(verdict.json().decode())
    else:
        print_verdict(verdict)
    sys.exit(verdict.exit_code)


async def verdict_on(container: Container, *, url: str | None) -> Verdict:
    """Verify the house that a container opens.

    Raises:
        Unavailable: the log, a store or the server does not answer.
    """
    from boxoffice.application.verification import verify as check

    async with AsyncExitStack() as stack:
        documents, cache = await _read_models(container, url, stack)
        with progress("Verifying") as told:
            return await check(
                container.store,
                container.checkpoints,
                documents=documents,
                cache=cache,
                progress=told,
                receipts_days=container.settings.receipts_days,
            )


async def _read_models(
    container: Container, url: str | None, stack: AsyncExitStack
) -> tuple[Documents | None, Documents | None]:
    """Find the stores, or the server whose memory is the store."""
    settings = container.settings
    documents = container.documents if settings.mongo_url else None
    cache = container.cache if settings.redis_url else None
    url = url or running_at(Path(settings.data))
    if (documents and cache) or not url:
        return documents, cache
    from boxoffice.cli.server_documents import ServerDocuments, server_session

    session = await stack.enter_async_context(server_session(url))
    staff = await stack.enter_async_context(_own_token(container))
    server = ServerDocuments(session, container.store, staff=staff)
    return documents or server, cache or server


@asynccontextmanager
async def _own_token(container: Container) -> AsyncIterator[str]:
    """Give a token with which staff's documents are read; it is gone afterwards.

    Its secret lies nowhere: even a token that outlives a killed process is of no use.
    """
    secret = await make_token(container, person=VERIFIER, role=ROLE)
    try:
        yield secret
    finally:
        container.tokens.remove(digest_of(secret))


def print_verdict(verdict: Verdict) -> None:
    """Show every question with its answer."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "Check", "Finding", "Position"):
        table.add_column(name)
    for check in verdict.checks:
        mark = "[green]ok[/]" if check.ok else "[bold red]NO[/]"
        position = "" if check.position is None else f"{check.position:,}"
        table.add_row(mark, check.name, escape(check.detail), position)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    state = "Everything is in order" if verdict.ok else "NOT everything is in order"
    click.echo(f"{state} at position {verdict.position:,} (epoch {verdict.epoch}).")
