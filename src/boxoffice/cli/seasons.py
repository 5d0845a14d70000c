"""`boxoffice import`: bring a whole season in from a file."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.data_folder import has_log
from boxoffice.cli.house import configured, in_house, is_embedded, print_json, tell
from boxoffice.errors import Invalid
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.ports.log import LogReader
    from boxoffice.application.rehearsal import Outcome
    from boxoffice.application.season_file import Season
    from boxoffice.bootstrap import Container


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def import_season(
    settings: Settings, /, *, file: Path, check: bool, as_json: bool
) -> None:
    """Import a season from FILE: halls, shows, price lists and dates, in TOML.

    Nothing is stored unless every step can be done. Importing the file again changes
    only what changed in it; dates that are scheduled are never moved by an import, and
    what others did since stands: closed sales, prices, halls, dates called off.
    """
    from boxoffice.application.season_file import read_season

    data = file.read_bytes()
    season = read_season(data)
    plans = _plan_files(season, file.parent, data)

    def rehearsed(log: LogReader | None, now: datetime) -> list[Outcome]:
        return _rehearsed(season, plans, data, log=log, venue=settings.venue, now=now)

    async def work(container: Container) -> list[Outcome]:
        now = container.clock.now()
        outcomes = await asyncio.to_thread(rehearsed, container.store, now)
        if not check:
            await _stored(container, outcomes)
        return outcomes

    if check and not _has_house(settings):
        outcomes = rehearsed(None, datetime.now(UTC))
    else:
        outcomes = in_house(settings, work)
    _report(outcomes, check=check, as_json=as_json)


def _has_house(settings: Settings) -> bool:
    return not is_embedded(settings) or has_log(Path(settings.data))


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


def _rehearsed(
    season: Season,
    plans: dict[str, bytes],
    data: bytes,
    *,
    log: LogReader | None,
    venue: str,
    now: datetime,
) -> list[Outcome]:
    from boxoffice.application.rehearsal import House, rehearse
    from boxoffice.application.season import Import
    from boxoffice.application.toml_lines import with_line

    house = House(log)
    try:
        return rehearse(Import(season, plans, venue=venue, now=now).steps(house), house)
    except Invalid as error:
        raise with_line(error, data) from error


async def _stored(container: Container, outcomes: list[Outcome]) -> None:
    from boxoffice.application.rehearsal import IMPORTER

    for outcome in outcomes:
        if outcome.command is not None:
            await tell(container, outcome.command, actor=IMPORTER)


def _report(outcomes: list[Outcome], *, check: bool, as_json: bool) -> None:
    changed = [one.name for one in outcomes if one.command is not None]
    left = {one.name: one.left for one in outcomes if one.left}
    if as_json:
        steps = [one.name for one in outcomes]
        print_json({"steps": steps, "changed": changed, "left": left})
        return
    for name in changed:
        click.echo(f"  {name}")
    for name, why in left.items():
        click.echo(f"  {name}: left as it is, {why}")
    if check:
        click.echo(f"The file is right: {len(outcomes)} steps, {len(changed)} to do.")
    else:
        click.echo(f"{len(changed)} of {len(outcomes)} steps changed something.")
