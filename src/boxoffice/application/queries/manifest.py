"""The places of a performance as its manifest names them, read from the log."""

from __future__ import annotations

import asyncio

from boxoffice.application.codec import decode
from boxoffice.application.ports.log import LogReader
from boxoffice.domain.catalogue.events import ManifestPlace, SectionLaidOut
from boxoffice.domain.events import TAGS
from boxoffice.domain.ids import PerformanceId, family
from boxoffice.errors import NotFound


async def manifest_of(
    store: LogReader, performance: PerformanceId
) -> tuple[ManifestPlace, ...]:
    """Give every place that can be sold.

    Raises:
        NotFound: there is no such performance.
        Unavailable: the log does not answer.
    """
    records = await asyncio.to_thread(store.families, [family(performance)])
    found: list[ManifestPlace] = []
    for record in records:
        if record.tag == TAGS[SectionLaidOut]:
            section = decode(record.tag, record.data, position=record.position)
            assert isinstance(section, SectionLaidOut)
            found += section.places
    if not found:
        raise NotFound("There is no such performance.")
    return tuple(found)
