"""Ids as they are typed at a console."""

from __future__ import annotations

import re

import rich_click as click

HEX_ID = re.compile(r"[0-9a-f]{24}")


class HexId(click.ParamType[str]):
    """24 lower-case hex digits: a plan, a production or a performance."""

    name = "id"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if not HEX_ID.fullmatch(value):
            self.fail(f"{value!r} is not an id of 24 hex digits.", param, ctx)
        return value


HEX = HexId()
