"""What the handlers of pages share."""

from __future__ import annotations

from dataclasses import dataclass

from boxoffice_api.edge import Edge
from boxoffice_api.pages.hall_view import Halls
from boxoffice_api.pages.paper import Paper


@dataclass(frozen=True)
class Foyer:
    """Belongs to one event loop."""

    edge: Edge
    paper: Paper
    halls: Halls
