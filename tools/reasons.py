"""Whoever silences a tool says why, on the same line.

Reason: an exception without a reason is copied; with one it is questioned.

    valid    except Exception:  # noqa: BLE001 - whatever the driver raises
    invalid  except Exception:  # noqa: BLE001
"""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePath

from tools.problem import Problem

SILENCED = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*"
    r"|type:\s*ignore(?:\[[\w, -]+\])?"
    r"|pragma:\s*no \w+)"
    r"(?P<rest>.*)$"
)
WORDS = re.compile(r"[A-Za-z]{2,}")


def problems(path: PurePath, text: str) -> Iterator[Problem]:
    if path.suffix != ".py":
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and is_bare(token.string):
            line = token.start[0]
            yield Problem(line, "reason", "silences a tool without saying why")


def is_bare(comment: str) -> bool:
    silenced = SILENCED.search(comment)
    return silenced is not None and not WORDS.search(silenced["rest"])
