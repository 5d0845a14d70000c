"""Progress without a terminal."""

from boxoffice.cli.progress import plain_lines


def test_a_line_is_said_at_every_tenth_of_the_way() -> None:
    lines: list[str] = []
    told = plain_lines(lines.append)
    for done in range(0, 1_001, 10):
        told(done, 1_000, 500.0)
    assert len(lines) == 11
    assert lines[0] == "0 of 1,000 events, 500 a second, 2 s left"
    assert lines[-1] == "1,000 of 1,000 events, 500 a second, 0 s left"


def test_large_steps_skip_lines() -> None:
    lines: list[str] = []
    told = plain_lines(lines.append)
    for done in (350, 380, 420, 1_000):
        told(done, 1_000, 1.0)
    assert [line.split()[0] for line in lines] == ["350", "420", "1,000"]


def test_an_empty_log_is_no_division_by_zero() -> None:
    lines: list[str] = []
    plain_lines(lines.append)(0, 0, 0.0)
    assert lines == ["0 of 0 events, 0 a second, 0 s left"]
