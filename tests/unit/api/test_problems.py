import json
from collections.abc import Iterator

import pytest

from boxoffice import errors
from boxoffice_api import problems
from boxoffice_api.problems import STATUSES, answer_error, problem
from boxoffice_api.routes.documents import sections


def every_error() -> Iterator[type[errors.BoxOfficeError]]:
    """Walk the whole tree, wherever its branches are defined."""
    waiting: list[type[errors.BoxOfficeError]] = [errors.BoxOfficeError]
    while waiting:
        error = waiting.pop()
        yield error
        waiting += [e for e in error.__subclasses__() if _is_ours(e)]


def _is_ours(error: type) -> bool:
    return error.__module__.startswith("boxoffice")


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in every_error()]
    assert sorted(set(codes)) == sorted(codes)
    assert all("code" in vars(error) for error in every_error())


def test_every_error_has_a_row_in_the_table_and_nothing_else_has() -> None:
    assert set(every_error()) == set(STATUSES)


def test_every_error_has_a_section_that_names_its_status() -> None:
    told = sections()
    assert {error.code for error in every_error()} == set(told)
    for error in every_error():
        assert told[error.code].startswith(f"Status {STATUSES[error]}. "), error


def test_every_error_has_a_sentence_for_the_public() -> None:
    for error in every_error():
        sentence = (error.__doc__ or "").strip()
        assert sentence.endswith("."), error
        assert "\n" not in sentence, error


def test_no_refusal_is_a_fault_of_ours() -> None:
    refused = [error for error in every_error() if issubclass(error, errors.Refused)]
    assert [error for error in refused if STATUSES[error] >= 500] == []


def test_a_problem_has_the_members_of_rfc_9457_and_the_data_of_its_error() -> None:
    error = errors.SeatsUnavailable("A-1 is gone.", places=[1])
    answer = problem(error, path="/v1/x")
    assert answer.status == 409
    assert answer.media_type == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "/problems/seats-unavailable",
        "title": "Seats unavailable",
        "status": 409,
        "detail": "A-1 is gone.",
        "instance": "/v1/x",
        "places": [1],
    }


def test_data_cannot_pose_as_a_member_of_the_problem() -> None:
    error = errors.Refused("No.", status=200, type="/problems/none")
    body = json.loads(problem(error, path="/").body)
    assert (body["status"], body["type"]) == (409, "/problems/refused")


@pytest.mark.parametrize(
    "error",
    [
        errors.Corrupt("The password is hunter2.", secret="hunter2"),
        errors.Misconfigured("postgresql://app:hunter2@log"),
        errors.Unavailable("cannot reach log hunter2"),
        RuntimeError("hunter2"),
    ],
)
def test_what_went_wrong_inside_is_not_told_outside(error: Exception) -> None:
    answer = answer_error(error, path="/v1/x")
    assert answer.status >= 500
    assert b"hunter2" not in answer.body
    assert json.loads(answer.body)["detail"].endswith(".")


def test_an_unavailable_house_says_when_to_come_back() -> None:
    headers = dict(problem(errors.Overloaded(), path="/").headers)
    assert headers["retry-after"] == "1"


def test_a_stranger_is_told_how_to_name_himself() -> None:
    headers = dict(problem(errors.Unauthenticated(), path="/").headers)
    assert headers["www-authenticate"].startswith("Bearer")


def test_an_odd_path_is_told_in_ascii() -> None:
    body = json.loads(problem(errors.NotFound(), path='/é"\n\x00').body)
    assert body["instance"] == "/%C3%A9%22%0A%00"


def test_a_new_kind_of_error_is_told_as_the_nearest_known_kind() -> None:
    class Stranger(problems.Malformed):
        """Nobody has met it."""

    Stranger.__module__ = "elsewhere"
    assert problem(Stranger(), path="/").status == 400
