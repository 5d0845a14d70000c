"""Price lists: base prices by level and type, fees, taxes and how to round."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import asdict

from boxoffice import errors
from boxoffice.domain.money import Money
from boxoffice.domain.pricing.commands import SetPrices
from boxoffice.domain.pricing.events import (
    DEFAULT_TYPE,
    Fee,
    LevelPrice,
    PriceType,
    TaxRule,
)
from boxoffice.domain.rounding import Rounding
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.bodies import Body, body_of
from boxoffice_api.edge import Edge
from boxoffice_api.fields import (
    BasisPoints,
    CategoryIndex,
    Code,
    Line,
    Minor,
    MoneyRequest,
    Note,
)
from boxoffice_api.head import Head, head_of
from boxoffice_api.paths import performance_in_path
from boxoffice_api.spec import spec

LEVELS_MAX = 1_000
TYPES_MAX = FEES_MAX = TAXES_MAX = 20
QUOTA_MAX = 1_000_000


class LevelRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base price of one price level, named by its index, for one price type."""

    category: CategoryIndex
    price: MoneyRequest
    type: Code = DEFAULT_TYPE


class TypeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a price is; the first public type is the default one."""

    code: Code
    name: Line
    proof: Note = ""
    quota: Annotated[int, msgspec.Meta(ge=0, le=QUOTA_MAX)] | None = None
    audience: Literal["public", "staff"] = "public"


class FeeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fee per ticket, contained in the base price (`inside`) or on top of it."""

    code: Code
    name: Line
    kind: Literal["inside", "outside"]
    fixed: Minor = 0
    basis_points: BasisPoints = 0


class TaxRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tax, contained in the price (`included`) or on top, between two dates."""

    code: Code
    name: Line
    basis_points: BasisPoints
    included: bool = False
    on_fees: bool = True
    comps_exempt: bool = True
    valid_from: date | None = None
    valid_until: date | None = None


class PricesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole price list; it replaces the one before."""

    prices: Annotated[
        tuple[LevelRequest, ...], msgspec.Meta(min_length=1, max_length=LEVELS_MAX)
    ]
    types: Annotated[tuple[TypeRequest, ...], msgspec.Meta(max_length=TYPES_MAX)] = ()
    fees: Annotated[tuple[FeeRequest, ...], msgspec.Meta(max_length=FEES_MAX)] = ()
    taxes: Annotated[tuple[TaxRequest, ...], msgspec.Meta(max_length=TAXES_MAX)] = ()
    rounding: Rounding = "half-up"


PRICES = Body(PricesRequest)


async def set_prices(edge: Edge, head: Head, performance: str, body: bytes) -> Answer:
    """Replace a price list."""
    staff = await edge.staff.required(head, "manager")
    asked = PRICES.read(head, body)
    command = await prices_command(edge, performance, asked)
    return await edge.carry_out(head, staff, command, msgspec.json.encode(asked))


async def prices_command(
    edge: Edge, performance: str, asked: PricesRequest
) -> SetPrices:
    """Say what is asked for in the words of the domain."""
    entry = await edge.catalogue.scheduled(performance_in_path(performance))
    return SetPrices(
        now=edge.container.clock.now(),
        performance=entry.performance,
        prices=tuple(
            LevelPrice(
                level.category,
                Money(level.price.minor, level.price.currency),
                level.type,
            )
            for level in asked.prices
        ),
        types=tuple(PriceType(**asdict(one)) for one in asked.types),
        fees=tuple(Fee(**asdict(one)) for one in asked.fees),
        taxes=tuple(TaxRule(**asdict(one)) for one in asked.taxes),
        rounding=asked.rounding,
    )


# ------------------------------------------------------- the framework's routes


@put(
    "/v1/performances/{performance:str}/prices",
    opt=spec(
        tag="catalogue",
        who="staff",
        body=PricesRequest,
        answers={204: None},
        is_command=True,
        problems=(errors.NotFound,),
    ),
)
async def put_prices(
    request: Request[Any, Any, Any],
    edge: NamedDependency[Edge],
    performance: FromPath[str],
) -> Response[bytes]:
    """Replace the price list; holds keep the prices they were given."""
    head, body = head_of(request), await body_of(request)
    return as_response(await set_prices(edge, head, performance, body))


HANDLERS = [put_prices]
