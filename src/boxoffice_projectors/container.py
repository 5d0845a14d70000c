"""What the roles of this package need of the container they run on."""

from __future__ import annotations

from typing import Protocol

from boxoffice.application.ports.bus import Bus
from boxoffice.application.ports.checkpoints import Checkpoints
from boxoffice.application.ports.clock import Clock
from boxoffice.application.ports.documents import Documents
from boxoffice.application.ports.fanout import Fanout
from boxoffice.application.ports.log import EventStore
from boxoffice.application.ports.payments import PaymentProvider
from boxoffice.application.writer import Writer
from boxoffice.settings import Settings


class Container(Protocol):
    """The ports of one process."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> EventStore: ...
    @property
    def checkpoints(self) -> Checkpoints: ...
    @property
    def writer(self) -> Writer: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def cache(self) -> Documents: ...
    @property
    def fanout(self) -> Fanout: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def payments(self) -> PaymentProvider: ...
