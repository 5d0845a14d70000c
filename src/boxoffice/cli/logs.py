"""`boxoffice new-epoch`: say that the log was set back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, print_json
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.bootstrap import Container


@click.command(name="new-epoch")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def new_epoch(settings: Settings, /, *, yes: bool, as_json: bool) -> None:
    """Declare that the log was restored to an earlier state.

    Relay and projectors stop when the log is not the one they read before; this lets
    them start over on the restored one.
    """
    if not yes:
        click.confirm("Was the log restored from a backup?", abort=True)

    async def work(container: Container) -> int:
        return container.store.new_epoch()

    epoch = in_house(settings, work)
    if as_json:
        print_json({"epoch": epoch})
        return
    click.echo(f"The log is in epoch {epoch} now.")
