"""No tracked file names a package registry's host or a folder of one machine.

Reason: pins are versions and hashes, so that every mirror serves them; and a clone must
work wherever it lies.

    valid    fetched by `npm pack`, checked by sha512
    invalid  a registry's address, a lock file's "resolved" line, a home folder
"""

import re
from collections.abc import Iterator
from pathlib import PurePath

from tools.problem import Problem

HOSTS = (
    "pythonhosted.org",
    "pypi.org/simple",
    "pypi.org/packages",
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "repo1.maven.org",
    "repo.maven.apache.org",
    "index.crates.io",
    "static.crates.io",
    "proxy.golang.org",
)
SHAPES = (
    r'"resolved": *"http',
    r"source = \{ (?:registry|url)",
    r"https?://[\w.-]*(?:registry|index|packages|files)[\w.-]*/(?:simple|packages)\b",
)
FOLDERS = r"(?<![\w.*])/(?:root|work|home/[a-z][\w-]*|Users/\w+)/"

REGISTRY = re.compile("|".join([*map(re.escape, HOSTS), *SHAPES]), re.IGNORECASE)
MACHINE = re.compile(FOLDERS)
OWN_TEXT = PurePath("tools/addresses.py")


def problems(path: PurePath, text: str) -> Iterator[Problem]:
    if path == OWN_TEXT:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if REGISTRY.search(line):
            yield Problem(number, "address", "names a package registry's host")
        if MACHINE.search(line):
            yield Problem(number, "address", "names a folder of one machine")
