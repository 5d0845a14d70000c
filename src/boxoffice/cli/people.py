"""Who acts at a console: somebody with a name, as the tokens of the staff have it.

A console cannot ask for proof, but what moves money is on record under a name, and the
same one as on the pages: whoever asked there does not agree here.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.errors import Invalid

if TYPE_CHECKING:
    from boxoffice.bootstrap import Container

BY = click.option("--by", required=True, metavar="NAME", help="Who does it; on record.")
NAME_MAX = 100


async def actor_named(container: Container, name: str) -> str:
    """Give the actor of a name: the person of a token, however the name is written.

    Raises:
        Invalid: it is no name.
    """
    import asyncio

    from boxoffice.application.ports.staff import actor_of

    plain = " ".join(name.split())
    if not plain or not plain.isprintable() or len(plain) > NAME_MAX:
        raise Invalid("--by needs the name of a person.")
    tokens = await asyncio.to_thread(container.tokens.all)
    people = {one.person for one in tokens if one.venue == container.settings.venue}
    if plain in people:
        return actor_of(plain)
    known = {_folded(person): person for person in sorted(people)}
    return actor_of(known.get(_folded(plain), plain))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
