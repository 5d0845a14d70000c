import pytest

from benchmarks import __main__ as whole


def test_next_benchmark_runs_when_one_fails(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOXOFFICE_TEST_POSTGRES_URL", "postgresql://nobody")
    monkeypatch.setattr(whole, "RUNS", ("missing", "ratios", "absent"))
    monkeypatch.setattr("sys.argv", ["benchmarks"])
    with pytest.raises(SystemExit) as ended:
        whole.main()
    assert ended.value.code == "No figures of: missing, absent."
    assert "No module named benchmarks.absent" in capfd.readouterr().err
