"""The classes a broker loads at its start, archived once: it halves the start.

An archive fits one build of the runtime and one class path, so its name carries both;
a runtime that finds it unfit after all ignores it. Without one the broker starts all
the same, therefore a failed recording is remembered and not repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack.cache import made_once
from boxoffice.stack.errors import PortTaken, StackError
from boxoffice.stack.kafka import JVM_OPTIONS, kafka_plan
from boxoffice.stack.ports import free_ports
from boxoffice.stack.processes import LOG
from boxoffice.stack.server import STARTS_MAX, Server

if TYPE_CHECKING:
    from pathlib import Path

    from boxoffice.stack.kafka import Broker

DUMP_LIMIT_S = 300


def archive_options(broker: Broker, *, cache: Path) -> tuple[str, ...]:
    """The runtime's options that make it use the archive; none if there is none."""
    bound_to = f"{broker.java.build} {broker.class_path}"
    key = hashlib.sha256(bound_to.encode()).hexdigest()[:12]
    record = partial(_record, broker, cache=cache)
    archive = made_once(cache / f"kafka-classes-{key}", record) / "classes.jsa"
    return (f"-XX:SharedArchiveFile={archive}",) if archive.exists() else ()


def _record(broker: Broker, target: Path, *, cache: Path) -> None:
    classes, trial = target / "classes.list", target / "trial"
    trial.mkdir()
    with suppress(StackError, subprocess.SubprocessError):
        _list_classes(broker, trial=trial, classes=classes, cache=cache)
        _dump(broker, classes=classes, archive=target / "classes.jsa")
    shutil.rmtree(trial, ignore_errors=True)


def _list_classes(broker: Broker, *, trial: Path, classes: Path, cache: Path) -> None:
    recording = msgspec.structs.replace(
        broker, options=(f"-XX:DumpLoadedClassList={classes}",)
    )
    for _ in range(STARTS_MAX):
        client_port, controller_port = free_ports(2)
        ports = (client_port, controller_port)
        server = Server(kafka_plan(recording, folder=trial, ports=ports, cache=cache))
        try:
            server.start()
            asyncio.run(server.ready())
        except PortTaken:
            (trial / LOG).unlink()
        else:
            return
        finally:
            server.stop()


def _dump(broker: Broker, *, classes: Path, archive: Path) -> None:
    command = [
        *(str(broker.java.path), *JVM_OPTIONS, "-Xshare:dump"),
        *(f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={archive}"),
        *("-cp", broker.class_path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=DUMP_LIMIT_S)
