"""The examples of the reference ask for routes that exist, with bodies they read."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from boxoffice_api.app import API
from boxoffice_api.spec import SPEC, Spec

REFERENCE = Path(__file__).parents[3] / "docs/reference/http-api.md"
NAMES = {"$PERFORMANCE": "0" * 24, "$HOLD": "0" * 32, "\\\n": " "}


def examples() -> list[str]:
    """Give every call of curl, with names filled in."""
    blocks = re.findall(r"```sh\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)
    text = "\n".join(blocks) + "\n\n"
    for quoted in ("$PERFORMANCE", "$HOLD"):
        text = text.replace(f"'{quoted}'", quoted)
    for name, value in NAMES.items():
        text = text.replace(name, value)
    return re.findall(r"curl (.*?)(?=\ncurl|\n\n|\Z)", text, re.DOTALL)


def spec_of(method: str, path: str) -> Spec:
    found: list[Spec] = [
        handler.opt[SPEC]
        for handler in API
        for template in handler.paths
        if re.fullmatch(re.sub(r"\{\w+:str\}", "[^/]+", template), path)
        if method in handler.http_methods
    ]
    (only,) = found
    return only


@pytest.mark.parametrize("example", examples())
def test_an_example_can_be_sent(example: str) -> None:
    address = re.search(r"(\$API|\$OF)([^\s\"?|)]*)", example)
    assert address is not None
    root = "" if address[1] == "$API" else "/v1/performances/x"
    body = re.search(r"-d '(.*?)'", example, re.DOTALL)
    named = re.search(r"-X ([A-Z]+)", example)
    method = named[1] if named else "POST" if body else "GET"
    about = spec_of(method, root + address[2])
    if body is not None:
        assert about.body is not None
        msgspec.json.decode(body[1].encode(), type=about.body)
    else:
        assert about.body is None or not about.needs_body


def test_there_are_examples() -> None:
    assert len(examples()) >= 25
