"""What a handler says about itself, for the OpenAPI document.

A handler carries its `Spec` in `opt[SPEC]`; one without is left out of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from boxoffice.errors import BoxOfficeError

SPEC = "spec"
Who = Literal["anybody", "buyer", "staff", "buyer or staff"]


class Query(msgspec.Struct, frozen=True):
    """A query parameter."""

    name: str
    about: str
    type: Literal["string", "integer"] = "string"


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One operation: who may ask, what is read, what is answered."""

    tag: str
    answers: Mapping[int, type[msgspec.Struct] | None]
    who: Who = "anybody"
    body: type[msgspec.Struct] | None = None
    needs_body: bool = True
    media_type: str = "application/json"
    query: tuple[Query, ...] = ()
    problems: tuple[type[BoxOfficeError], ...] = ()
    is_command: bool = False


def spec(**fields: Any) -> dict[str, Spec]:
    """Give the `opt` of a handler."""
    return {SPEC: Spec(**fields)}
