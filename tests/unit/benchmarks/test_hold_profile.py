import pytest

from benchmarks.hold_profile import package, shares

API = ("/x/src/boxoffice_api/lean.py", 1, "answer")
DECIDE = ("/x/src/boxoffice/domain/inventory/decide.py", 1, "hold_places")
PARSE = ("~", 0, "<method 'decode'>")


def test_built_in_functions_count_for_their_callers() -> None:
    stats = {
        API: (4, 4, 1.0, 4.0, {}),
        DECIDE: (4, 4, 2.0, 3.0, {API: (4, 4, 2.0, 3.0)}),
        PARSE: (8, 8, 1.0, 1.0, {API: (4, 4, 0.75, 0.75), DECIDE: (4, 4, 0.25, 0.25)}),
    }
    assert {"domain": 0.562, "boxoffice_api": 0.438} == shares(stats)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/x/src/boxoffice/infrastructure/postgres/wire.py", "infrastructure"),
        ("/x/lib/python3.11/site-packages/uvicorn/protocols/http.py", "uvicorn"),
        ("/x/lib/python3.11/asyncio/futures.py", "asyncio"),
    ],
)
def test_files_are_known_by_their_package(file: str, name: str) -> None:
    assert name == package(file)
