"""`boxoffice migrate`: bring the log's schema and the topics up to date."""

from __future__ import annotations

from typing import Literal

import rich_click as click

from boxoffice.cli.house import configured, print_json, run_async
from boxoffice.settings import Settings


@click.command()
@click.option(
    "--phase",
    type=click.Choice(["pre", "post"]),
    help="pre: before new code runs; post: after old code has gone.  [default: both]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def migrate(
    settings: Settings, /, *, phase: Literal["pre", "post"] | None, as_json: bool
) -> None:
    """Bring PostgreSQL's schema and Kafka's topics up to date.

    Safe to run from several places at once, and again.
    """
    from boxoffice import bootstrap
    from boxoffice.observability import log_to_stderr

    log_to_stderr(json=False)
    done = run_async(bootstrap.migrate(settings, phase=phase))
    if as_json:
        print_json({"done": done})
        return
    for line in done:
        click.echo(line)
    if not done:
        click.echo("Everything is up to date.")
