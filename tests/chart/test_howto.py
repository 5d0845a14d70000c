"""What the how-to shows is what the chart takes."""

import re

import pytest
import yaml

from tests.chart.release import CHART, ROOT, Values, render
from tests.chart.test_secrets import NEEDED

TEXT = (ROOT / "docs" / "howto" / "deploy-on-kubernetes.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_of_values_renders(snippet: str) -> None:
    assert render(yaml.safe_load(snippet)).manifests


def test_every_snippet_of_values_is_tried() -> None:
    assert TEXT.count("```yaml") == len(SNIPPETS) > 0


def test_the_table_of_credentials_is_the_chart_s() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\| (.*) \|$", TEXT, re.MULTILINE)
    told = {key: set(who.split(", ")) for key, who in rows}
    mounted = {
        name: {role for role, needed in NEEDED.items() if name in needed}
        for name in set[str]().union(*NEEDED.values())
    }

    assert told == {
        name.lower().replace("_", "-"): roles for name, roles in mounted.items()
    }


def test_every_secret_it_makes_is_the_one_the_chart_expects() -> None:
    defaults: Values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    made = {
        name: set(re.findall(r"--from-file=([a-z-]+)", command))
        for name, command in re.findall(
            r"create secret generic ([a-z-]+)((?:.*\\\n)*.*)", TEXT
        )
    }
    expected: dict[str, set[str]] = {}
    for secret in defaults["secrets"].values():
        expected.setdefault(secret["name"], set()).add(secret["key"])

    assert made == expected
