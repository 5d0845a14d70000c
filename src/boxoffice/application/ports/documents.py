"""Documents of read models, each written under a guard of its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class Document(msgspec.Struct, frozen=True):
    """A read model's document at a log position. `body` is its JSON."""

    key: str
    position: int
    body: bytes


class Seen(msgspec.Struct, frozen=True):
    """A record of the log that was folded; nothing: position 0 and no hash."""

    position: int = 0
    hash: bytes = b""


class Query(msgspec.Struct, frozen=True):
    """Which documents are wanted, by fields at the top of their JSON.

    Every field of `where` equals, or contains, what is asked for. They are listed by
    the number in the field `by`, from above `after` upwards, at most `limit`; where
    `newest` is true from below `after` downwards.
    """

    where: dict[str, str | bool]
    by: str
    limit: int
    after: int | None = None
    newest: bool = False


class Documents(Protocol):
    """Documents of read models, each written under a guard of its position.

    `model` names the read model, `generation` the build of it: a rebuild fills the
    next generation beside the one that serves, then switches.
    """

    async def get(
        self, model: str, generation: int, keys: Sequence[str]
    ) -> dict[str, Document]:
        """Give the documents that exist."""

    async def put(
        self, model: str, generation: int, documents: Sequence[Document]
    ) -> list[str]:
        """Write each document unless a newer or equal position is stored.

        Gives the keys that were not written because of their guard.
        """

    async def keys(self, model: str, generation: int) -> list[str]:
        """List all keys, sorted."""

    async def watermarks(self, model: str, generation: int) -> dict[int, int]:
        """Give the position up to which each partition is folded."""

    async def seen(self, model: str, generation: int) -> Seen:
        """Give the newest record that was noted with a watermark."""

    async def mark(
        self,
        model: str,
        generation: int,
        watermarks: Mapping[int, int],
        *,
        seen: Seen | None = None,
    ) -> None:
        """Raise watermarks and what was seen, in one step; neither ever falls."""

    async def generation(self, model: str) -> int:
        """Give the generation that serves; 0 when nothing was ever written."""

    async def switch(self, model: str, generation: int) -> None:
        """Let `generation` serve from now on."""

    async def drop(self, model: str, generation: int) -> None:
        """Delete a generation with its watermarks."""

    async def ping(self) -> None:
        """Raise Unavailable unless the store answers."""

    async def close(self) -> None:
        """Give back every connection."""


class ListedDocuments(Documents, Protocol):
    """Documents that can be listed by the fields of their indexes too."""

    async def find(self, model: str, generation: int, query: Query) -> list[Document]:
        """List documents; the model must have an index of exactly these fields.

        Raises:
            Unavailable: the store does not answer.
        """
