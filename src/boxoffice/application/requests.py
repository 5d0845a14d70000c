"""What is asked of the write path, and what it answers."""

from __future__ import annotations

import msgspec

from boxoffice.domain.message import Command, Fact, Meta

RENDERER = 1
"""The version of the renderers that answer what is stored from now on."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A command with its identity.

    `command_id` (16 bytes) names this intention for ever; `request_hash` tells a
    retry from another request under the same id. A question is decided like a command
    and nothing of it is stored.
    """

    command_id: bytes
    request_hash: bytes
    command: Command
    meta: Meta
    is_question: bool = False


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """What a command did, or what a question's would do: its facts, if any.

    Facts of a question have no place in the log: position 0.

    `repeated` tells that it was done earlier, under the same id; `renderer` names the
    version that rendered the first answer, so that a repeat gives the same bytes.
    """

    facts: tuple[Fact, ...]
    repeated: bool = False
    renderer: int = RENDERER


Answer = Accepted | Exception
