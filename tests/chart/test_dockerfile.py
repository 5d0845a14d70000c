"""The Dockerfile is read here, never built: its last stage must suit the chart."""

import re
import tomllib

from tests.chart.release import ROOT, Release

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
WHITESPACE = re.compile(r"\s+")


def instructions() -> list[tuple[str, str]]:
    """Every instruction and its words, with continued lines joined."""
    lines = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word, WHITESPACE.sub(" ", rest.strip()))
        for word, _, rest in (line.partition(" ") for line in joined.splitlines())
        if word
    ]


def final_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(i for i, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def test_the_image_runs_as_the_user_of_the_chart(default_release: Release) -> None:
    users = {
        container["securityContext"]["runAsUser"]
        for _, container in default_release.containers()
    }

    assert users == {65532}
    assert ("USER", "65532:65532") in final_stage()


def test_the_image_is_the_program_and_the_sub_command_its_role() -> None:
    assert ("ENTRYPOINT", '["boxoffice"]') in final_stage()
    assert ("EXPOSE", "8000 9000") in final_stage()


def test_what_is_installed_is_pinned_by_hash() -> None:
    installs = re.findall(r"pip install [^&]+", " ".join(r for _, r in instructions()))

    assert len(installs) == 3
    for command in installs:
        assert "--no-deps" in command
        assert "--require-hashes" in command or "--no-index" in command


def test_the_last_stage_takes_only_the_finished_environment() -> None:
    copies = [rest for word, rest in final_stage() if word in ("COPY", "ADD")]

    assert copies == ["--from=build /opt/boxoffice /opt/boxoffice"]


def test_both_stages_stand_on_one_base_that_the_project_supports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ((_, base),) = [i for i in instructions() if i[0] == "ARG" and "PYTHON" in i[1]]
    version = re.fullmatch(r"PYTHON=(3\.\d+)-slim-bookworm", base)
    stages = [rest for word, rest in instructions() if word == "FROM"]

    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in project["classifiers"]
    assert stages == ["python:${PYTHON} AS build", "python:${PYTHON}"]


def test_the_version_on_the_label_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert ("ARG", f"VERSION={project['version']}") in final_stage()


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    copied = {
        source
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }

    assert "*" in lines
    assert allowed == copied
