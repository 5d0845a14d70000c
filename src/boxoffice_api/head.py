"""A request without its body, as both routes see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from litestar.connection import ASGIConnection

from boxoffice.domain.free_text import DIGITS_MAX
from boxoffice_api.asgi import Scope

SOCKET = "SOCKET"
"""What stands for the method when a WebSocket is opened: never a safe one."""

_CORRELATION = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(rb"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}")
_LONG_NUMBER = re.compile(rb"[0-9](?:[._-]*[0-9]){%d}" % DIGITS_MAX)
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")


class Head(msgspec.Struct, frozen=True):
    """Method, path and header fields. Of a repeated field the last one counts."""

    method: str
    path: str
    query: bytes
    is_https: bool
    headers: Mapping[bytes, bytes]

    def cookie(self, name: bytes) -> bytes | None:
        """Give a cookie's value, if it was sent."""
        for part in self.headers.get(b"cookie", b"").split(b";"):
            key, _, value = part.strip().partition(b"=")
            if key == name:
                return value
        return None

    def bearer(self) -> bytes | None:
        """Give the token of the Authorization field, if it carries one."""
        scheme, _, token = self.headers.get(b"authorization", b"").partition(b" ")
        return token.strip() if scheme.lower() == b"bearer" else None

    def correlation(self) -> str | None:
        """Give the caller's name for the story this request belongs to.

        It is kept with every event, so one that may be a card's number is no name; of
        a UUID chance alone makes digits follow each other.
        """
        given = self.headers.get(b"x-correlation-id", b"")
        if _CORRELATION.fullmatch(given) and (
            _UUID.fullmatch(given) or not _LONG_NUMBER.search(given)
        ):
            return given.decode("ascii")
        trace = _TRACEPARENT.fullmatch(self.headers.get(b"traceparent", b""))
        return trace[1].decode("ascii") if trace else None


def read_head(scope: Scope) -> Head:
    """Read an ASGI scope, of a request or a socket."""
    return Head(
        method=scope.get("method", SOCKET),
        path=scope["path"],
        query=scope["query_string"],
        is_https=scope["scheme"] in ("https", "wss"),
        headers=dict(scope["headers"]),
    )


def head_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Head:
    """Read the framework's request or socket."""
    return read_head(cast("Scope", connection.scope))
