"""Style sheets and scripts: ours, read once, served under their own digest.

The digest is part of the path, so relative imports between modules keep it and a
browser may keep the files for ever. An old digest, asked for by a page of the release
before, is answered with today's file, which nobody may keep.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from boxoffice.errors import NotFound
from boxoffice_api.answers import Answer, as_response
from boxoffice_api.head import Head, head_of
from boxoffice_api.pages import colours

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOR_EVER = ("cache-control", "public, max-age=31536000, immutable")
NOT_LONG = ("cache-control", "no-cache")
DIGEST_LETTERS = 12
LEVELS_MAX = 100
_LEVELS = re.compile(r"[0-9a-f]{6}(?:-[0-9a-f]{6}){0,99}")


class Asset(msgspec.Struct, frozen=True):
    """A file as it is sent."""

    body: bytes
    packed: bytes
    media_type: str


class Assets(msgspec.Struct, frozen=True):
    """All files and their common digest."""

    digest: str
    files: Mapping[str, Asset]

    def answer(self, head: Head, digest: str, name: str) -> Answer:
        """Give a file.

        Raises:
            NotFound: there is no such file.
        """
        asset = self.files.get(name)
        if asset is None:
            raise NotFound("There is no such file.")
        keep = FOR_EVER if digest == self.digest else NOT_LONG
        packs = b"gzip" in head.headers.get(b"accept-encoding", b"")
        return Answer(
            status=200,
            body=asset.packed if packs else asset.body,
            media_type=asset.media_type,
            headers=(
                keep,
                ("vary", "accept-encoding"),
                *((("content-encoding", "gzip"),) if packs else ()),
            ),
        )


def load_assets() -> Assets:
    """Read the files that are shipped with this package."""
    found = dict(sorted(_read()))
    digest = hashlib.sha256()
    for name, asset in found.items():
        digest.update(name.encode() + b"\0" + asset.body + b"\0")
    return Assets(digest.hexdigest()[:DIGEST_LETTERS], found)


def _read() -> Iterator[tuple[str, Asset]]:
    for file in files("boxoffice_api").joinpath("static").iterdir():
        media_type = MEDIA_TYPES.get(file.name.rpartition(".")[2])
        if media_type is not None:
            body = file.read_bytes()
            yield file.name, Asset(body, gzip.compress(body, mtime=0), media_type)


def levels_path(plan_colours: list[str]) -> str:
    """Name the style sheet of these price levels."""
    read = (colours.read(text, index=i) for i, text in enumerate(plan_colours))
    names = [colour.text() for colour in read][:LEVELS_MAX]
    return f"/levels/{'-'.join(names) or '000000'}.css"


def levels(name: str) -> Answer:
    """Give the style sheet of the price levels that its name spells out.

    Raises:
        NotFound: it spells nothing.
    """
    stem = name.removesuffix(".css")
    if stem == name or not _LEVELS.fullmatch(stem):
        raise NotFound("There is no such style sheet.")
    read = [colours.read(part) for part in stem.split("-")]
    body = colours.levels_css(read).encode("ascii")
    return Answer(200, body, MEDIA_TYPES["css"], (FOR_EVER,))


# ------------------------------------------------------- the framework's routes


@get("/static/{digest:str}/{name:str}")
async def get_static(
    request: Request[Any, Any, Any],
    assets: NamedDependency[Assets],
    digest: FromPath[str],
    name: FromPath[str],
) -> Response[bytes]:
    """Give a style sheet or a script."""
    return as_response(assets.answer(head_of(request), digest, name))


@get("/levels/{name:str}")
async def get_levels(name: FromPath[str]) -> Response[bytes]:
    """Give the colours of a hall's price levels."""
    return as_response(levels(name))


HANDLERS = [get_static, get_levels]
