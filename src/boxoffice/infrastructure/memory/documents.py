"""Read models in memory: the twin that an embedded box office runs on.

Everything is gone when the process ends, so it is folded again from the log at start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from boxoffice.application.bounds import check_bounds
from boxoffice.application.indexed import Indexes, Row, fields_of, found
from boxoffice.application.ports.documents import Document, Query, Seen

_Build = tuple[str, int]


class MemoryDocuments:
    """Documents in dictionaries; all calls come from one event loop.

    Of documents with an index, its fields are kept beside them; `find` looks at all.
    """

    def __init__(self, indexes: Indexes | None = None) -> None:
        self._indexes = indexes or {}
        self._rows: defaultdict[_Build, dict[str, Row]] = defaultdict(dict)
        self._documents: defaultdict[_Build, dict[str, Document]] = defaultdict(dict)
        self._watermarks: defaultdict[_Build, dict[int, int]] = defaultdict(dict)
        self._seen: dict[_Build, Seen] = {}
        self._generations: dict[str, int] = {}

    async def get(
        self, model: str, generation: int, keys: Sequence[str]
    ) -> dict[str, Document]:
        stored = self._documents[model, generation]
        return {key: stored[key] for key in keys if key in stored}

    async def put(
        self, model: str, generation: int, documents: Sequence[Document]
    ) -> list[str]:
        check_bounds(model, documents)
        stored = self._documents[model, generation]
        refused = []
        for document in documents:
            there = stored.get(document.key)
            if there is not None and there.position >= document.position:
                refused.append(document.key)
            else:
                stored[document.key] = document
                self._index(model, generation, document)
        return refused

    async def find(self, model: str, generation: int, query: Query) -> list[Document]:
        stored = self._documents[model, generation]
        rows = self._rows[model, generation]
        return [stored[key] for key in found(rows, query, self._indexes[model])]

    def _index(self, model: str, generation: int, document: Document) -> None:
        if indexes := self._indexes.get(model):
            row = fields_of(document, indexes)
            self._rows[model, generation][document.key] = row

    async def keys(self, model: str, generation: int) -> list[str]:
        return sorted(self._documents[model, generation])

    async def watermarks(self, model: str, generation: int) -> dict[int, int]:
        return dict(self._watermarks[model, generation])

    async def seen(self, model: str, generation: int) -> Seen:
        return self._seen.get((model, generation), Seen())

    async def mark(
        self,
        model: str,
        generation: int,
        watermarks: Mapping[int, int],
        *,
        seen: Seen | None = None,
    ) -> None:
        stored = self._watermarks[model, generation]
        for partition, position in watermarks.items():
            stored[partition] = max(position, stored.get(partition, position))
        newest = await self.seen(model, generation)
        if seen is not None and seen.position > newest.position:
            self._seen[model, generation] = seen

    async def generation(self, model: str) -> int:
        return self._generations.get(model, 0)

    async def switch(self, model: str, generation: int) -> None:
        self._generations[model] = max(generation, self._generations.get(model, 0))

    async def drop(self, model: str, generation: int) -> None:
        self._documents.pop((model, generation), None)
        self._rows.pop((model, generation), None)
        self._watermarks.pop((model, generation), None)
        self._seen.pop((model, generation), None)

    async def ping(self) -> None:
        """Memory always answers."""

    async def close(self) -> None:
        """There is no connection to give back."""
