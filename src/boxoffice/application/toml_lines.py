"""Where the values of a TOML file stand, for complaints that name a line.

The parser of the standard library gives values without lines. This looks for the
headers and keys of the text by itself; it only has to be right about what the parser
has accepted already, and where it finds nothing the line of the table above is named.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from boxoffice.application.json_cursor import Cursor
from boxoffice.errors import Invalid

_HEADER = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'|[.\s])+?)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_LIST_BEGINS = re.compile(r"=\s*\[\s*(?:#.*)?$")
_LAST = re.compile(r"(?:\.[^.\[\]]*|\[\d+\])$")


def parse_toml(data: bytes, *, bytes_max: int) -> Cursor:
    """Read a TOML file.

    Raises:
        Invalid: too large, not UTF-8, or not TOML; the text names the line.
    """
    if len(data) > bytes_max:
        raise Invalid(
            f"The file has {len(data):,} bytes; at most {bytes_max:,} are allowed."
        )
    try:
        return Cursor(tomllib.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise Invalid(f"Byte {error.start + 1} of the file is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"This is not TOML: {error}.") from error
    except (RecursionError, ValueError) as error:
        raise Invalid("The file nests too deeply or holds no real number.") from error


def with_line(error: Invalid, data: bytes) -> Invalid:
    """Put the line in front of a complaint that names a place of the file."""
    place = error.data.get("place")
    if not isinstance(place, str):
        return error
    line = line_of(place, data.decode("utf-8-sig"))
    return Invalid(f"Line {line}: {error.detail}", place=place, line=line)


def line_of(place: str, text: str) -> int:
    """Give the line of a place such as `performances[2].starts_at`, from 1.

    What has no line of its own has that of the table around it.
    """
    known = _lines(text)
    while place and place not in known:
        shorter = _LAST.sub("", place)
        place = shorter if shorter != place else ""
    return known.get(place, 1)


def _lines(text: str) -> dict[str, int]:
    """Find headers, keys, and elements of lists that are written one a line."""
    known: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, of_list, elements = "", "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if of_list and not line.lstrip().startswith("]"):
            if line.lstrip().startswith("{"):
                known[f"{of_list}[{elements}]"] = number
                elements += 1
            continue
        of_list, elements = "", 0
        if header := _HEADER.fullmatch(line):
            table = _table(header[2], counts, is_element=bool(header[1]))
            known.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table
            for part in _parts(key[1]):
                path = f"{path}.{part}" if path else part
                known.setdefault(path, number)
            of_list = path if _LIST_BEGINS.search(line) else ""
    return known


def _table(name: str, counts: dict[str, int], *, is_element: bool) -> str:
    """Give the path of a header; names of arrays above stand for their last element."""
    path = ""
    parts = _parts(name)
    for at, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if is_element and at == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def table_of(cursor: Cursor) -> dict[str, Any]:
    """Give this table.

    Raises:
        Invalid: it is none.
    """
    if not isinstance(cursor.value, dict):
        raise cursor.refuse("must be a table")
    return cursor.value
