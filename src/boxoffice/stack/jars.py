"""Kafka's class path from Maven, accepted only if it is exactly the committed list.

Maven resolves a project of three dependencies; every jar's name and sha256 must then
match, with none missing and none over. What differs is refused whole.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING

from boxoffice.stack.cache import made_once
from boxoffice.stack.errors import Missing, WrongJars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from boxoffice.stack.java import JavaRuntime
    from boxoffice.stack.pins import JarPins

log = logging.getLogger(__name__)

FETCH_LIMIT_S = 600
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
POM = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>boxoffice</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{kafka}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>{log4j}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-core</artifactId>
      <version>{log4j}</version>
    </dependency>
  </dependencies>
</project>
"""


def broker_jars(pins: JarPins, *, cache: Path, java: JavaRuntime) -> Path:
    """The folder with exactly the pinned jars, fetched if this is the first time.

    Raises: Missing, when Maven is absent or fails; WrongJars, when what it brought is
    not what was pinned.
    """
    folder = made_once(cache / pins.folder, partial(_fetch, pins, java=java))
    return folder / "libs"


def verify(folder: Path, *, expected: Mapping[str, str]) -> None:
    """Refuse a folder of jars that differs from the list in any way."""
    found = {jar.name: _sha256(jar) for jar in folder.glob("*.jar")}
    absent = sorted(expected.keys() - found.keys())
    surplus = sorted(found.keys() - expected.keys())
    shared = expected.keys() & found.keys()
    altered = sorted(jar for jar in shared if expected[jar] != found[jar])
    differences = [
        f"{what} {', '.join(jars)}"
        for what, jars in (("absent", absent), ("over", surplus), ("altered", altered))
        if jars
    ]
    if differences:
        raise WrongJars(
            "Kafka's jars are not the ones in requirements/stack-kafka.txt "
            f"({'; '.join(differences)}) and were thrown away."
        )


def _fetch(pins: JarPins, target: Path, *, java: JavaRuntime) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing(
            f"Kafka {pins.kafka_version} is missing: its jars come by Maven, so install"
            " that (apt-get install maven) or set BOXOFFICE_TEST_KAFKA_URL."
        )
    pom = POM.format(kafka=pins.kafka_version, log4j=pins.log4j_version)
    (target / "pom.xml").write_text(pom, encoding="utf-8")
    libs = target / "libs"
    _run_maven([maven, "-B", "-q", "-C", PLUGIN], target=target, java=java)
    shutil.rmtree(target / "repository")
    verify(libs, expected=pins.sha256)


def _run_maven(command: list[str], *, target: Path, java: JavaRuntime) -> None:
    # A repository of its own: the account may have no home for Maven's usual one.
    repository = target / "repository"
    options = [
        *(f"-Dmaven.repo.local={repository}", "-Dstyle.color=never"),
        *("-DincludeScope=runtime", "-DoutputDirectory=libs"),
    ]
    done = subprocess.run(
        [*command, *options],
        check=False,
        cwd=target,
        env=_environment(java),
        capture_output=True,
        text=True,
        timeout=FETCH_LIMIT_S,
        umask=0o022,
    )
    if done.returncode:
        log.warning("%s", (done.stdout + done.stderr).strip())
        raise Missing(
            "Kafka is missing: Maven could not fetch its jars, for the reason above; "
            "try again, or set BOXOFFICE_TEST_KAFKA_URL."
        )


def _environment(java: JavaRuntime) -> dict[str, str]:
    """Maven runs on the machine's own Java, which trusts what the machine trusts."""
    if "JAVA_HOME" in os.environ or shutil.which("java"):
        return dict(os.environ)
    return {**os.environ, "JAVA_HOME": str(java.home)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
