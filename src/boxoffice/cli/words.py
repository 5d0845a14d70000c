"""Words that go on record, as they are typed at a console."""

from __future__ import annotations

import rich_click as click

CHARACTERS_MAX = 500
"""As many as over HTTP."""


class Words(click.ParamType[str]):
    """Something was said: blanks alone are no reason."""

    name = "text"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        said = value.strip()
        if not said or not said.isprintable():
            self.fail("Say it in words, on one line.", param, ctx)
        if len(said) > CHARACTERS_MAX:
            self.fail(f"Say it in {CHARACTERS_MAX} characters.", param, ctx)
        return said


_ON_RECORD = "On record for good: name nobody."
REASON = click.option("--reason", type=Words(), required=True, help=_ON_RECORD)
NOTE = click.option("--note", type=Words(), required=True, help=_ON_RECORD)
NOTE_IF_ANY = click.option("--note", default="", help=_ON_RECORD)
