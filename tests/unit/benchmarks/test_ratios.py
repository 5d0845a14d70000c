import pytest

from benchmarks.ratios import Ratio, ratio

OURS, THEIRS = [2.0, 9.0, 10.0], [4.0, 10.0, 20.0]


def test_figure_is_the_median_of_the_rounds_and_the_medians_stand_beside_it() -> None:
    expected = Ratio(median=0.5, of_medians=0.9, least=0.5, most=0.9)
    assert expected == ratio(OURS, THEIRS)


@pytest.mark.parametrize(("goal", "reached"), [(0.5, True), (0.6, False)])
def test_goal_counts_when_both_reach_it(goal: float, *, reached: bool) -> None:
    assert reached == ratio(OURS, THEIRS, goal=goal).reached


def test_rounds_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        ratio([1.0], [1.0, 2.0])
