import json

import pytest

from tests.unit.api.house import PLACES, House, plan_file, schedule


async def test_a_plan_is_imported_as_json_and_given_with_its_geometry(
    house: House,
) -> None:
    made = await house.client.post("/v1/plans", json=plan_file(), headers=house.staff())
    assert made.status_code == 201
    assert (made.json()["version"], made.json()["places"]) == (0, PLACES + 4)
    plan = (await house.client.get(made.headers["location"])).json()
    assert [section["name"] for section in plan["sections"]] == ["Stalls", "Balcony"]
    assert plan["sections"][0]["places"][0] == {
        "place": 1,
        "row": "A",
        "seat": "1",
        "category": 0,
        "x": 20.0,
        "y": 0.0,
        "kind": "seat",
    }
    assert plan["categories"][0] == {"name": "Full", "colour": "#336699"}


async def test_a_plan_is_imported_from_a_form_with_one_file(house: House) -> None:
    file = ("hall.json", json.dumps(plan_file()).encode(), "application/json")
    made = await house.client.post(
        "/v1/plans", files={"plan": file}, headers=house.staff()
    )
    assert made.status_code == 201
    assert made.json()["name"] == "The Hall"


async def test_a_new_version_keeps_the_old_one_and_its_numbers(house: House) -> None:
    staff = house.staff()
    made = await house.client.post("/v1/plans", json=plan_file(3), headers=staff)
    where = made.headers["location"]
    larger = await house.client.put(where, json=plan_file(5), headers=staff)
    assert (larger.status_code, larger.json()["version"]) == (201, 1)
    newest = (await house.client.get(where)).json()
    first = (await house.client.get(f"{where}?version=0")).json()
    assert [p["place"] for p in first["sections"][0]["places"]] == [1, 2, 3]
    assert [p["place"] for p in newest["sections"][0]["places"]] == [1, 2, 3, 8, 9]
    missing = await house.client.get(f"{where}?version=2")
    assert missing.status_code == 404


async def test_the_same_file_again_changes_nothing(house: House) -> None:
    staff = house.staff()
    made = await house.client.post("/v1/plans", json=plan_file(3), headers=staff)
    where = made.headers["location"]
    again = await house.client.put(where, json=plan_file(3), headers=staff)
    assert again.status_code == 204
    assert (await house.client.get(where)).json()["version"] == 0


async def test_a_plan_is_not_sent_twice_to_who_has_it(house: House) -> None:
    made = await house.client.post(
        "/v1/plans", json=plan_file(3), headers=house.staff()
    )
    first = await house.client.get(made.headers["location"])
    again = await house.client.get(
        made.headers["location"], headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_plan_with_a_mistake_is_refused_with_its_place(house: House) -> None:
    plan = plan_file(3)
    plan["zones"][0]["rows"][0]["seats"][1]["category"] = "Royal"
    answer = await house.client.post("/v1/plans", json=plan, headers=house.staff())
    assert answer.status_code == 422
    assert answer.json()["place"] == "zones[0].rows[0].seats[1].category"


async def test_a_performance_shows_its_prices_and_whether_it_is_on_sale(
    house: House, performance: str
) -> None:
    shown = (await house.client.get(f"/v1/performances/{performance}")).json()
    assert shown["title"] == "Neon Nights"
    assert shown["on_sale"] is True
    assert shown["categories"][0]["price"] == {"minor": 4500, "currency": "USD"}
    assert shown["categories"][1]["price"] is None
    assert [section["places"] for section in shown["sections"]] == [PLACES, 4]
    house.clock.pass_(days=40)
    shown = (await house.client.get(f"/v1/performances/{performance}")).json()
    assert (shown["open"], shown["on_sale"]) == (True, False)


async def test_what_is_on_comes_by_date_in_pages(house: House) -> None:
    staff = house.staff()
    post = house.client.post
    plan = (await post("/v1/plans", json=plan_file(3), headers=staff)).json()["plan"]
    shows = []
    for title in ("One", "Two"):
        made = await post("/v1/productions", json={"title": title}, headers=staff)
        shows.append(made.json()["production"])
    for day in (20, 18, 19):
        asked = schedule(shows[day % 2], plan)
        asked["starts_at"] = f"2027-01-{day}T20:00:00Z"
        made = await post("/v1/performances", json=asked, headers=staff)
        assert made.status_code == 201
    first = (await house.client.get("/v1/performances?limit=2")).json()
    assert [p["starts_at"][8:10] for p in first["items"]] == ["18", "19"]
    where = f"/v1/performances?limit=2&after={first['next']}"
    second = (await house.client.get(where)).json()
    assert [p["starts_at"][8:10] for p in second["items"]] == ["20"]
    assert second["next"] is None
    theirs = await house.client.get(f"/v1/performances?production={shows[1]}")
    assert [p["title"] for p in theirs.json()["items"]] == ["Two"]
    titles = (await house.client.get("/v1/productions")).json()["items"]
    assert [production["title"] for production in titles] == ["One", "Two"]
    plans = (await house.client.get("/v1/plans")).json()["items"]
    assert [hall["places"] for hall in plans] == [7]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"starts_at": "2026-12-31T20:00:00"}, "/starts_at"),
        ({"currency": "dollars"}, "/currency"),
        ({"plan": "x"}, "/plan"),
        ({"zone": "Mars/Olympus"}, None),
        ({"sale_until": "2020-01-01T00:00:00Z"}, None),
    ],
)
async def test_a_date_that_makes_no_sense_is_refused(
    house: House, change: dict[str, str], pointer: str | None
) -> None:
    staff = house.staff()
    post = house.client.post
    plan = (await post("/v1/plans", json=plan_file(3), headers=staff)).json()["plan"]
    made = await post("/v1/productions", json={"title": "One"}, headers=staff)
    asked = schedule(made.json()["production"], plan) | change
    answer = await post("/v1/performances", json=asked, headers=staff)
    assert answer.status_code == 422
    errors = answer.json().get("errors", [{"pointer": None}])
    assert errors[0]["pointer"] == pointer


async def test_opening_twice_is_as_good_as_once(house: House, performance: str) -> None:
    again = await house.client.post(
        f"/v1/performances/{performance}/open", headers=house.staff()
    )
    assert again.status_code == 204
    assert "boxoffice-token" not in again.headers
