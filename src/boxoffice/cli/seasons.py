"""`boxoffice import`: bring a whole season in from a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, print_json, tell
from boxoffice.errors import AlreadyExists, Invalid
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.season import Step
    from boxoffice.application.season_file import Season
    from boxoffice.bootstrap import Container


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only read the file and its plan files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def import_season(
    settings: Settings, /, *, file: Path, check: bool, as_json: bool
) -> None:
    """Import a season from FILE: halls, shows, price lists and dates, in TOML.

    Importing the file again changes only what changed in it; dates that are scheduled
    are never moved by an import.
    """
    from boxoffice.application.season_file import read_season

    data = file.read_bytes()
    season = read_season(data)
    plans = _plan_files(season, file.parent, data)

    if check:
        now = datetime.now(UTC)
        steps = _steps(season, plans, data, venue=settings.venue, now=now)
        click.echo(f"The file is right: {len(steps)} steps to import it.")
        return

    async def work(container: Container) -> list[tuple[str, bool]]:
        venue, now = container.settings.venue, container.clock.now()
        steps = _steps(season, plans, data, venue=venue, now=now)
        return [(step.name, await _done(container, step)) for step in steps]

    _report(in_house(settings, work), as_json=as_json)


def _plan_files(season: Season, folder: Path, data: bytes) -> dict[str, bytes]:
    from boxoffice.application.toml_lines import with_line

    files = {}
    for name, plan in season.plans.items():
        try:
            files[name] = (folder / plan.file).read_bytes()
        except OSError as error:
            missing = plan.at.refuse(f"{plan.file}: {error.strerror}")
            raise with_line(missing, data) from error
    return files


def _steps(
    season: Season, plans: dict[str, bytes], data: bytes, *, venue: str, now: datetime
) -> list[Step]:
    from boxoffice.application.season import Import
    from boxoffice.application.toml_lines import with_line

    try:
        return list(Import(season, plans, venue=venue, now=now).steps())
    except Invalid as error:
        raise with_line(error, data) from error


async def _done(container: Container, step: Step) -> bool:
    """Do a step; tell whether it changed anything."""
    try:
        return bool((await tell(container, step.command)).facts)
    except AlreadyExists:
        if step.creates:
            return False
        raise


def _report(steps: list[tuple[str, bool]], *, as_json: bool) -> None:
    changed = [name for name, is_new in steps if is_new]
    if as_json:
        print_json({"steps": [name for name, _ in steps], "changed": changed})
        return
    for name in changed:
        click.echo(f"  {name}")
    click.echo(f"{len(changed)} of {len(steps)} steps changed something.")
