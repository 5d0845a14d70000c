"""Where a benchmark's figures go: to the terminal, and to a file when one is named."""

from __future__ import annotations

from pathlib import Path

import msgspec


def report(found: dict[str, object], file: Path | None) -> None:
    """Write figures as JSON."""
    text = msgspec.json.format(msgspec.json.encode(found), indent=1)
    print(text.decode())
    if file:
        file.write_bytes(text + b"\n")
