"""Colours of price levels can be seen on light and on dark ground."""

from __future__ import annotations

import pytest

from boxoffice_api.pages import colours
from boxoffice_api.pages.colours import Rgb, on_dark, on_light, read

WHITE_PANEL = read("#ffffff")
DARK_PANEL = read("#121519")
GRAPHICS_LEAST = 3.0

PLAN_COLOURS = ["#1d3557", "#ffff00", "#000", "#fff", "#d4a017", "#E87722", "#8E44AD"]


def contrast(one: Rgb, other: Rgb) -> float:
    light, dark = sorted((one.luminance, other.luminance), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("text", PLAN_COLOURS)
def test_every_level_stands_out_on_both_grounds(text: str) -> None:
    assert contrast(on_light(read(text)), WHITE_PANEL) >= GRAPHICS_LEAST
    assert contrast(on_dark(read(text)), DARK_PANEL) >= GRAPHICS_LEAST


def test_a_colour_that_stands_out_already_stays_as_it_is() -> None:
    blue = read("#2376b5")
    assert on_light(blue).text() == "2376b5"


def test_a_colour_that_is_no_number_becomes_one_of_the_house() -> None:
    assert read("rebeccapurple", index=1).text() == colours.HOUSE[1]
    assert read('"><script>', index=9).text() == colours.HOUSE[1]


def test_short_and_transparent_colours_are_read() -> None:
    assert read("#f00").text() == "ff0000"
    assert read("#33669980").text() == "336699"


def test_the_style_sheet_has_every_level_in_both_themes() -> None:
    css = colours.levels_css([read("#1d3557"), read("#ffff00")])
    light, _, dark = css.partition("@media (prefers-color-scheme:dark)")
    assert [".k0{--level:", ".k1{--level:"] == [
        part for part in (".k0{--level:", ".k1{--level:") if part in light
    ]
    assert ".k1{--level:" in dark


def test_words_are_given_an_ink_for_their_ground() -> None:
    assert ["deep", "pale", "bright"] == [
        colours.ground(read(text)) for text in ("#232936", "#d4a017", "#dbe7f2")
    ]
