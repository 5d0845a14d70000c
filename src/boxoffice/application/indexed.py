"""Listing documents by fields, for stores that have no indexes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from boxoffice.application.ports.documents import Document, Query

Indexes = Mapping[str, Sequence[tuple[str, ...]]]
"""The fields of every index, by model."""
Row = dict[str, Any]
"""What a document says in the fields of its indexes."""


def fields_of(document: Document, indexes: Sequence[tuple[str, ...]]) -> Row:
    """Give what a document says in the fields of its indexes."""
    try:
        body = msgspec.json.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    names = {name for index in indexes for name in index}
    return {name: body[name] for name in names if name in body}


def check_indexed(query: Query, indexes: Sequence[tuple[str, ...]]) -> None:
    """Let queries pass for which there is an index.

    Raises:
        LookupError: there is none; a page that asked this would read every document.
    """
    wanted = {*query.where}
    if not any({*index[:-1]} == wanted and index[-1] == query.by for index in indexes):
        raise LookupError(f"no index of {sorted(wanted)} by {query.by}")


def found(
    rows: Mapping[str, Row], query: Query, indexes: Sequence[tuple[str, ...]]
) -> list[str]:
    """Give the keys of the rows that a query wants, in its order."""
    check_indexed(query, indexes)
    wanted = [
        (row[query.by], key)
        for key, row in rows.items()
        if query.by in row and _is_beyond(row[query.by], query) and _fits(row, query)
    ]
    wanted.sort(reverse=query.newest)
    return [key for _, key in wanted[: query.limit]]


def _is_beyond(number: int, query: Query) -> bool:
    if query.after is None:
        return True
    return number < query.after if query.newest else number > query.after


def _fits(row: Row, query: Query) -> bool:
    for name, value in query.where.items():
        there = row.get(name)
        if there != value and not (isinstance(there, list) and value in there):
            return False
    return True
