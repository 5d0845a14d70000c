import base64
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import brotli
import pytest

from tools import chromium


def tar(files: dict[str, bytes], *, gzipped: bool = False) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if gzipped else "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def archive() -> bytes:
    """The package in small: its program prints what it was started with."""
    program = b'#!/bin/sh\necho "$LD_LIBRARY_PATH|$FONTCONFIG_FILE|$1"\n'
    parts = {
        "chromium.br": program,
        "al2023.tar.br": tar({"lib/libnss3.so": b"nss"}),
        "swiftshader.tar.br": tar({"libGLESv2.so": b"gles"}),
        "fonts.tar.br": tar({"fonts/Sans.ttf": b"font"}),
    }
    packed = {f"package/bin/{k}": brotli.compress(v) for k, v in parts.items()}
    return tar(packed, gzipped=True)


def test_named_program_comes_first(tmp_path: Path) -> None:
    program = tmp_path / "my-chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    found = chromium.named({"BOXOFFICE_TEST_CHROMIUM": str(program)})

    assert found == program


def test_named_program_that_cannot_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(chromium.NoChromiumError, match="cannot be executed"):
        chromium.named({"BOXOFFICE_TEST_CHROMIUM": str(tmp_path / "absent")})


def test_nothing_named_is_no_error() -> None:
    assert chromium.named({}) is None


def test_program_on_path_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    before = chromium.on_path()
    program = tmp_path / "chromium-browser"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert before is None
    assert chromium.on_path() == program


def test_cache_follows_the_user_and_the_version(tmp_path: Path) -> None:
    folder = chromium.cache_folder({"XDG_CACHE_HOME": str(tmp_path)})

    assert folder == tmp_path / "boxoffice" / f"chromium-{chromium.VERSION}"


def test_archive_with_another_hash_is_refused(archive: bytes) -> None:
    pinned = base64.b64encode(hashlib.sha512(archive).digest()).decode()

    assert chromium.verified(archive, pinned) == archive
    with pytest.raises(chromium.NoChromiumError, match="not the archive"):
        chromium.verified(archive + b"\0", pinned)


def test_unpacked_program_brings_libraries_and_fonts(
    archive: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "with a space"

    chromium.unpack(archive, folder)

    started = subprocess.run(
        [folder / "chromium", "--headless"],
        env={"PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert started.stdout == f"{folder}/lib|{folder}/fonts.conf|--headless\n"
    assert (folder / "lib/libnss3.so").read_bytes() == b"nss"
    assert (folder / "libGLESv2.so").read_bytes() == b"gles"
    assert (folder / "fonts/Sans.ttf").read_bytes() == b"font"


def test_slower_process_keeps_what_the_quicker_one_laid_down(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "chromium").write_text(name)

    chromium.move(tmp_path / "first", tmp_path / "place")
    chromium.move(tmp_path / "second", tmp_path / "place")

    assert (tmp_path / "place" / "chromium").read_text() == "first"


def test_program_that_does_not_start_is_one_sentence(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho 'libnss3.so: not found' >&2\nexit 127\n")
    program.chmod(0o755)

    with pytest.raises(chromium.NoChromiumError, match=r"libnss3\.so: not found"):
        chromium.check_start(program)


def test_without_npm_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(chromium.NoChromiumError, match="apt-get install chromium"):
        chromium.pack(tmp_path)
