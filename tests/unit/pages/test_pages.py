"""What every page keeps: its policy, its look for errors, its position."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest

from boxoffice_api.pages.assets import load_assets
from tests.unit.api.house import House
from tests.unit.pages.site import Visitor

JSON = {"accept": "application/json"}


async def test_the_list_tells_title_date_price_and_free_places(
    ann: Visitor, performance: str
) -> None:
    page = await ann.open("/")
    assert f'href="/performances/{performance}"' in page.text
    for words in (
        "Neon Nights",
        "Thursday, 31 December 2026, 20:00 PST",
        "28 places free",
        "USD 45.00",
    ):
        assert words in page.words


async def test_without_performances_the_list_says_so(ann: Visitor) -> None:
    assert "Nothing is on sale right now" in (await ann.open("/")).words


async def test_what_is_over_is_not_listed(
    ann: Visitor, house: House, performance: str
) -> None:
    house.clock.time += timedelta(days=40)
    assert performance not in (await ann.open("/")).text


async def test_the_hall_tells_all_in_prices_and_free_places_by_level(
    ann: Visitor, performance: str
) -> None:
    page = await ann.open(f"/performances/{performance}")
    assert "Full 24 free USD 45.00" in page.words
    assert "Cheap 4 free not on sale" in page.words
    svg = re.search(r"<svg id=.hall.*?</svg>", page.text, re.DOTALL)
    assert svg is not None
    places = [e for e in fromstring(svg[0]).iter() if e.tag.endswith("}use")]  # noqa: S314 - our own page
    assert len(places) == 28
    assert len(page.free) == 28


async def test_a_hall_is_drawn_once_for_all_who_come_within_a_second(
    ann: Visitor, bob: Visitor, performance: str
) -> None:
    first = await ann.open(f"/performances/{performance}")
    second = await bob.open(f"/performances/{performance}")
    assert first.fields["form"] != second.fields["form"]
    hold = await ann.send(first, "Hold places", places=(1,))
    shared = await bob.open(f"/performances/{performance}")
    own = await bob.open(f"/performances/{performance}?fresh")
    assert (1 in shared.free, 1 in own.free) == (True, False)
    assert hold.status == 200


async def test_every_page_says_its_position(ann: Visitor, performance: str) -> None:
    for path in ("/", f"/performances/{performance}", "/staff"):
        page = await ann.open(path)
        assert re.search(r'<data id="position" value="\d+">', page.text), path


@pytest.mark.parametrize("path", ["/", "/staff", "/nowhere", "/performances/x"])
async def test_every_page_forbids_what_is_not_ours(ann: Visitor, path: str) -> None:
    answer = await ann.request("GET", path)
    policy = answer.headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://boxoffice.test"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", answer.text)


async def test_a_strange_host_is_not_written_into_the_policy(ann: Visitor) -> None:
    headers = {"host": "evil.test; script-src *"}
    answer = await ann.request("GET", "/", headers=headers)
    assert "evil" not in answer.headers["content-security-policy"]


async def test_pages_are_compressed_for_who_can_read_that(
    ann: Visitor, performance: str
) -> None:
    path = f"/performances/{performance}"
    plain = await ann.request("GET", path, headers={"accept-encoding": "identity"})
    packed = await ann.request("GET", path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert len(packed.text) == len(plain.text)


async def test_a_browser_sees_an_error_as_a_page_with_one_sentence(
    ann: Visitor,
) -> None:
    page = await ann.open("/performances/0123456789abcdef01234567")
    assert page.status == 404
    assert "There is no such performance." in page.words
    assert 'href="/"' in page.text


async def test_a_program_and_the_api_get_the_problem_document(ann: Visitor) -> None:
    as_program = await ann.request("GET", "/nowhere", headers=JSON)
    of_api = await ann.request("GET", "/v1/nowhere")
    for answer in (as_program, of_api):
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_answer_that_is_not_ready_asks_for_patience(
    house: House, performance: str
) -> None:
    await house.container.cache.drop("availability", 1)
    path = f"/performances/{performance}"
    answer = await house.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 503
    assert "ask again in a moment" in answer.text
    assert answer.headers["retry-after"] == "1"


async def test_an_order_of_nobody_known_asks_to_open_the_page_again(
    ann: Visitor,
) -> None:
    page = await ann.open("/orders/ABCDEFGHJK")
    assert page.status == 401
    assert "We do not know you yet" in page.words


# ------------------------------------------------------------------ the files


async def test_files_are_kept_for_ever_under_their_digest(ann: Visitor) -> None:
    page = await ann.request("GET", "/")
    paths = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(paths) >= 3
    for path in paths:
        answer = await ann.request("GET", path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


async def test_a_page_of_the_release_before_still_finds_todays_files(
    ann: Visitor,
) -> None:
    answer = await ann.request("GET", "/static/000000000000/boxoffice.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["missing.js", "../assets.py", "..%2fassets.py"])
async def test_only_our_own_files_are_given(ann: Visitor, name: str) -> None:
    answer = await ann.request("GET", f"/static/000000000000/{name}")
    assert answer.status_code == 404


def test_every_module_that_is_imported_is_there() -> None:
    found = load_assets().files
    for name, asset in found.items():
        assert gzip.decompress(asset.packed) == asset.body
        imported = re.findall(rb'from "\./([\w.]+)"', asset.body)
        assert {part.decode() for part in imported} <= set(found), name


async def test_the_colours_of_a_hall_are_a_style_sheet_of_their_own(
    ann: Visitor, performance: str
) -> None:
    page = await ann.request("GET", f"/performances/{performance}")
    path = re.search(r'href="(/levels/[^"]+)"', page.text)
    assert path is not None
    answer = await ann.request("GET", path[1])
    assert answer.headers["content-type"].startswith("text/css")
    assert ".k1{--level:" in answer.text


@pytest.mark.parametrize("name", ["x.css", "336699", "336699-.css", "}body{.css"])
async def test_only_colours_make_a_style_sheet(ann: Visitor, name: str) -> None:
    assert (await ann.request("GET", f"/levels/{name}")).status_code == 404
