"""Documents of read models: availability and seat maps for all, the board for staff.

Every answer says its position. Its ETag is epoch, generation and position, so whoever
has it already is told so in a few bytes. An answer of several documents also names the
positions of all of them: one may move while the newest stays.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice import errors
from boxoffice.application import tokens
from boxoffice.application.queries.catalogue import PerformanceEntry
from boxoffice.readmodels.availability import Availability
from boxoffice.readmodels.sales_board import SalesBoard
from boxoffice.readmodels.seat_map import SeatMap
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.edge import Edge
from boxoffice_api.etags import revalidated
from boxoffice_api.head import Head, head_of
from boxoffice_api.paths import performance_in_path
from boxoffice_api.reading import Reading, Shelf
from boxoffice_api.spec import Query, spec

SECTION_DIGITS_MAX = 4


class AvailabilityView(msgspec.Struct, frozen=True):
    """Every section's availability; `position` is the newest of theirs."""

    performance: str
    position: int
    sections: list[Availability]


class _AvailabilityBody(msgspec.Struct, frozen=True):
    performance: str
    position: int
    sections: list[msgspec.Raw]


async def availability(edge: Edge, head: Head, performance: str) -> Answer:
    """Tell which places of a performance are free."""
    entry = await _entry(edge, performance)
    keys = [f"{entry.performance}/{s.section}" for s in entry.sections]
    reading = await edge.read(head, edge.availability, keys)
    newest = max(document.position for document in reading.documents)
    positions = ",".join(str(d.position) for d in reading.documents)
    mark = zlib.crc32(positions.encode("ascii"))
    etag = f'"{edge.epoch}.{reading.generation}.{newest}-{mark:08x}"'

    def render() -> bytes:
        sections = [msgspec.Raw(d.body) for d in reading.documents]
        return msgspec.json.encode(
            _AvailabilityBody(entry.performance, newest, sections)
        )

    return revalidated(head, etag, render)


async def section_document(
    edge: Edge, head: Head, shelf: Shelf, performance: str, section: str
) -> Answer:
    """Give one document of a section, as it is stored."""
    entry = await _entry(edge, performance)
    index = _section(entry, section)
    reading = await edge.read(head, shelf, [f"{entry.performance}/{index}"])
    return revalidated(head, _etag(edge, reading), lambda: reading.documents[0].body)


async def sales_board(edge: Edge, head: Head, performance: str) -> Answer:
    """Tell staff what a performance sold."""
    await edge.staff.required(head, "manager", "finance", "till")
    entry = await _entry(edge, performance)
    reading = await edge.read(head, edge.sales_board, [entry.performance])
    return Answer(
        200,
        reading.documents[0].body,
        headers=(("etag", _etag(edge, reading)), NO_STORE),
    )


async def _entry(edge: Edge, performance: str) -> PerformanceEntry:
    return await edge.catalogue.scheduled(performance_in_path(performance))


def _section(entry: PerformanceEntry, text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= SECTION_DIGITS_MAX
    if not is_number or int(text) not in {s.section for s in entry.sections}:
        raise errors.NotFound("This performance has no such section.")
    return int(text)


def _etag(edge: Edge, reading: Reading) -> str:
    return tokens.etag(
        epoch=edge.epoch,
        generation=reading.generation,
        position=reading.documents[0].position,
    )


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_TOKEN = Query("token", "Wait for what this token's command wrote.")
_PROBLEMS = (errors.NotFound, errors.TooSlow, errors.Invalid)


@get(
    "/v1/performances/{performance:str}/availability",
    opt=spec(
        tag="availability",
        answers={200: AvailabilityView, 304: None},
        query=(_TOKEN,),
        problems=_PROBLEMS,
    ),
)
async def get_availability(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Tell which places are free, held and sold, section by section."""
    head = head_of(request)
    return as_response(await availability(edge, head, performance))


@get(
    "/v1/performances/{performance:str}/availability/{section:str}",
    opt=spec(
        tag="availability",
        answers={200: Availability, 304: None},
        query=(_TOKEN,),
        problems=_PROBLEMS,
    ),
)
async def get_section_availability(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    section: FromPath[str],
) -> Response[bytes]:
    """Tell which places of one section are free, held and sold."""
    head, shelf = head_of(request), edge.availability
    return as_response(await section_document(edge, head, shelf, performance, section))


@get(
    "/v1/performances/{performance:str}/seat-map/{section:str}",
    opt=spec(
        tag="availability",
        answers={200: SeatMap, 304: None},
        query=(_TOKEN,),
        problems=_PROBLEMS,
    ),
)
async def get_seat_map(
    request: _Asked,
    edge: NamedDependency[Edge],
    performance: FromPath[str],
    section: FromPath[str],
) -> Response[bytes]:
    """Give one section's places with their labels and states."""
    head, shelf = head_of(request), edge.seat_map
    return as_response(await section_document(edge, head, shelf, performance, section))


@get(
    "/v1/performances/{performance:str}/sales-board",
    opt=spec(
        tag="staff",
        who="staff",
        answers={200: SalesBoard},
        query=(_TOKEN,),
        problems=_PROBLEMS,
    ),
)
async def get_sales_board(
    request: _Asked, edge: NamedDependency[Edge], performance: FromPath[str]
) -> Response[bytes]:
    """Tell what was sold, by price level and in all."""
    head = head_of(request)
    return as_response(await sales_board(edge, head, performance))


HANDLERS = [
    get_availability,
    get_section_availability,
    get_seat_map,
    get_sales_board,
]
