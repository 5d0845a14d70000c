"""Which models are projected together: those of one family kept in one store.

Each group has its own offsets, so a store that is down holds up only its own models.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from boxoffice.readmodels.model import Sink
from boxoffice.readmodels.registry import MODELS, AnyModel


class Row(msgspec.Struct, frozen=True):
    """A consumer group with its models."""

    group: str
    sink: Sink
    models: tuple[AnyModel, ...]


def rows(models: Sequence[AnyModel] = MODELS) -> tuple[Row, ...]:
    """Sort the read models into consumer groups."""
    kinds = dict.fromkeys((model.family, model.sink) for model in models)
    return tuple(
        Row(
            group=f"{family}-{sink}",
            sink=sink,
            models=tuple(m for m in models if (m.family, m.sink) == (family, sink)),
        )
        for family, sink in kinds
    )
