"""What a call to append must look like, for stores that check it in Python.

PostgreSQL checks the same inside its append function, where no client can leave it
out; the contract suite of the event store holds both to the same answers.
"""

from __future__ import annotations

from itertools import groupby

from boxoffice.application.ports.log import Append
from boxoffice.domain.ids import StreamId
from boxoffice.errors import Unstorable

STREAM_BYTES = 16


def check_shape(batch: Append) -> None:
    """Refuse what would leave a log that nobody can read.

    Raises:
        Unstorable: columns of different length, a command without events or with
            scattered ones, a stream that is written but not guarded, versions that
            do not follow on, or a tag that is no text.
    """
    columns = {
        len(batch.event_commands),
        len(batch.event_streams),
        len(batch.event_versions),
        len(batch.event_tags),
        len(batch.event_datas),
        len(batch.event_metas),
    }
    if len(columns) > 1:
        raise Unstorable("The columns of the events differ in length.")
    _check_commands(batch)
    _check_versions(batch)
    for tag in batch.event_tags:
        _check_tag(tag)


def _check_commands(batch: Append) -> None:
    commands = len(batch.command_ids)
    if commands != len(batch.request_hashes):
        raise Unstorable("Every command needs exactly one request hash.")
    if len(set(batch.command_ids)) != commands:
        raise Unstorable("A command stands twice in one call.")
    blocks = [command for command, _ in groupby(batch.event_commands)]
    if blocks != list(range(commands)):
        raise Unstorable("Commands and their events do not stand in one order.")


def _check_versions(batch: Append) -> None:
    if any(len(stream) != STREAM_BYTES for stream in batch.guards):
        raise Unstorable("A stream id is 16 bytes.")
    next_versions: dict[StreamId, int] = {}
    for stream, version in zip(batch.event_streams, batch.event_versions, strict=True):
        guarded = batch.guards.get(stream)
        if guarded is None:
            raise Unstorable("A stream is written but not guarded.", stream=stream)
        if version != next_versions.get(stream, guarded + 1):
            raise Unstorable("The versions of a stream do not follow on.")
        next_versions[stream] = version + 1


def _check_tag(tag: str) -> None:
    if not tag or "\0" in tag:
        raise Unstorable("A tag is text and never empty.")
    try:
        tag.encode()
    except UnicodeEncodeError as error:
        raise Unstorable("A tag is valid text.") from error
