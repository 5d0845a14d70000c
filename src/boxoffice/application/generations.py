"""Where a generation of documents comes from: an epoch of the log, a topic.

Documents of an older epoch may show what a restored log never heard of, so nobody
folds on top of them: they are rebuilt. The number of the topic's partitions says which
watermark is whose, so it is kept here for readers that have no bus.
"""

from __future__ import annotations

import asyncio

import msgspec

from boxoffice.application.ports.documents import Document, Documents
from boxoffice.application.ports.log import EventStore
from boxoffice.errors import Corrupt

MODEL = "origins"
GENERATION = 0
"""Origins name the generation they belong to in their keys."""
FIRST = 1
"""The generation that projectors begin on empty stores."""


class Origin(msgspec.Struct, frozen=True):
    """The log's epoch, 0 where nothing is noted, and the topic's partitions."""

    epoch: int = 0
    partitions: int = 0


async def begin(
    documents: Documents, model: str, generation: int, origin: Origin
) -> None:
    """Note where a generation comes from; do it before the first fold."""
    key = _key(model, generation)
    noted = (await documents.get(MODEL, GENERATION, [key])).get(key)
    if noted is not None and _read(noted) == origin:
        return
    last = 0 if noted is None else noted.position
    position = max(origin.epoch, last + 1)
    note = Document(key, position, msgspec.json.encode(origin))
    await documents.put(MODEL, GENERATION, [note])


async def origin_of(documents: Documents, model: str, generation: int) -> Origin:
    """Tell where a generation comes from."""
    key = _key(model, generation)
    noted = (await documents.get(MODEL, GENERATION, [key])).get(key)
    return Origin() if noted is None else _read(noted)


async def check_epoch(
    documents: Documents, model: str, generation: int, epoch: int
) -> Origin:
    """Make sure that a generation comes from this epoch of the log.

    Raises:
        Corrupt: it does not; rebuild it.
    """
    origin = await origin_of(documents, model, generation)
    if origin.epoch != epoch:
        detail = (
            f"Generation {generation} of {model} was folded from epoch {origin.epoch}"
            f" of the log, which is in epoch {epoch} now; run `boxoffice replay --all`."
        )
        raise Corrupt(detail, model=model, generation=generation, epoch=epoch)
    return origin


async def check_log(
    store: EventStore, documents: Documents, model: str, generation: int
) -> None:
    """Make sure that the log still is what a generation was folded from.

    Raises:
        Corrupt: the log was set back, even if it has grown past that point since.
    """
    marks = await documents.watermarks(model, generation)
    seen = await documents.seen(model, generation)
    shown = max([seen.position, *marks.values()])
    head = await asyncio.to_thread(store.head)
    if shown > head.position:
        raise _set_back(model, shown)
    if seen.position:
        page = await asyncio.to_thread(store.read, after=seen.position - 1, limit=1)
        if not page or page[0].hash != seen.hash:
            raise _set_back(model, seen.position)


def _set_back(model: str, position: int) -> Corrupt:
    detail = (
        f"The log differs from what {model} was folded from up to position {position}:"
        " it was set back. Run `boxoffice new-epoch`, then `boxoffice replay --all`."
    )
    return Corrupt(detail, model=model, position=position)


async def take_over(
    documents: Documents, model: str, generation: int, origin: Origin
) -> None:
    """Make a generation fit the topic that feeds it from now on.

    Whoever folded it may not have seen the topic, which then was made with another
    number of partitions. As long as all watermarks are equal, as a rebuild leaves
    them, they are as good for any number.

    Raises:
        Corrupt: it comes from another epoch, or from other partitions; rebuild it.
    """
    noted = await check_epoch(documents, model, generation, origin.epoch)
    if noted == origin:
        return
    marks = await documents.watermarks(model, generation)
    shown = {marks.get(number, 0) for number in range(noted.partitions)}
    if len(shown) > 1:
        detail = (
            f"Generation {generation} of {model} was folded from {noted.partitions}"
            f" partitions, and the topic has {origin.partitions}; run"
            " `boxoffice replay --all`."
        )
        raise Corrupt(detail, model=model, generation=generation)
    position = max(shown, default=0)
    raised = dict.fromkeys(range(origin.partitions), position)
    await documents.mark(model, generation, raised)
    await begin(documents, model, generation, origin)


def _key(model: str, generation: int) -> str:
    return f"{model}/{generation}"


def _read(noted: Document) -> Origin:
    try:
        return msgspec.json.decode(noted.body, type=Origin)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Origin()
