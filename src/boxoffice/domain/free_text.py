"""What people at the house type freely: it is on record for good, so it names nobody.

The log cannot forget. A name cannot be told from any other word, which is why whoever
types is told so; an address or the number of a card, a phone or a passport can.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from boxoffice.domain.message import Command
from boxoffice.errors import NamesSomebody

DIGITS_MAX = 11
"""A longer run may be the number of a card, also with blanks or hyphens in it."""
_LONG_NUMBER = re.compile(rf"\d(?:[\s\-\u2010-\u2015]*\d){{{DIGITS_MAX}}}")


def check_free_text(command: Command) -> None:
    """Let a command pass whose words can be kept.

    Raises:
        NamesSomebody: there is an e-mail address or a long number in `field`.
    """
    for field in command.free_text:
        text = normalize("NFKC", getattr(command, field))
        if "@" in text or _LONG_NUMBER.search(text):
            raise NamesSomebody(field=field)
