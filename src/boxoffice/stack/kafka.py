"""Apache Kafka as the stack runs it: one KRaft node, broker and controller in one.

Small enough for a laptop, with one replica of everything and no topic made by
accident. Formatting the storage and recording which classes a start loads happen once
per version and runtime; both are kept in the cache.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from boxoffice.stack.cache import made_once
from boxoffice.stack.checks import check_kafka
from boxoffice.stack.errors import StartFailed
from boxoffice.stack.server import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from boxoffice.stack.java import JavaRuntime

CLUSTER_ID = "Ym94b2ZmaWNlLXN0YWNrLQ"
"""Sixteen bytes as Kafka writes them; every stack is a cluster of its own machine."""
FORMAT_LIMIT_S = 300
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
JVM_OPTIONS = (
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms64m", "-Xmx512m"),
    *("-XX:-UsePerfData", "-Djava.awt.headless=true"),
)
PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": 1,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    "replica.fetch.max.bytes": MESSAGE_BYTES_MAX,
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "log.index.size.max.bytes": 1024 * 1024,
    "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
    # A broker that was killed may register again only when its last session is over,
    # nine seconds by default.
    "broker.session.timeout.ms": 2_000,
    "broker.heartbeat.interval.ms": 250,
}
LOGGING = """\
status=warn
rootLogger.level=warn
rootLogger.appenderRef.console.ref=CONSOLE
appender.console.type=Console
appender.console.name=CONSOLE
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %m (%c)%n
"""


class Broker(msgspec.Struct, frozen=True):
    """What a broker is made of; `jars` is sorted, as an archive of classes needs."""

    java: JavaRuntime
    jars: tuple[Path, ...]
    version: str
    options: tuple[str, ...] = ()
    """More options for the runtime."""

    @property
    def class_path(self) -> str:
        """The jars as the runtime's option takes them."""
        return ":".join(str(jar) for jar in self.jars)


def kafka_plan(
    broker: Broker, *, folder: Path, ports: tuple[int, int], cache: Path
) -> Plan:
    """Lay out formatted storage in `folder` if there is none yet, and plan its server.

    `ports` are the clients' and the controller's.
    """
    data = folder / "data"
    if not (data / "meta.properties").exists():
        shutil.copytree(_formatted(broker, cache=cache), data, dirs_exist_ok=True)
    port, controller_port = ports
    properties = _write_properties(
        folder, data=data, port=port, controller_port=controller_port
    )
    url = f"127.0.0.1:{port}"
    return Plan(
        name="kafka",
        argv=(*_java_command(broker, folder), "kafka.Kafka", str(properties)),
        folder=folder,
        port=port,
        url=url,
        check=partial(check_kafka, url),
    )


def _java_command(broker: Broker, folder: Path) -> tuple[str, ...]:
    """The runtime with its options, up to the class to run."""
    logging = folder / "log4j2.properties"
    logging.write_text(LOGGING, encoding="utf-8")
    return (
        *(str(broker.java.path), *JVM_OPTIONS, *broker.options),
        *(f"-Dlog4j2.configurationFile={logging}", "-cp", broker.class_path),
    )


def _write_properties(
    folder: Path, *, data: Path, port: int, controller_port: int
) -> Path:
    """The broker's configuration; a formatted folder does not know its ports."""
    clients, controller = f"127.0.0.1:{port}", f"127.0.0.1:{controller_port}"
    properties = {
        **PROPERTIES,
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{clients},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{clients}",
        "log.dirs": data,
    }
    path = folder / "server.properties"
    lines = (f"{key}={value}\n" for key, value in properties.items())
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _formatted(broker: Broker, *, cache: Path) -> Path:
    # A folder formatted by a newer version may be refused by an older one.
    target = cache / f"kafka-storage-{broker.version}"
    return made_once(target, partial(_format, broker)) / "data"


def _format(broker: Broker, target: Path) -> None:
    properties = _write_properties(
        target, data=target / "data", port=1, controller_port=2
    )
    command = _java_command(broker, target)
    try:
        done = subprocess.run(
            [
                *(*command, "kafka.tools.StorageTool", "format"),
                *("-t", CLUSTER_ID, "-c", str(properties)),
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=FORMAT_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise StartFailed(
            f"Kafka's storage was not formatted within {FORMAT_LIMIT_S} s."
        ) from error
    if done.returncode:
        raise StartFailed(
            f"Kafka's storage could not be formatted: {done.stderr[-500:]}"
        )
