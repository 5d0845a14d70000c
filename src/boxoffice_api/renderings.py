"""Every version of the bodies that a repeated request may get once more.

A receipt names the version that rendered its first answer. Who changes what a renderer
gives for facts of the past adds a version here, beside the old ones, and raises
`RENDERER`; a version goes when the last receipt that names it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from boxoffice.application.requests import Accepted
from boxoffice.domain.message import Fact
from boxoffice.errors import RendererUnknown
from boxoffice_api.catalogue_renderers import (
    render_performance,
    render_plan,
    render_production,
)
from boxoffice_api.order_renderers import render_order, render_order_change
from boxoffice_api.renderers import Token, render_hold, render_hold_change

Render = Callable[[Sequence[Fact], Token], bytes]
RenderNamed = Callable[[Sequence[Fact], str, Token], bytes]
"""The same, given the name of what the facts are about."""


class Renderers(msgspec.Struct, frozen=True, kw_only=True):
    """One version of all bodies that are made of a command's own facts."""

    hold: Render
    hold_change: RenderNamed
    order: Render
    order_change: RenderNamed
    plan: RenderNamed
    production: RenderNamed
    performance: RenderNamed


RENDERERS: Mapping[int, Renderers] = {
    1: Renderers(
        hold=render_hold,
        hold_change=render_hold_change,
        order=render_order,
        order_change=render_order_change,
        plan=render_plan,
        production=render_production,
        performance=render_performance,
    )
}


def renderers_of(accepted: Accepted) -> Renderers:
    """Give the version that an answer was first rendered by.

    Raises:
        RendererUnknown: another version of this program has it; ask again.
    """
    found = RENDERERS.get(accepted.renderer)
    if found is None:
        raise RendererUnknown(f"No renderer has version {accepted.renderer}.")
    return found
