"""What the API says about itself: its OpenAPI document and its problems.

The pages of problems are the sections of docs/reference/problems.md, which is shipped
inside this package.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

import boxoffice_api
from boxoffice.errors import NotFound
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.etags import revalidated
from boxoffice_api.head import head_of

HTML = "text/html; charset=utf-8"
_SECTION = re.compile(
    r"^## (?P<code>[a-z-]+)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_QUOTED = re.compile(r"`([^`]+)`")
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} · boxoffice</title></head>
<body><main><h1>{title}</h1>
{body}
</main></body>
</html>
"""


@cache
def sections() -> Mapping[str, str]:
    """Give the text of every problem by its code."""
    shipped = files(boxoffice_api) / "_reference" / "problems.md"
    cloned = Path(boxoffice_api.__file__).parents[2] / "docs/reference/problems.md"
    text = (shipped if shipped.is_file() else cloned).read_text("utf-8")
    return {m["code"]: m["text"].strip() for m in _SECTION.finditer(text)}


def _page(title: str, paragraphs: list[str]) -> Answer:
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page = _PAGE.format(title=html.escape(title), body=body)
    return Answer(200, page.encode(), HTML)


def _inline(text: str) -> str:
    return _QUOTED.sub(r"<code>\1</code>", html.escape(text, quote=False))


@get("/problems")
async def get_problems() -> Response[bytes]:
    """List all problems."""
    links = [f'<a href="/problems/{code}">{code}</a>' for code in sections()]
    return as_response(_page("Problems", links))


@get("/problems/{code:str}")
async def get_problem(code: FromPath[str]) -> Response[bytes]:
    """Explain a problem: this is where its `type` leads."""
    text = sections().get(code)
    if text is None:
        raise NotFound("There is no such problem.")
    paragraphs = [_inline(part) for part in text.split("\n\n")]
    return as_response(_page(code, paragraphs))


def openapi_route(document: bytes) -> HTTPRouteHandler:
    """Make the route that serves the OpenAPI document."""
    etag = f'"{hashlib.sha256(document).hexdigest()[:16]}"'

    @get("/openapi.json")
    async def get_openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Describe the API."""
        head = head_of(request)
        return as_response(revalidated(head, etag, lambda: document))

    return get_openapi


HANDLERS = [get_problems, get_problem]
