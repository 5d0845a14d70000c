"""The reference names every command there is, and none that is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from boxoffice.cli.main import boxoffice

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def all_commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from all_commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_is_in_the_reference() -> None:
    text = REFERENCE.read_text("utf-8")
    described = set(re.findall(r"`((?:[a-z-]+ ?)+)", text))
    known = set(all_commands(boxoffice)) - {"stack fetch", "stack doctor"}
    told = {name for name in known if any(d.startswith(name) for d in described)}
    assert told == known


def test_every_option_of_the_reference_exists() -> None:
    text = REFERENCE.read_text("utf-8")
    options = set(re.findall(r"--[a-z][a-z-]*", text)) - {"--help"}
    known = {
        option
        for name in all_commands(boxoffice)
        for option in options_of(name.split())
    }
    assert options - known == set()


def options_of(words: list[str]) -> Iterator[str]:
    command: click.Command = boxoffice
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    for parameter in command.params:
        yield from parameter.opts
