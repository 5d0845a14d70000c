"""What every command line has in common: exit codes and one sentence."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from boxoffice.cli.main import boxoffice, run
from boxoffice.demo.load import showroom

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def a_house_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    for name in os.environ:
        if name.startswith("BOXOFFICE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BOXOFFICE_LOG_URL", "memory://")
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.glob("**/log.sqlite"))


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    path = tmp_path / "showroom.json"
    path.write_bytes(showroom())
    return str(path)


@pytest.mark.parametrize("name", ["", *boxoffice.commands])
def test_every_command_explains_itself(name: str, capsys: Out) -> None:
    assert run([*name.split(), "--help"]) == 0
    assert "Usage: boxoffice" in capsys.readouterr().out


def test_a_wrong_call_is_told_and_exits_with_2(capsys: Out) -> None:
    assert run(["import-plan"]) == 2
    said = capsys.readouterr()
    assert "Missing argument" in said.err
    assert not said.out


def test_a_refusal_is_one_sentence_and_exits_with_1(
    tmp_path: Path, capsys: Out
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    assert run(["import-plan", str(bad)]) == 1
    said = capsys.readouterr()
    assert said.err == (
        "boxoffice: Line 1, column 2: this is not JSON (Expecting property name"
        " enclosed in double quotes).\n"
    )
    assert not said.out


def test_a_wrong_setting_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("BOXOFFICE_HOLD_TTL", "5")
    assert run(["token", "list"]) == 1
    assert (
        capsys.readouterr().err == "boxoffice: BOXOFFICE_HOLD_TTL is not a setting.\n"
    )


def test_a_url_of_no_known_kind_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("BOXOFFICE_LOG_URL", "mysql://here")
    assert run(["token", "list"]) == 1
    assert "must begin with sqlite:///" in capsys.readouterr().err


def test_a_fault_of_ours_is_no_stack_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    @click.command()
    def broken() -> None:
        raise TypeError("nobody thought of this")

    monkeypatch.setitem(boxoffice.commands, "broken", broken)
    assert run(["broken"]) == 1
    assert capsys.readouterr().err == (
        "boxoffice: This is a fault of boxoffice itself"
        " (TypeError: nobody thought of this).\n"
    )


def test_a_folder_one_may_not_write_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Out
) -> None:
    monkeypatch.delenv("BOXOFFICE_LOG_URL")
    (tmp_path / "file").write_text("")
    assert run(["serve", "--data", str(tmp_path / "file" / "below")]) == 1
    assert capsys.readouterr().err.startswith("boxoffice: Not a directory: ")


def test_background_roles_need_services(capsys: Out) -> None:
    assert run(["relay"]) == 1
    assert capsys.readouterr().err.startswith("boxoffice: `boxoffice relay` needs ")
    assert run(["project"]) == 1
    assert "BOXOFFICE_KAFKA_URL" in capsys.readouterr().err


def test_a_house_on_services_is_not_reset(capsys: Out) -> None:
    assert run(["serve", "--reset"]) == 1
    assert "BOXOFFICE_LOG_URL is set" in capsys.readouterr().err


def test_an_import_tells_places_and_id(plan_file: str, capsys: Out) -> None:
    assert run(["import-plan", plan_file]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Imported The Showroom: 1,203 places (VIP Table, Booth, ")


def test_an_import_tells_machines_in_json(plan_file: str, capsys: Out) -> None:
    assert run(["import-plan", plan_file, "--json", "--id", "ab" * 12]) == 0
    told = msgspec.json.decode(capsys.readouterr().out)
    assert told["plan"] == "ab" * 12
    assert told["places"] == 1_203
    assert told["imported"] is True


@pytest.mark.parametrize("given", ["AB" * 12, "ab", "ab" * 13, "-", "zz" * 12])
def test_what_is_no_id_is_a_wrong_call(plan_file: str, given: str, capsys: Out) -> None:
    assert run(["import-plan", plan_file, "--id", given]) == 2
    assert "is not an id of 24 hex digits" in capsys.readouterr().err


def test_a_new_token_is_shown_alone_on_standard_output(capsys: Out) -> None:
    assert run(["token", "add", "Ann", "--role", "till"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("bo_staff_")
    assert len(said.out.split()) == 1
    assert said.err == "Ann may act as till; this is shown only now.\n"


def test_a_token_needs_a_person_and_a_role_we_know(capsys: Out) -> None:
    assert run(["token", "add", " "]) == 1
    assert run(["token", "add", "Ann", "--role", "king"]) == 2
    assert run(["token", "revoke", "Nobody"]) == 1
    assert "Nobody has no valid token." in capsys.readouterr().err


def test_a_performance_that_is_not_there_is_not_found(capsys: Out) -> None:
    assert run(["performance", "open", "ab" * 12]) == 1
    assert run(["performance", "prices", "ab" * 12, "Floor=1"]) == 1
    said = capsys.readouterr().err
    assert said == "boxoffice: There is no such performance.\n" * 2


def test_a_server_that_is_no_url_is_one_sentence(capsys: Out) -> None:
    assert run(["verify", "--url", "nonsense"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "boxoffice: 'nonsense' is not a URL such as http://127.0.0.1:8000."


def test_replay_says_which_models_there_are(capsys: Out) -> None:
    assert run(["replay"]) == 1
    assert run(["replay", "--model", "nothing"]) == 1
    said = capsys.readouterr().err
    assert "either --all or --model" in said
    assert "'nothing' is not one of seat_map, sales_board, availability, order" in said


def test_an_empty_log_is_replayed_as_a_trial(capsys: Out) -> None:
    assert run(["replay", "--all", "--json"]) == 0
    told = msgspec.json.decode(capsys.readouterr().out)
    assert {one["model"]: one["documents"] for one in told} == {
        "seat_map": 0,
        "sales_board": 0,
        "availability": 0,
        "order": 0,
    }


def test_a_new_epoch_is_asked_for_twice(capsys: Out) -> None:
    assert run(["new-epoch", "--yes"]) == 0
    assert capsys.readouterr().out == "The log is in epoch 2 now.\n"


@pytest.mark.parametrize("phase", [[], ["--phase", "pre"], ["--phase", "post"]])
def test_a_house_without_services_has_nothing_to_migrate(
    phase: list[str], capsys: Out
) -> None:
    assert run(["migrate", *phase]) == 0
    assert capsys.readouterr().out == "Everything is up to date.\n"


def test_a_phase_that_there_is_not_is_a_wrong_call(capsys: Out) -> None:
    assert run(["migrate", "--phase", "during"]) == 2
    assert "'during' is not one of 'pre', 'post'" in capsys.readouterr().err


def test_after_a_rollout_no_topics_are_made(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("BOXOFFICE_KAFKA_URL", "nowhere.invalid:9092")
    assert run(["migrate", "--phase", "post", "--json"]) == 0
    assert capsys.readouterr().out == '{"done":[]}\n'
