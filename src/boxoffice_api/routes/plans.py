"""Seating plans: import by staff, geometry for everybody."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, InternalServerException
from litestar.params import FromPath
from msgspec.structs import replace

from boxoffice import errors
from boxoffice.application.plan_file import read_plan
from boxoffice.application.queries.catalogue import Drawing, PlanEntry
from boxoffice.domain.catalogue.events import PlanShape
from boxoffice.domain.ids import PlanId
from boxoffice_api.answers import NO_STORE, Answer, as_response
from boxoffice_api.bodies import PLAN_BYTES_MAX, body_of, check_json
from boxoffice_api.catalogue_renderers import ImportedView
from boxoffice_api.edge import Edge
from boxoffice_api.etags import revalidated
from boxoffice_api.head import Head, head_of
from boxoffice_api.idempotency import family_id
from boxoffice_api.paths import plan_in_path
from boxoffice_api.problems import Malformed
from boxoffice_api.query import Query
from boxoffice_api.renderings import renderers_of
from boxoffice_api.spec import SPEC, Spec, spec
from boxoffice_api.spec import Query as QuerySpec

VERSION_MAX = 999_999


class CategoryView(msgspec.Struct, frozen=True):
    """A price level of the hall."""

    name: str
    colour: str


class PlanPlaceView(msgspec.Struct, frozen=True):
    """A place as drawn; `place` is its number for ever."""

    place: int
    row: str
    seat: str
    category: int
    x: float
    y: float
    kind: str


class PlanSectionView(msgspec.Struct, frozen=True):
    """A part of the hall."""

    name: str
    places: list[PlanPlaceView]


class PlanView(msgspec.Struct, frozen=True):
    """A hall as drawn, in plan units, x to the right and y down."""

    plan: str
    version: int
    name: str
    width: float
    height: float
    categories: list[CategoryView]
    sections: list[PlanSectionView]
    shapes: tuple[PlanShape, ...]


class PlanSummary(msgspec.Struct, frozen=True):
    """A hall in its newest version."""

    plan: str
    version: int
    name: str
    places: int
    sections: tuple[str, ...]


class PlanList(msgspec.Struct, frozen=True):
    """All halls, by name."""

    items: list[PlanSummary]


class PlanFile(msgspec.Struct, frozen=True):
    """A plan file in the open JSON seating plan format; more fields are welcome."""

    name: str
    zones: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    size: dict[str, float] | None = None


async def import_plan(
    edge: Edge, head: Head, file: bytes, plan: PlanId | None = None
) -> Answer:
    """Store a hall, or a new version of a known one."""
    staff = await edge.staff.required(head, "manager")
    digest = hashlib.sha256(file).digest()
    identity = edge.identify(head, staff, digest)
    of = plan or PlanId(family_id(edge.keys, identity))
    now = edge.container.clock.now()
    command = await asyncio.to_thread(read_plan, file, plan=of, now=now)
    accepted = await edge.ask(head, staff, identity=identity, command=command)
    if not accepted.facts:
        return edge.done(accepted)
    return Answer(
        status=201,
        body=renderers_of(accepted).plan(accepted.facts, of, edge.token),
        headers=(NO_STORE, ("location", f"/v1/plans/{of}")),
    )


async def list_plans(edge: Edge) -> Answer:
    """List halls."""
    items = [_summary(entry) for entry in await edge.catalogue.plans()]
    return Answer(200, msgspec.json.encode(PlanList(items)), headers=(NO_STORE,))


def _summary(entry: PlanEntry) -> PlanSummary:
    return PlanSummary(
        entry.plan, entry.version, entry.name, entry.places, entry.sections
    )


async def show_plan(edge: Edge, head: Head, plan: str) -> Answer:
    """Give a hall's geometry."""
    query = Query(head)
    version = None
    if query.text("version") is not None:
        version = query.number("version", default=0, most=VERSION_MAX)
    drawing = await edge.catalogue.drawing(plan_in_path(plan), version)
    etag = f'"{drawing.plan}.{drawing.version}"'
    return revalidated(head, etag, lambda: msgspec.json.encode(_plan_view(drawing)))


