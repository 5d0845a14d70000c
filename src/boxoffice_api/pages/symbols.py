"""The symbols of places: shape tells the state, whatever the colours.

    f free      filled
    h held      an open ring
    s sold      a small cross
    y yours     larger, with a tick

The second letter is the kind: `s` seat (round), `w` wheelchair (square, with a mark),
`c` companion (rounded square).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

_KIND_LETTERS = {"wheelchair": "w", "companion": "c"}
_SEAT_LETTER = "s"


def kind_letter(kind: str) -> str:
    """Give the second letter of a place's symbol."""
    return _KIND_LETTERS.get(kind, _SEAT_LETTER)


def symbols(radius: float) -> str:
    """Draw every state of every kind of place around the origin."""
    kinds: tuple[tuple[str, Callable[[float], str], str], ...] = (
        ("s", _circle, ""),
        ("w", _square, _wheelchair(radius)),
        ("c", _cushion, ""),
    )
    return "".join(
        symbol
        for letter, outline, mark in kinds
        for symbol in _states(letter, outline, mark, radius=radius)
    )


def _states(
    letter: str, outline: Callable[[float], str], mark: str, *, radius: float
) -> Iterator[str]:
    r = radius
    yield f'<g id="f{letter}">{outline(r)}{mark}</g>'
    yield (
        f'<g id="h{letter}" fill="none" stroke="currentColor"'
        f' stroke-width="{0.3 * r:.2f}">{outline(0.72 * r)}</g>'
    )
    yield f'<g id="s{letter}">{_cross(0.42 * r)}</g>'
    yield f'<g id="y{letter}">{outline(1.28 * r)}{_tick(r)}</g>'


def _circle(size: float) -> str:
    return f'<circle r="{size:.2f}"/>'


def _square(size: float) -> str:
    return _rectangle(size, round_by=0.3)


def _cushion(size: float) -> str:
    return _rectangle(size, round_by=0.75)


def _rectangle(size: float, *, round_by: float) -> str:
    return (
        f'<rect x="{-size:.2f}" y="{-size:.2f}" width="{2 * size:.2f}"'
        f' height="{2 * size:.2f}" rx="{round_by * size:.2f}"/>'
    )


def _cross(size: float) -> str:
    return (
        f'<path d="M{-size:.2f} {-size:.2f}L{size:.2f} {size:.2f}M{size:.2f}'
        f' {-size:.2f}L{-size:.2f} {size:.2f}" stroke="currentColor"'
        f' stroke-width="{0.62 * size:.2f}" stroke-linecap="round"/>'
    )


def _tick(r: float) -> str:
    return (
        f'<path class="mark" d="M{-0.55 * r:.2f} {0.05 * r:.2f}l{0.38 * r:.2f}'
        f' {0.4 * r:.2f}l{0.72 * r:.2f} {-0.8 * r:.2f}" fill="none"'
        f' stroke-width="{0.3 * r:.2f}" stroke-linecap="round"'
        ' stroke-linejoin="round"/>'
    )


def _wheelchair(r: float) -> str:
    """Draw somebody in a wheelchair, as plain as a place is small."""
    return (
        f'<g class="mark" fill="none" stroke-width="{0.2 * r:.2f}"'
        ' stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="M{-0.12 * r:.2f} {-0.5 * r:.2f}v{0.5 * r:.2f}h{0.38 * r:.2f}'
        f'l{0.22 * r:.2f} {0.5 * r:.2f}"/>'
        f'<path d="M{-0.3 * r:.2f} {-0.12 * r:.2f}a{0.4 * r:.2f} {0.4 * r:.2f} 0 1 0'
        f' {0.56 * r:.2f} {0.5 * r:.2f}"/></g>'
    )
