"""Reading documents of read models, never older than the caller's token.

Which generation serves is asked anew every `GENERATION_KNOWN_S`; until every process
has noticed a switch, both generations are fed.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import msgspec

from boxoffice.application.ports.documents import Document, Documents
from boxoffice.application.tokens import Token, wait_for
from boxoffice.errors import TooSlow
from boxoffice.readmodels.keys import message_key
from boxoffice.readmodels.registry import AnyModel

GENERATION_KNOWN_S = 1.0


class Reading(msgspec.Struct, frozen=True):
    """Documents of one generation, in the order that was asked for."""

    generation: int
    documents: tuple[Document, ...]


class Shelf:
    """One read model in the store that holds it."""

    def __init__(self, model: AnyModel, documents: Documents) -> None:
        self.model = model
        self._documents = documents
        self._generation = 0
        self._known_until = float("-inf")

    async def read(self, keys: Sequence[str]) -> Reading:
        """Give documents that must exist.

        Raises:
            TooSlow: one was not folded yet.
            Unavailable: the store does not answer.
        """
        return await self._get(await self.generation(), keys)

    async def read_after(
        self, token: Token, keys: Sequence[str], *, timeout_s: float
    ) -> Reading:
        """Give documents of one performance that show what a token's command wrote.

        Raises:
            TooSlow: they do not, and time ran out.
            Unavailable: the store does not answer.
        """
        generation = await wait_for(
            self._documents,
            self.model.name,
            token,
            key=message_key(keys[0]),
            timeout_s=timeout_s,
        )
        return await self._get(generation, keys)

    async def generation(self) -> int:
        """Give the generation that serves."""
        if monotonic() >= self._known_until or not self._generation:
            self._generation = await self._documents.generation(self.model.name)
            self._known_until = monotonic() + GENERATION_KNOWN_S
        return self._generation

    async def _get(self, generation: int, keys: Sequence[str]) -> Reading:
        found = await self._documents.get(self.model.name, generation, keys)
        if len(found) < len(keys):
            raise TooSlow
        return Reading(generation, tuple(found[key] for key in keys))
