"""The OpenAPI 3.1 document, made from the routes and what their handlers say.

Schemas come from the structs that are decoded and encoded, so the document cannot say
otherwise than the code does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from boxoffice import errors
from boxoffice_api import problems
from boxoffice_api.idempotency import KEY_LENGTH_MAX
from boxoffice_api.spec import SPEC, Spec

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_REF = "#/components/schemas/{name}"
_ALWAYS: tuple[type[errors.BoxOfficeError], ...] = (
    problems.Malformed,
    problems.MethodNotAllowed,
    errors.Unavailable,
)
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "anybody": [],
    "buyer": [{"buyerToken": []}, {"buyerCookie": []}],
    "staff": [{"staffToken": []}, {"staffCookie": []}],
}
_SECURITY["buyer or staff"] = _SECURITY["buyer"] + _SECURITY["staff"]
_SCHEMES = {
    "buyerToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that POST /v1/buyers gave.",
    },
    "buyerCookie": {"type": "apiKey", "in": "cookie", "name": "bo_buyer"},
    "staffToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "A named staff token, bo_staff_…",
    },
    "staffCookie": {"type": "apiKey", "in": "cookie", "name": "bo_staff"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Names this request for ever: a retry gets the same answer.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": KEY_LENGTH_MAX,
        "pattern": "^[!#-~][!-~]*$",
    },
}


def document(handlers: Iterable[HTTPRouteHandler]) -> bytes:
    """Describe every handler that says what it does."""
    described = [
        (handler, handler.opt[SPEC]) for handler in handlers if SPEC in handler.opt
    ]
    paths: dict[str, dict[str, Any]] = {}
    for handler, about in described:
        for path in handler.paths:
            operations = paths.setdefault(_PARAMETER.sub(r"{\1}", path), {})
            for method in handler.http_methods:
                operations[method.lower()] = _operation(handler, about, path)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "boxoffice", "version": version("boxoffice")},
        "paths": paths,
        "components": {
            "schemas": _schemas(about for _, about in described),
            "securitySchemes": _SCHEMES,
        },
    }
    return msgspec.json.encode(whole)


def _schemas(specs: Iterable[Spec]) -> dict[str, Any]:
    structs: set[type[msgspec.Struct]] = {problems.Problem}
    for about in specs:
        structs.update(s for s in (about.body, *about.answers.values()) if s)
    ordered = sorted(structs, key=lambda struct: struct.__name__)
    _, components = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}"
    )
    return components


def _operation(handler: HTTPRouteHandler, about: Spec, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": handler.handler_name.rpartition(".")[2],
        "summary": (handler.fn.__doc__ or "").strip(),
        "tags": [about.tag],
        "security": _SECURITY[about.who],
        "parameters": list(_parameters(about, path)),
        "responses": _responses(about),
    }
    if about.body is not None:
        operation["requestBody"] = {
            "required": about.needs_body,
            "content": {about.media_type: _schema(about.body)},
        }
    return operation


def _parameters(about: Spec, path: str) -> Iterator[dict[str, Any]]:
    for name in _PARAMETER.findall(path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
        }
    for query in about.query:
        yield {
            "name": query.name,
            "in": "query",
            "description": query.about,
            "schema": {"type": query.type},
        }
    if about.is_command:
        yield _KEY


def _responses(about: Spec) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, struct in about.answers.items():
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if struct is not None:
            content = {"application/json": _schema(struct)}
            responses[str(status)]["content"] = content
    for refused, sentences in _refusals(about).items():
        responses.setdefault(
            refused,
            {
                "description": " ".join(sentences),
                "content": {problems.MEDIA_TYPE: _schema(problems.Problem)},
            },
        )
    return responses


def _refusals(about: Spec) -> dict[str, list[str]]:
    refused = [*about.problems, *_ALWAYS]
    if about.who != "anybody":
        refused += [errors.Unauthenticated, errors.Forbidden]
    if about.body is not None:
        refused += [
            errors.Invalid,
            problems.TooLarge,
            problems.UnsupportedMediaType,
        ]
    if about.is_command:
        refused += [errors.KeyReused, errors.Conflict]
    by_status: dict[str, list[str]] = {}
    for error in dict.fromkeys(refused):
        sentence = (error.__doc__ or "").strip()
        by_status.setdefault(str(problems.STATUSES[error]), []).append(sentence)
    return dict(sorted(by_status.items()))


def _schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {"schema": {"$ref": _REF.format(name=struct.__name__)}}
