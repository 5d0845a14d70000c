"""What is asked of the write path, and what it answers."""

from __future__ import annotations

import msgspec

from boxoffice.domain.message import Command, Fact, Meta


class Request(msgspec.Struct, frozen=True, gc=False):
    """A command with its identity.

    `command_id` (16 bytes) names this intention for ever; `request_hash` tells a
    retry from another request under the same id.
    """

    command_id: bytes
    request_hash: bytes
    command: Command
    meta: Meta


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """What a command did: its facts, none when there was nothing to do.

    `repeated` tells that it was done earlier, under the same id.
    """

    facts: tuple[Fact, ...]
    repeated: bool = False


Answer = Accepted | Exception
