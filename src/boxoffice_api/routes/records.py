"""Orders as the read side stored them, byte by byte, for `verify`.

An embedded house keeps its documents in this process's memory, so another process that
compares them with the log has to ask. Nothing here names a person.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from boxoffice.application.generations import origin_of
from boxoffice.readmodels.order import ORDER
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import Head, head_of
from boxoffice_api.query import Query
from boxoffice_api.spec import Query as QuerySpec
from boxoffice_api.spec import spec

READERS = ("manager", "finance", "admin")
PAGE_MAX = 500


class Record(msgspec.Struct, frozen=True):
    """A stored document and the position that it shows."""

    key: str
    position: int
    body: msgspec.Raw


class RecordPage(msgspec.Struct, frozen=True):
    """Stored documents by key. `reached` is the position that all of them show."""

    epoch: int
    generation: int
    reached: int
    items: list[Record]
    next: str | None


async def list_records(edge: Edge, head: Head) -> Answer:
    """List stored orders for staff, as they lie there."""
    await edge.staff.required(head, *READERS)
    query = Query(head)
    after = query.text("after") or ""
    limit = max(1, query.number("limit", default=PAGE_MAX, most=PAGE_MAX))
    documents = edge.container.documents
    generation = await documents.generation(ORDER.name)
    origin = await origin_of(documents, ORDER.name, generation)
    marks = await documents.watermarks(ORDER.name, generation)
    keys = await documents.keys(ORDER.name, generation)
    first = bisect_right(keys, after)
    wanted = keys[first : first + limit]
    found = await documents.get(ORDER.name, generation, wanted)
    page = RecordPage(
        epoch=origin.epoch,
        generation=generation,
        reached=min(marks.values()) if len(marks) == origin.partitions else 0,
        items=[
            Record(key, found[key].position, msgspec.Raw(found[key].body))
            for key in wanted
            if key in found
        ],
        next=wanted[-1] if first + limit < len(keys) else None,
    )
    return Answer(200, msgspec.json.encode(page), headers=(NO_STORE,))


# ------------------------------------------------------- the framework's routes


@get(
    "/v1/orders/records",
    opt=spec(
        tag="staff",
        who="staff",
        answers={200: RecordPage},
        query=(
            QuerySpec("after", "What `next` of the page before said."),
            QuerySpec("limit", f"At most {PAGE_MAX}.", "integer"),
        ),
    ),
)
async def get_records(
    request: Request[Any, Any, Any], edge: NamedDependency[Edge]
) -> Response[bytes]:
    """List orders byte by byte as the read side stored them, by their keys."""
    return as_response(await list_records(edge, head_of(request)))


HANDLERS = [get_records]
