import pytest

from boxoffice.settings import Settings
from boxoffice_api.lean import LeanHolds
from tests.unit.api.house import House, open_house


async def hold(house: House, performance: str, *places: int) -> str:
    """Hold places; give the token of the answer."""
    made = await house.client.post(
        f"/v1/performances/{performance}/holds",
        json={"places": places},
        headers=await house.buyer(),
    )
    token: str = made.json()["token"]
    return token


async def test_availability_counts_every_section(
    house: House, performance: str
) -> None:
    await hold(house, performance, 1, 2)
    await house.project()
    answer = await house.client.get(f"/v1/performances/{performance}/availability")
    assert answer.status_code == 200
    stalls, balcony = answer.json()["sections"]
    assert stalls["counts"] == {"0": [22, 2, 0]}
    assert balcony["counts"] == {"1": [4, 0, 0]}
    assert answer.json()["position"] == stalls["position"] > balcony["position"]
    assert answer.headers["cache-control"] == "no-cache"


async def test_availability_is_not_sent_twice_to_who_has_it(
    house: House, performance: str
) -> None:
    await house.project()
    for where in ("availability", "availability/0", "seat-map/0"):
        path = f"/v1/performances/{performance}/{where}"
        first = await house.client.get(path)
        known = {"if-none-match": first.headers["etag"]}
        again = await house.client.get(path, headers=known)
        assert (first.status_code, again.status_code) == (200, 304)
        assert again.content == b""


async def test_a_sale_anywhere_changes_the_tag_of_the_whole(
    house: House, performance: str
) -> None:
    path = f"/v1/performances/{performance}/availability"
    await house.project()
    tags = {(await house.client.get(path)).headers["etag"]}
    for place in (1, 2):
        await hold(house, performance, place)
        await house.project()
        tags.add((await house.client.get(path)).headers["etag"])
    assert len(tags) == 3


async def test_a_seat_map_names_places_and_their_states(
    house: House, performance: str
) -> None:
    await hold(house, performance, 1)
    await house.project()
    answer = await house.client.get(f"/v1/performances/{performance}/seat-map/0")
    section = answer.json()
    assert section["places"][0] == [1, "Stalls A-1", 0, "seat"]
    assert section["state"][:2] == "hf"
    missing = await house.client.get(f"/v1/performances/{performance}/seat-map/2")
    assert missing.status_code == 404


async def test_the_sales_board_is_for_staff(house: House, performance: str) -> None:
    await hold(house, performance, 1)
    await house.project()
    path = f"/v1/performances/{performance}/sales-board"
    board = await house.client.get(path, headers=house.staff("finance"))
    assert board.json()["totals"]["held"] == 1
    assert board.headers["cache-control"] == "no-store"
    assert (await house.client.get(path)).status_code == 401


async def test_what_was_not_folded_yet_is_asked_for_again(
    house: House, performance: str
) -> None:
    answer = await house.client.get(f"/v1/performances/{performance}/availability")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/too-slow"
    assert answer.headers["retry-after"] == "1"


async def test_an_unknown_performance_is_not_found(house: House) -> None:
    for where in ("availability", "availability/0", "seat-map/0"):
        path = f"/v1/performances/{'0' * 24}/{where}"
        assert (await house.client.get(path)).status_code == 404


async def test_a_query_with_a_token_shows_what_the_token_names(
    house: House, performance: str
) -> None:
    token = await hold(house, performance, 1)
    await house.project()
    path = f"/v1/performances/{performance}/availability"
    for asked in (
        house.client.get(f"{path}?token={token}"),
        house.client.get(path, headers={"boxoffice-token": token}),
    ):
        answer = await asked
        assert answer.status_code == 200
        assert answer.json()["sections"][0]["counts"] == {"0": [23, 1, 0]}


async def test_a_query_waits_for_its_token_and_no_longer_than_it_may() -> None:
    settings = Settings(log_url="memory://", secret="s", query_wait_s=0.05)
    async with open_house(settings) as house:
        performance = await house.on_sale()
        await house.project()
        token = await hold(house, performance, 1)
        path = f"/v1/performances/{performance}/availability?token={token}"
        answer = await house.client.get(path)
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/too-slow"


@pytest.mark.parametrize("token", ["x", "main.1", "other.1.1", "main.9.1", "main.1.-1"])
async def test_a_token_that_is_not_ours_is_refused(
    house: House, performance: str, token: str
) -> None:
    await house.project()
    path = f"/v1/performances/{performance}/availability?token={token}"
    assert (await house.client.get(path)).status_code == 422


async def test_a_token_ahead_of_the_log_is_refused_at_once(
    house: House, performance: str
) -> None:
    token = await hold(house, performance, 1)
    await house.project()
    *ours, position = token.split(".")
    path = f"/v1/performances/{performance}/availability?token="
    statuses = {}
    for ahead in (0, 1, 999_999_999):
        asked = ".".join([*ours, str(int(position) + ahead)])
        answer = await house.client.get(path + asked)
        statuses[ahead] = (answer.status_code, answer.json().get("type"))
    refused = (422, "/problems/invalid")
    assert statuses == {0: (200, None), 1: refused, 999_999_999: refused}


async def test_a_new_generation_is_noticed(house: House, performance: str) -> None:
    await house.project()
    path = f"/v1/performances/{performance}/availability/0"
    tag = (await house.client.get(path)).headers["etag"]
    assert tag.startswith('"1.1.')
    await house.project(generation=2)
    assert isinstance(house.app, LeanHolds)
    house.app._edge.availability._known_until = 0
    answer = await house.client.get(path, headers={"if-none-match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"].startswith('"1.2.')
