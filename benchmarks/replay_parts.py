"""Where the time of a replay goes: the same work in one thread, each part timed.

What `rebuild` does around it (threads for pages, shelves, watermarks, giving memory
back) is what is left of its CPU when these parts are subtracted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from boxoffice.application.ports.log import EventStore
from boxoffice.application.rebuild import FOLD_EVENTS
from boxoffice.application.replay import PAGE_MAX, facts_of
from boxoffice.domain.message import Fact
from boxoffice.readmodels.model import Groups, encode
from boxoffice.readmodels.registry import MODELS, AnyModel

T = TypeVar("T")


class Parts:
    """CPU seconds by part, of one pass over a log."""

    def __init__(self) -> None:
        self.cpu_s: defaultdict[str, float] = defaultdict(float)
        self._held: dict[str, dict[str, Any]] = {model.name: {} for model in MODELS}

    def run(self, store: EventStore) -> None:
        """Read, decode, group, fold and encode the whole log."""
        facts: list[Fact] = []
        after = 0
        while page := self._timed(
            "read", partial(store.read, after=after, limit=PAGE_MAX)
        ):
            after = page[-1].position
            facts += self._timed("decode", partial(facts_of, page))[0]
            if len(facts) >= FOLD_EVENTS:
                self._fold(facts)
                facts = []
        self._fold(facts)

    def _timed(self, part: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        done = work()
        self.cpu_s[part] += time.process_time() - began
        return done

    def _fold(self, facts: list[Fact]) -> None:
        for grouping in {model.grouped for model in MODELS}:
            groups = self._timed("group", partial(grouping, facts))
            for model in MODELS:
                if model.grouped is grouping:
                    self._fold_model(model, groups)

    def _fold_model(self, model: AnyModel, groups: Groups) -> None:
        held = self._held[model.name]

        def fold() -> None:
            for key, facts in groups.items():
                held[key] = model.fold(held.get(key), facts)

        self._timed(f"fold {model.name}", fold)
        self._timed("encode", lambda: [encode(held[key]) for key in groups])
