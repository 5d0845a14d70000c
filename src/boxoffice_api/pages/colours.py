"""Colours of price levels, made visible on light and on dark ground.

Plans bring colours of their own, and a hall's navy cannot be seen at night. A colour
keeps its hue and is darkened or lightened until it stands out; graphics need 3:1.
Source: WCAG 2.2, 1.4.11 and the definition of relative luminance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})(?:[0-9a-f]{1,2})?", re.IGNORECASE)
HOUSE = ("b7791f", "7c4dbe", "c23b54", "2376b5", "23835a", "b35a1f", "5b6ad0", "0f8a8a")
"""For levels whose plan names a colour that is no number."""
ON_LIGHT_MOST = 0.22
ON_DARK_LEAST, ON_DARK_MOST = 0.20, 0.42
WHITE_ABOVE = 0.36
"""Luminance of a ground above which dark ink reads better than white."""
BRIGHT_ABOVE = 0.6
"""From here on a shape would glare in the dark."""


class Rgb(NamedTuple):
    """Red, green, blue from 0 to 1, linear: as light adds up."""

    red: float
    green: float
    blue: float

    @property
    def luminance(self) -> float:
        return 0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue

    def mixed(self, other: Rgb, share: float) -> Rgb:
        """Give this with a share of another."""
        pairs = zip(self, other, strict=True)
        return Rgb(*(mine + (theirs - mine) * share for mine, theirs in pairs))

    def text(self) -> str:
        """Give `rrggbb`."""
        return "".join(f"{round(255 * _encoded(part)):02x}" for part in self)


BLACK, WHITE = Rgb(0.0, 0.0, 0.0), Rgb(1.0, 1.0, 1.0)


def read(text: str, *, index: int = 0) -> Rgb:
    """Read a colour; what is no hexadecimal number becomes one of the house's."""
    match = HEX.fullmatch(text.strip())
    digits = match[1] if match else HOUSE[index % len(HOUSE)]
    if len(digits) == 3:  # noqa: PLR2004 - one digit a part
        digits = "".join(2 * digit for digit in digits)
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return Rgb(*(_linear(part) for part in parts))


def on_light(colour: Rgb) -> Rgb:
    """Darken until it stands out on white."""
    return _within(colour, least=0.0, most=ON_LIGHT_MOST)


def on_dark(colour: Rgb) -> Rgb:
    """Lighten or darken until it stands out, and does not glare, on near-black."""
    return _within(colour, least=ON_DARK_LEAST, most=ON_DARK_MOST)


def ground(colour: Rgb) -> str:
    """Name what a shape is as a ground for words: `bright`, `pale` or `deep`."""
    if colour.luminance > BRIGHT_ABOVE:
        return "bright"
    return "pale" if colour.luminance > WHITE_ABOVE else "deep"


def levels_css(colours: Sequence[Rgb]) -> str:
    """Give the style sheet of a hall's price levels, `.k0` and up."""
    light = "".join(
        f".k{i}{{--level:#{on_light(c).text()}}}" for i, c in enumerate(colours)
    )
    dark = "".join(
        f".k{i}{{--level:#{on_dark(c).text()}}}" for i, c in enumerate(colours)
    )
    return f"{light}\n@media (prefers-color-scheme:dark){{{dark}}}\n"


def _within(colour: Rgb, *, least: float, most: float) -> Rgb:
    if colour.luminance > most:
        return colour.mixed(BLACK, 1 - most / colour.luminance)
    if colour.luminance < least:
        here = colour.luminance
        return colour.mixed(WHITE, (least - here) / (WHITE.luminance - here))
    return colour


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055  # noqa: PLR2004 - sRGB
