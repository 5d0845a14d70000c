"""Who acts at a console: somebody with a name, as the tokens of the staff have it.

A console cannot ask for proof, but what moves money is on record under an id, and the
same one as on the pages: whoever asked there does not agree here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.errors import Invalid

if TYPE_CHECKING:
    from boxoffice.bootstrap import Container
    from boxoffice.domain.ids import StaffId

BY = click.option("--by", required=True, metavar="NAME", help="Who does it; on record.")
NAME_MAX = 100


async def actor_named(container: Container, name: str) -> str:
    """Give the actor of a name, however it is written.

    Raises:
        Invalid: it is no name.
    """
    from boxoffice.application.ports.staff import actor_of

    return actor_of(await staff_named(container, name))


async def staff_named(container: Container, name: str) -> StaffId:
    """Give the id of whoever is called so.

    Raises:
        Invalid: it is no name.
    """
    import asyncio
    import secrets

    from boxoffice.application.ports.staff import STAFF_ID_BYTES
    from boxoffice.domain.ids import StaffId

    plain = " ".join(name.split())
    if not plain or not plain.isprintable() or len(plain) > NAME_MAX:
        raise Invalid("Give the name of a person.")
    new = StaffId(secrets.token_hex(STAFF_ID_BYTES))
    return await asyncio.to_thread(container.tokens.identify, plain, new=new)


async def names_of_staff(container: Container) -> dict[str, str]:
    """Give how the staff are called, by actor."""
    import asyncio

    from boxoffice.application.ports.staff import actor_of

    found = await asyncio.to_thread(container.tokens.names)
    return {actor_of(staff): name for staff, name in found.items()}
