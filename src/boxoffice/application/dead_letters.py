"""Documents that met a fact which they cannot fold.

Such a document is parked: it stays as it was, nothing newer is folded into it, and
the letter that says so outlives restarts, so that `verify` can name it. Letters belong
to one generation and go with it; a rebuild starts without any. A key may be that of a
whole performance, when the fact could not be read far enough to know its section.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from boxoffice.application.ports.documents import Document, Documents


class DeadLetter(msgspec.Struct, frozen=True):
    """A parked document and the fact that stopped it."""

    model: str
    generation: int
    key: str
    position: int
    reason: str


def letters_of(model: str) -> str:
    """Name the read model that keeps a read model's letters."""
    return f"{model}_dead_letters"


async def park(documents: Documents, letters: Iterable[DeadLetter]) -> None:
    """Store letters; the same letter again changes nothing."""
    for letter in letters:
        stored = Document(letter.key, letter.position, msgspec.json.encode(letter))
        await documents.put(letters_of(letter.model), letter.generation, [stored])


async def parked(
    documents: Documents, model: str, generation: int
) -> tuple[DeadLetter, ...]:
    """Give the letters of one generation of a model, by key."""
    name = letters_of(model)
    keys = await documents.keys(name, generation)
    found = await documents.get(name, generation, keys)
    letters = (found[key] for key in keys if key in found)
    return tuple(_read(one, model, generation) for one in letters)


def _read(stored: Document, model: str, generation: int) -> DeadLetter:
    """Read a letter; one that is damaged still says which document is parked."""
    try:
        return msgspec.json.decode(stored.body, type=DeadLetter)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        reason = "The letter cannot be read."
        return DeadLetter(model, generation, stored.key, stored.position, reason)


async def drop(documents: Documents, model: str, generation: int) -> None:
    """Delete a generation of a model with its letters."""
    await documents.drop(model, generation)
    await documents.drop(letters_of(model), generation)
