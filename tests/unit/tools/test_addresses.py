from pathlib import PurePath

import pytest

from tools.addresses import OWN_TEXT, problems

PATH = PurePath("docs/page.md")


def lines(text: str, path: PurePath = PATH) -> list[int]:
    return [it.line for it in problems(path, text)]


@pytest.mark.parametrize(
    "text",
    [
        "https://files.python" + "hosted.org/packages/a/b.whl",
        "--index-url https://mirror.example/pypi.org" + "/simple",
        '"resolved": ' + '"https://mirror.example/left-pad.tgz"',
        "source = " + '{ registry = "https://mirror.example" }',
        "https://packages.example" + "/simple/boxoffice",
        "REGISTRY." + "NPMJS.ORG",
    ],
)
def test_registry_host_is_reported(text: str) -> None:
    assert lines("fine\n" + text) == [2]


@pytest.mark.parametrize("folder", ["root", "work", "home/ada", "Users/ada"])
@pytest.mark.parametrize("before", ["", "see ", "file://", '"'])
def test_folder_of_one_machine_is_reported(folder: str, before: str) -> None:
    assert lines(f"{before}/{folder}/boxoffice") == [1]


@pytest.mark.parametrize(
    "text",
    [
        "pip install boxoffice",
        "https://docs.litestar.dev/2/",
        "src/works/plan.py",
        "/homepage/",
        "the root / the work",
        "litestar==2.25.0 --hash=sha256:abc",
    ],
)
def test_ordinary_text_is_let_through(text: str) -> None:
    assert lines(text) == []


def test_the_list_of_hosts_may_name_them() -> None:
    assert lines("files.python" + "hosted.org", OWN_TEXT) == []
