"""`boxoffice replay`: fold the read models anew, beside those that serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, print_json
from boxoffice.cli.progress import progress
from boxoffice.errors import Invalid
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.rebuild import ReadSide, Rebuilt
    from boxoffice.bootstrap import Container


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every read model.")
@click.option("--model", "names", multiple=True, help="Only this one; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def replay(
    settings: Settings,
    /,
    *,
    everything: bool,
    names: tuple[str, ...],
    as_json: bool,
) -> None:
    """Rebuild read models from the log; what serves goes on serving meanwhile.

    The new generation is folded beside the old one, caught up, compared and switched
    to. Neither Kafka nor the old documents are needed for it.
    """
    if everything == bool(names):
        raise Invalid("Say either --all or --model NAME.")

    async def work(container: Container) -> tuple[Rebuilt, ...]:
        from boxoffice.application.rebuild import rebuild

        side = await _read_side(container, names)
        with progress("Folding") as told:
            return await rebuild(side, progress=told)

    rebuilt = in_house(settings, work)
    if as_json:
        print_json(rebuilt)
        return
    for one in rebuilt:
        click.echo(_line(one))
    if not (settings.mongo_url or settings.redis_url):
        click.echo(
            "This house keeps its read models in the server's memory and folds them at"
            " every start; this was a trial.",
            err=True,
        )


async def _read_side(container: Container, names: tuple[str, ...]) -> ReadSide:
    from boxoffice.application.rebuild import ReadSide
    from boxoffice.application.topics import partitions_of
    from boxoffice.readmodels.registry import MODELS

    known = {model.name: model for model in MODELS}
    for name in names:
        if name not in known:
            raise Invalid(f"{name!r} is not one of {', '.join(known)}.")
    return ReadSide(
        store=container.store,
        documents=container.documents,
        cache=container.cache,
        checkpoints=container.checkpoints,
        partitions=await partitions_of(container.bus),
        models=tuple(known[name] for name in names) or MODELS,
    )


def _line(one: Rebuilt) -> str:
    size = f"{one.documents:,} documents up to position {one.position:,}"
    parts = [f"{one.model}: generation {one.generation}, {size}"]
    if one.differences:
        parts.append(f"{len(one.differences)} differed before: {one.differences[0]} …")
    if one.parked:
        parts.append(f"{len(one.parked)} parked: {', '.join(one.parked[:3])}")
    return "; ".join(parts)
