"""What pages are made of: templates, and the header fields of every page.

The policy lets nothing in that is not a file of ours: no inline script or style, no
other host. Pages are never stored, because they are somebody's; what many of them
share is handed in as an insert that is compressed already.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from boxoffice_api.answers import NO_STORE, Answer
from boxoffice_api.head import Head
from boxoffice_api.pages.assets import Assets
from boxoffice_api.pages.formats import FILTERS
from boxoffice_api.pages.packing import Part, gzipped, part

HTML = "text/html; charset=utf-8"
INSERT_HERE = "\0"
"""Stands where the insert goes; no text of ours or of a plan has this character."""
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self';"
    " connect-src 'self'{live}; object-src 'none'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


class Paper:
    """Turns templates into answers."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader("boxoffice_api", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS)
        self._environment.globals["static"] = f"/static/{assets.digest}"
        self._environment.globals["insert_here"] = INSERT_HERE

    def text(self, template: str, **context: Any) -> str:
        """Render a piece of a page."""
        return self._environment.get_template(template).render(context)

    def page(
        self,
        head: Head,
        template: str,
        *,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
        insert: Part | None = None,
        **context: Any,
    ) -> Answer:
        """Render a page, with the insert where its template says."""
        before, *after = self.text(template, **context).split(INSERT_HERE, 1)
        parts = [part(before)]
        if insert is not None:
            parts += [insert, part(after[0])]
        packs = b"gzip" in head.headers.get(b"accept-encoding", b"")
        body = gzipped(parts) if packs else b"".join(p.plain for p in parts)
        return Answer(
            status=status,
            body=body,
            media_type=HTML,
            headers=(
                NO_STORE,
                ("content-security-policy", policy(head)),
                ("vary", "accept-encoding"),
                *((("content-encoding", "gzip"),) if packs else ()),
                *headers,
            ),
        )


def policy(head: Head) -> str:
    """Say what a page may load; older browsers want its own sockets spelled out."""
    host = head.headers.get(b"host", b"").decode("latin-1")
    scheme = "wss" if head.is_https else "ws"
    live = f" {scheme}://{host}" if _HOST.fullmatch(host) else ""
    return _POLICY.format(live=live)


def see_other(path: str, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Send a browser on after a form."""
    return Answer(
        303, media_type=HTML, headers=(NO_STORE, ("location", path), *headers)
    )
