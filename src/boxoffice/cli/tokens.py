"""`boxoffice token`: who of the staff may do what. A token's secret is shown once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import rich_click as click

from boxoffice.cli.house import configured, in_house, print_json
from boxoffice.settings import Settings

if TYPE_CHECKING:
    from boxoffice.application.ports.staff import StaffToken
    from boxoffice.bootstrap import Container

ROLES = ("till", "gate", "manager", "finance", "admin")
SECRET_BYTES = 32
PREFIX = "bo_staff_"


@click.group()
def token() -> None:
    """Tokens of the staff: make, list and revoke them."""


@token.command()
@click.argument("person")
@click.option("--role", type=click.Choice(ROLES), default="manager", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def add(settings: Settings, /, *, person: str, role: str, as_json: bool) -> None:
    """Make a token for PERSON and show it, this once."""

    async def work(container: Container) -> str:
        return await make_token(container, person=person, role=role)

    secret = in_house(settings, work)
    if as_json:
        print_json({"person": person, "role": role, "token": secret})
        return
    click.echo(secret)
    click.echo(f"{person} may act as {role}; this is shown only now.", err=True)


@token.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@configured
def list_(settings: Settings, /, *, as_json: bool) -> None:
    """List all tokens, without their secrets, with the ids that events have."""

    async def work(container: Container) -> list[StaffToken]:
        return container.tokens.all()

    found = in_house(settings, work)
    if as_json:
        print_json(found)
        return
    for one in found:
        made = f"{one.created_at:%Y-%m-%d %H:%M}"
        state = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else "valid"
        click.echo(f"{one.person:24} {one.staff} {one.role:8} {made}  {state}")


@token.command()
@click.argument("person")
@configured
def revoke(settings: Settings, /, *, person: str) -> None:
    """Revoke every token of PERSON; a running server forgets them within seconds."""

    async def work(container: Container) -> int:
        from boxoffice.application.ports.staff import folded

        named = container.tokens.names().items()
        known = [staff for staff, name in named if folded(name) == folded(person)]
        return sum(container.tokens.revoke(s, container.clock.now()) for s in known)

    count = in_house(settings, work)
    if not count:
        from boxoffice.errors import NotFound

        raise NotFound(f"{person} has no valid token.")
    click.echo(f"Revoked {count} of {person}'s tokens.")


async def make_token(container: Container, *, person: str, role: str) -> str:
    """Store a new token's digest; give its secret, which is kept nowhere."""
    import secrets

    from boxoffice.application.ports.staff import StaffToken
    from boxoffice.cli.people import staff_named

    staff = await staff_named(container, person)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    container.tokens.add(
        digest_of(secret),
        StaffToken(
            staff=staff,
            person=container.tokens.names()[staff],
            role=role,
            venue=container.settings.venue,
            created_at=container.clock.now(),
        ),
    )
    return secret


def digest_of(secret: str) -> bytes:
    """Give what is stored of a token."""
    return hashlib.sha256(secret.encode()).digest()
