"""Answers that a cache may keep if it asks again before each use."""

from __future__ import annotations

from collections.abc import Callable

from boxoffice_api.answers import JSON, Answer
from boxoffice_api.head import Head


def revalidated(
    head: Head,
    etag: str,
    render: Callable[[], bytes],
    *,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """Answer 304 to who has this version already, else render it."""
    fields = (("etag", etag), ("cache-control", "no-cache"), *headers)
    if _has(head, etag):
        return Answer(304, headers=fields)
    return Answer(200, render(), JSON, fields)


def _has(head: Head, etag: str) -> bool:
    """Compare weakly, as RFC 9110 wants it for If-None-Match."""
    given = head.headers.get(b"if-none-match", b"").decode("latin-1")
    tags = (tag.strip().removeprefix("W/") for tag in given.split(","))
    return any(tag in ("*", etag) for tag in tags)
