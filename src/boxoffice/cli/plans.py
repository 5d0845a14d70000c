"""`boxoffice import-plan`: bring a hall in from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, print_json, tell
from boxoffice.cli.identifiers import HEX
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.bootstrap import Container
    from boxoffice.domain.catalogue.commands import ImportSeatingPlan


@click.command(name="import-plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "plan", type=HEX, help="Of the plan; by default from its name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def import_plan(
    settings: Settings, /, *, file: Path, plan: str | None, as_json: bool
) -> None:
    """Import a hall from FILE, in the open JSON seating plan format.

    A hall of the same name, or with the same id, gets a new version: places keep
    their numbers by their seat_guid. Importing the same file again changes nothing.
    """
    data = file.read_bytes()

    async def work(container: Container) -> tuple[ImportSeatingPlan, bool]:
        command = _read(data, plan=plan, container=container)
        accepted = await tell(container, command)
        return command, bool(accepted.facts)

    command, is_new = in_house(settings, work)
    _report(command, is_new=is_new, as_json=as_json)


def _read(data: bytes, *, plan: str | None, container: Container) -> ImportSeatingPlan:
    import msgspec

    from boxoffice.application.plan_file import read_plan
    from boxoffice.application.season import plan_id
    from boxoffice.domain.ids import PlanId

    now = container.clock.now()
    command = read_plan(data, plan=PlanId(plan or ""), now=now)
    if plan:
        return command
    found = plan_id(container.settings.venue, command.name)
    return msgspec.structs.replace(command, plan=found)


def _report(command: ImportSeatingPlan, *, is_new: bool, as_json: bool) -> None:
    places = sum(len(section.places) for section in command.sections)
    if as_json:
        print_json(
            {
                "plan": command.plan,
                "name": command.name,
                "places": places,
                "sections": [section.name for section in command.sections],
                "categories": [category.name for category in command.categories],
                "imported": is_new,
            }
        )
        return
    categories = ", ".join(category.name for category in command.categories)
    done = "Imported" if is_new else "Nothing changed in"
    click.echo(f"{done} {command.name}: {places:,} places ({categories}).")
    click.echo(f"Its id is {command.plan}.")
