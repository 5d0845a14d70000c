"""What every handler gives, whichever route it was reached by."""

from __future__ import annotations

import msgspec
from litestar import Response

JSON = "application/json"
NO_STORE = ("cache-control", "no-store")
CHARSET = "; charset=utf-8"
BODILESS = frozenset({204, 304})


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer before it meets a server: status, body and header fields."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def fields(self) -> list[tuple[bytes, bytes]]:
        """Give the header fields as ASGI wants them."""
        fields = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in self.headers]
        if self.status not in BODILESS:
            fields.append((b"content-type", self.media_type.encode("latin-1")))
            fields.append((b"content-length", b"%d" % len(self.body)))
        return fields


def as_response(answer: Answer) -> Response[bytes]:
    """Give an answer to the framework, which writes the charset of texts itself."""
    return Response(
        content=answer.body,
        status_code=answer.status,
        media_type=answer.media_type.removesuffix(CHARSET),
        headers=dict(answer.headers),
    )
