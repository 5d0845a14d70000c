"""The API does what its OpenAPI document says, as a stranger's tool finds it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.unit.api.house import House, open_house
from tests.unit.api.serving import HOST, serving

EXAMPLES = 5
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "negative_data_rejection",
)
CONFIG = """
[parameters]
"path.performance" = "{of}"
"path.hold" = "{hold}"
"path.plan" = "{plan}"
"path.code" = "{code}"
"path.section" = "0"
"path.place" = "1"
"path.wish" = "{hold}"
"path.budget" = "press"

# A performance that was scheduled by the tool has no read models yet.
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""


async def configured(house: House, folder: Path) -> tuple[Path, dict[str, str]]:
    """Make one of everything and name it in a configuration; give it and a buyer."""
    of = await house.on_sale()
    buyer = await house.buyer()
    hold = await house.held(of, buyer, 1)
    order = await house.bought(of, buyer, 2)
    await house.project()
    plans = (await house.client.get("/v1/plans")).json()
    path = folder / "schemathesis.toml"
    path.write_text(
        CONFIG.format(
            of=of,
            hold=hold.rpartition("/")[2],
            plan=plans["items"][0]["plan"],
            code=order["order"],
        ),
        "utf-8",
    )
    return path, buyer


async def expect_no_complaints(port: int, config: Path, who: str, *tags: str) -> None:
    """Let the tool loose, and fail with what it complains about."""
    tool = Path(sys.executable).with_name("schemathesis")
    process = await asyncio.create_subprocess_exec(
        *(tool, "--config-file", config, "run", "--no-color"),
        f"http://{HOST}:{port}/openapi.json",
        *("-H", f"Authorization: {who}", "--generation-database", "none"),
        *("--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES)),
        *("--checks", ",".join(CHECKS)),
        *(f"--include-tag={tag}" for tag in tags),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=config.parent,
    )
    told, _ = await process.communicate()
    if process.returncode != 0:
        pytest.fail(told.decode(errors="replace"), pytrace=False)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_api_does_what_its_description_says(tmp_path: Path) -> None:
    async with open_house() as house:
        config, buyer = await configured(house, tmp_path)
        staff = house.staff("admin")["authorization"]
        async with serving(house.container) as port:
            theirs = ("catalogue", "availability", "staff", "operations")
            await expect_no_complaints(port, config, staff, *theirs)
            mine = ("buyers", "holds", "orders")
            await expect_no_complaints(port, config, buyer["authorization"], *mine)
