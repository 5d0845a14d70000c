"""Commands that name people: who they are is kept first, and not for nothing.

Events name people by their ids, so whoever a command names is in the vault before it is
decided: no order ever names somebody whom nobody knows. When the command is refused
nobody needs them, and the vault forgets them again. Every request names new people, so
that forgetting those of one cannot touch those of its twin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from boxoffice.application.ports.vault import Particulars, Vault
from boxoffice.application.requests import Accepted
from boxoffice.domain.ids import PersonId
from boxoffice.errors import BoxOfficeError, Corrupt, OutcomeUnknown, Unavailable

PERSON_ID_BYTES = 16
FIELDS = ("person", "host")
"""What events call people."""
Asking = Callable[[], Awaitable[Accepted]]

log = structlog.get_logger()


async def ask_naming(
    vault: Vault, people: Mapping[PersonId, Particulars], asked: Asking
) -> Accepted:
    """Keep people, ask, and forget whom no fact names.

    Nobody is forgotten while it is unknown whether something was stored.

    Raises:
        BoxOfficeError: what asking raised.
        Unavailable: the vault does not answer; nothing was asked.
        Unstorable: a name is no text that can be kept; nothing was asked.
    """
    try:
        for person, particulars in people.items():
            await asyncio.to_thread(vault.keep, person, particulars)
        accepted = await asked()
    except (OutcomeUnknown, Corrupt):
        raise
    except BoxOfficeError:
        await _forget(vault, list(people))
        raise
    named = {
        getattr(fact.event, field, "") for fact in accepted.facts for field in FIELDS
    }
    await _forget(vault, [person for person in people if person not in named])
    return accepted


async def _forget(vault: Vault, people: Sequence[PersonId]) -> None:
    """Forget people; the answer does not depend on it."""
    if not people:
        return
    try:
        await asyncio.to_thread(vault.forget, people)
    except Unavailable:
        log.warning("persons_not_forgotten", persons=list(people))
