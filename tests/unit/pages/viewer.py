"""Somebody who watches: keeps what frames say, by the rules that frames promise."""

from __future__ import annotations

from typing import Any

import msgspec


class Viewer:
    """Takes frames; fails on a gap, or when a position falls."""

    def __init__(self) -> None:
        self.states: dict[int, str] = {}
        self.positions: dict[int, int] = {}
        self.counts: dict[int, Any] = {}
        self.snapshots = 0
        self.deltas = 0
        self.shown = 0

    def take(self, frame: bytes) -> None:
        said = msgspec.json.decode(frame)
        if said["type"] == "snapshot":
            self.snapshots += 1
            for section in said["sections"]:
                self._whole(section)
        elif said["type"] == "delta":
            self.deltas += 1
            for section in said["sections"]:
                self._news(section)
        assert said["position"] >= self.shown, "it went backwards"
        self.shown = said["position"]

    def _whole(self, section: dict[str, Any]) -> None:
        number = section["section"]
        if section["position"] < self.positions.get(number, 0):
            return
        self.positions[number] = section["position"]
        self.counts[number] = section["counts"]
        ordinals = [
            ordinal
            for first, length in section["runs"]
            for ordinal in range(first, first + length)
        ]
        self.states |= dict(zip(ordinals, section["states"], strict=True))

    def _news(self, section: dict[str, Any]) -> None:
        number = section["section"]
        known = self.positions[number]
        assert section["prev"] <= known, "something is missing"
        if section["position"] <= known:
            return
        self.positions[number] = section["position"]
        self.counts[number] = section["counts"]
        self.states |= dict(section["changes"])
