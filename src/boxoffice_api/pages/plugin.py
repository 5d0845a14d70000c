"""Pages and live sockets, as one thing to plug into the application."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.plugins import InitPlugin

from boxoffice_api.answers import as_response
from boxoffice_api.edge import Edge
from boxoffice_api.head import head_of
from boxoffice_api.live import sockets
from boxoffice_api.live.hub import open_hub
from boxoffice_api.pages import (
    assets,
    buying,
    checkout,
    exchanging,
    order_page,
    programme,
    staff,
    staff_budgets,
    staff_changes,
    staff_orders,
    staff_places,
    staff_prices,
    staff_promotions,
    staff_refunds,
)
from boxoffice_api.pages.assets import load_assets
from boxoffice_api.pages.failures import failure, wants_page
from boxoffice_api.pages.foyer import Foyer
from boxoffice_api.pages.hall_view import Halls
from boxoffice_api.pages.paper import Paper

HANDLERS = [
    *assets.HANDLERS,
    *programme.HANDLERS,
    *buying.HANDLERS,
    *checkout.HANDLERS,
    *exchanging.HANDLERS,
    *order_page.HANDLERS,
    *staff.HANDLERS,
    *staff_orders.HANDLERS,
    *staff_refunds.HANDLERS,
    *staff_places.HANDLERS,
    *staff_prices.HANDLERS,
    *staff_changes.HANDLERS,
    *staff_promotions.HANDLERS,
    *staff_budgets.HANDLERS,
    *sockets.HANDLERS,
]


class LivePages(InitPlugin):
    """Adds routes, what their handlers share, and error pages for browsers.

    Live sockets are closed when the application shuts down.
    """

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        loaded = load_assets()
        paper = Paper(loaded)
        hub = open_hub(self._edge)
        foyer = Foyer(self._edge, paper, Halls(self._edge, paper))
        shared = {"assets": loaded, "foyer": foyer, "hub": hub}
        for name, thing in shared.items():
            app_config.dependencies[name] = _provide(thing)
        app_config.route_handlers.extend(HANDLERS)
        app_config.on_shutdown.append(hub.close)
        _show_failures(app_config, paper)
        return app_config


def _provide(thing: object) -> Provide:
    return Provide(lambda: thing, sync_to_thread=False)


def _show_failures(app_config: AppConfig, paper: Paper) -> None:
    """Let browsers see errors as pages; everybody else as before."""
    before: Any = app_config.exception_handlers[Exception]

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        head = head_of(request)
        if wants_page(head):
            return as_response(failure(paper, head, error))
        response: Response[Any] = before(request, error)
        return response

    app_config.exception_handlers[Exception] = handle