def _plan_view(drawing: Drawing) -> PlanView:
    drawn = drawing.drawn
    return PlanView(
        plan=drawing.plan,
        version=drawing.version,
        name=drawn.name,
        width=drawn.width,
        height=drawn.height,
        categories=[CategoryView(c.name, c.colour) for c in drawn.categories],
        sections=[
            PlanSectionView(
                section.name,
                [
                    PlanPlaceView(
                        p.ordinal, p.row, p.seat, p.category, p.x, p.y, p.kind
                    )
                    for p in section.places
                ],
            )
            for section in drawn.sections
        ],
        shapes=drawn.shapes,
    )


async def read_file(request: Request[Any, Any, Any], head: Head) -> bytes:
    """Give the plan file: the body itself, or the one file of a form."""
    content_type = head.headers.get(b"content-type", b"").lower()
    if not content_type.startswith(b"multipart/form-data"):
        check_json(head)
        return await body_of(request)
    try:
        form = await request.form()
        files = [part for part in form.values() if isinstance(part, UploadFile)]
        contents = [await file.read() for file in files]
        for file in files:
            await file.close()
    except InternalServerException as error:
        raise Malformed("The body ended early.") from error
    except HTTPException:
        raise
    except Exception as error:  # the form is whatever a stranger sent
        raise Malformed("The form cannot be read.") from error
    if len(contents) != 1:
        raise Malformed("The form must hold exactly one file.")
    return contents[0]


# ------------------------------------------------------- the framework's routes

_Asked = Request[Any, Any, Any]
_IMPORT = Spec(
    tag="catalogue",
    who="staff",
    body=PlanFile,
    answers={201: ImportedView},
    is_command=True,
)
_REPLACE = replace(
    _IMPORT, answers={201: ImportedView, 204: None}, problems=(errors.NotFound,)
)


@post("/v1/plans", request_max_body_size=PLAN_BYTES_MAX, opt={SPEC: _IMPORT})
async def post_plan(request: _Asked, edge: NamedDependency[Edge]) -> Response[bytes]:
    """Import a hall from a plan file, as JSON or as a form with one file."""
    head = head_of(request)
    await edge.staff.required(head, "manager")
    file = await read_file(request, head)
    return as_response(await import_plan(edge, head, file))


@put("/v1/plans/{plan:str}", request_max_body_size=PLAN_BYTES_MAX, opt={SPEC: _REPLACE})
async def put_plan(
    request: _Asked, edge: NamedDependency[Edge], plan: FromPath[str]
) -> Response[bytes]:
    """Import a new version of a hall; places keep their numbers."""
    head = head_of(request)
    await edge.staff.required(head, "manager")
    known = await edge.catalogue.drawing(plan_in_path(plan))
    file = await read_file(request, head)
    return as_response(await import_plan(edge, head, file, known.plan))


@get("/v1/plans", opt=spec(tag="catalogue", answers={200: PlanList}))
async def get_plans(edge: NamedDependency[Edge]) -> Response[bytes]:
    """List all halls by name."""
    return as_response(await list_plans(edge))


@get(
    "/v1/plans/{plan:str}",
    opt=spec(
        tag="catalogue",
        answers={200: PlanView, 304: None},
        query=(QuerySpec("version", "Of the plan; the newest by default.", "integer"),),
        problems=(errors.NotFound,),
    ),
)
async def get_plan(
    request: _Asked, edge: NamedDependency[Edge], plan: FromPath[str]
) -> Response[bytes]:
    """Give a hall's geometry."""
    return as_response(await show_plan(edge, head_of(request), plan))


HANDLERS = [post_plan, put_plan, get_plans, get_plan]
