"""What a read model is: a key, a pure fold and an encoding.

A document holds the position of the last fact that changed it. A fold is given facts
of one document in order of position, all above the document's own; it changes none of
its inputs and never invents: a document that does not begin at its beginning, or a
fact that does not fit, is `Corrupt`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from boxoffice.domain.message import Event, Fact
from boxoffice.errors import Corrupt


class Positioned(Protocol):
    """A document at a position of the log."""

    @property
    def position(self) -> int:
        """Of the last fact that changed the document."""


D = TypeVar("D", bound=Positioned)
Sink = Literal["documents", "cache"]
Groups = dict[str, list[Fact]]
"""Facts by the key of the document that they change, each in order of position."""
Grouping = Callable[[Iterable[Fact]], Groups]
"""Sorts a batch by document; a fact that changes none is left out."""
Delta = tuple[str, bytes]
"""A channel and what listeners of it are told."""

encode = msgspec.json.Encoder().encode
"""A document to its stored bytes."""


@dataclass(frozen=True)
class ReadModel(Generic[D]):
    """One row of the registry.

    `family` is the topic whose messages it folds, `sink` the store that it is kept
    in, `document` the type of its documents. `begins` tells whether a fact starts a
    document. `delta` says what listeners are told when a document changed. `indexes`
    are the fields of documents, the last of them a number, by which they are listed.
    """

    name: str
    family: str
    sink: Sink
    document: type[D]
    grouped: Grouping
    begins: Callable[[Event], bool]
    fold: Callable[[D | None, Sequence[Fact]], D]
    delta: Callable[[D, D], Delta | None] | None = None
    indexes: tuple[tuple[str, ...], ...] = ()

    def decode(self, body: bytes) -> D:
        """Read a stored document.

        Raises:
            Corrupt: the bytes are no such document.
        """
        try:
            return msgspec.json.decode(body, type=self.document)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            detail = f"A document of {self.name} cannot be read: {error}"
            raise Corrupt(detail, model=self.name) from error


def misfit(fact: Fact, what: str) -> Corrupt:
    """Say that a fact cannot be folded into its document."""
    event = type(fact.event).__name__
    return Corrupt(f"{event} at {fact.position}: {what}.", position=fact.position)
