"""What the image is told to run is what the command line knows."""

import pytest
from click.testing import CliRunner

from boxoffice.cli.main import boxoffice
from boxoffice.cli.serve import ROLES as SERVED
from tests.chart.release import ROLES, Release

RUNNING = (*ROLES, "migration", "migrate-post")


def parse(arguments: list[str]) -> int:
    """Parse without running: the help answers only once all options are known."""
    return CliRunner().invoke(boxoffice, [*arguments, "--help"]).exit_code


@pytest.mark.parametrize("role", RUNNING)
def test_every_role_is_a_command_with_these_options(
    release: Release, role: str
) -> None:
    (container,) = release.pod_templates()[role]["spec"]["containers"]

    assert parse(container["args"]) == 0


@pytest.mark.parametrize("arguments", [["serv"], ["serve", "--hosts", "::"]])
def test_a_misspelt_command_or_option_would_be_noticed(arguments: list[str]) -> None:
    assert parse(arguments) != 0


def test_the_api_serves_a_role_that_exists(default_release: Release) -> None:
    (container,) = default_release.pod_templates()["api"]["spec"]["containers"]
    arguments = container["args"]

    assert arguments[arguments.index("--role") + 1] in SERVED
