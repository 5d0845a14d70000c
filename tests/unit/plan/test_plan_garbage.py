"""Whatever a file holds: it is read, or it is refused with a sentence."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxoffice.application.codec import encode
from boxoffice.application.plan_file import read_plan
from boxoffice.domain.catalogue.decide import import_seating_plan
from boxoffice.domain.catalogue.state import SeatingPlan
from boxoffice.domain.ids import PlanId
from boxoffice.errors import Invalid

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = PlanId("ab" * 12)

patiently = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
"""A busy machine is no defect."""

numbers = st.integers() | st.floats()
scraps = (
    st.none()
    | st.booleans()
    | numbers
    | st.text(max_size=5)
    | st.sampled_from(["Stalls", "seat", "circle", "polygon", "#fff"])
)
json_values = st.recursive(
    scraps,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
positions = st.fixed_dictionaries(
    {"x": st.integers(-999, 999), "y": st.integers(-999, 999)}
)
seats = st.fixed_dictionaries(
    {
        "seat_guid": st.text("abcdefgh", min_size=1, max_size=6),
        "seat_number": st.text("123", max_size=2),
        "position": positions,
        "category": st.sampled_from(["Stalls", "Circle"]),
    },
    optional={"kind": st.sampled_from(["seat", "wheelchair"])},
)
rows = st.fixed_dictionaries(
    {"row_number": st.text("AB", max_size=1), "seats": st.lists(seats, max_size=3)},
    optional={"position": positions},
)
areas = st.fixed_dictionaries(
    {
        "position": positions,
        "shape": st.sampled_from(["rectangle", "circle", "ellipse", "polygon", "text"]),
        "circle": st.fixed_dictionaries({"radius": st.integers(0, 9)}),
        "ellipse": st.fixed_dictionaries({"radius": positions}),
        "polygon": st.fixed_dictionaries({"points": st.lists(positions, max_size=3)}),
    },
    optional={"text": st.fixed_dictionaries({"text": st.text(max_size=3)})},
)
zones = st.fixed_dictionaries(
    {"name": st.text("XY", max_size=1), "position": positions},
    optional={
        "rows": st.lists(rows, max_size=3),
        "areas": st.lists(areas, max_size=2),
    },
)
plans = st.fixed_dictionaries(
    {
        "name": st.just("House"),
        "categories": st.just([{"name": "Stalls"}, {"name": "Circle"}]),
        "zones": st.lists(zones, max_size=3),
    },
    optional={"size": st.just({"width": 100, "height": 100})},
)


@st.composite
def damaged_plans(draw: st.DrawFn) -> Any:
    """A plan in which one place, anywhere, was replaced by something else."""
    plan = copy.deepcopy(draw(plans))
    part: Any = plan
    while isinstance(part, dict | list) and part:
        keys = sorted(part) if isinstance(part, dict) else range(len(part))
        key = draw(st.sampled_from(keys))
        if not isinstance(part[key], dict | list) or draw(st.booleans()):
            part[key] = draw(json_values)
            break
        part = part[key]
    return plan


def assert_read_or_refused(data: bytes) -> None:
    try:
        command = read_plan(data, plan=PLAN, now=NOW)
    except Invalid as refusal:
        assert refusal.detail.strip()  # noqa: PT017 - the sentence is the promise
        return
    (imported,) = import_seating_plan(SeatingPlan(), command)
    assert encode(imported)


@patiently
@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    assert_read_or_refused(data)


@patiently
@given(json_values)
def test_json_is_read_or_refused(value: object) -> None:
    assert_read_or_refused(json.dumps(value).encode())


@patiently
@given(plans)
def test_a_plan_is_read_or_refused(plan: object) -> None:
    assert_read_or_refused(json.dumps(plan).encode())


@patiently
@given(damaged_plans())
def test_a_damaged_plan_is_read_or_refused(plan: object) -> None:
    assert_read_or_refused(json.dumps(plan).encode())
