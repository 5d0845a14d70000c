"""All read models: a new screen is one row here."""

from __future__ import annotations

from typing import Any

from boxoffice.readmodels.availability import AVAILABILITY
from boxoffice.readmodels.model import ReadModel
from boxoffice.readmodels.order import ORDER
from boxoffice.readmodels.sales_board import SALES_BOARD
from boxoffice.readmodels.seat_map import SEAT_MAP

AnyModel = ReadModel[Any]
"""Rows of one table whose documents differ in type."""

MODELS: tuple[AnyModel, ...] = (SEAT_MAP, SALES_BOARD, AVAILABILITY, ORDER)

INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    model.name: model.indexes for model in MODELS if model.indexes
}
"""How documents are listed, by model."""
