"""Pieces that were compressed apart are one good gzip stream together."""

from __future__ import annotations

import gzip

from boxoffice_api.pages.packing import gzipped, part

HALL = '<use id="p17" href="#fs" x="565.2" y="229.4"/>' * 2_000


def test_pieces_together_are_the_text_as_it_was() -> None:
    texts = ["<!doctype html>", HALL, "", "Größe ✓", HALL]
    pieces = [part(text) for text in texts]
    assert gzip.decompress(gzipped(pieces)).decode() == "".join(texts)
    assert gzip.decompress(gzipped([])) == b""


def test_what_repeats_itself_becomes_small() -> None:
    assert len(part(HALL).deflated) < len(HALL) / 50
