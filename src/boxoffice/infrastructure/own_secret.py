"""The key of cookies and request hashes when nobody gives one: a file in the data."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import msgspec

from boxoffice.settings import Settings

SECRET_FILE = "secret"  # noqa: S105  (a file's name)
SECRET_BYTES = 32


def with_secret(settings: Settings) -> Settings:
    """Fill in the key of cookies and request hashes, made once per data folder."""
    if settings.secret:
        return settings
    if settings.log_url.startswith("memory:"):
        return msgspec.structs.replace(settings, secret=secrets.token_hex(SECRET_BYTES))
    path = Path(settings.data) / SECRET_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        _write_secret(path)
    return msgspec.structs.replace(settings, secret=path.read_text("ascii").strip())


def _write_secret(path: Path) -> None:
    """Write the key whole before anybody can see the file; the first one wins."""
    if path.exists():
        return
    draft = path.with_name(f"{SECRET_FILE}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
