"""Frames left per color as a line of characters, and as ranges of colors with nearly the same number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

_BARS = {True: "▁▂▃▄▅▆▇█", False: "123456789"}
EMPTY = "0"  # a color without frames left
_BLOCK = 8  # up to this many colors stay in one line


class Line(Struct, frozen=True):
    """Bars of neighboring colors from `first` on: (character, mood) each; moods are own, other and empty."""

    first: int
    bars: tuple[tuple[str, str], ...]


def chart(
    free: Sequence[int], full: Sequence[int], own: Collection[int], width: int, unicode: bool = True
) -> Iterator[Line]:
    """The frames left relative to the initial frames of the fullest color, in lines of at most `width` colors.

    A color with any frame left has at least the lowest bar. `own` are the colors to emphasize.
    """
    bars, most = _BARS[unicode], max(full, default=0) or 1
    block = max(width // _BLOCK * _BLOCK, _BLOCK)
    for first in range(0, len(free), block):
        found = []
        for color in range(first, min(first + block, len(free))):
            height = -(-free[color] * len(bars) // most)
            shown = bars[min(height, len(bars)) - 1] if free[color] else EMPTY
            found.append((shown, "empty" if not free[color] else "own" if color in own else "other"))
        yield Line(first, tuple(found))


class ColorGroup(Struct, frozen=True):
    """Neighboring colors with the same, or nearly the same, number of frames."""

    first: int
    last: int
    least: int
    most: int

    @property
    def colors(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def frames(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


def groups(free: Sequence[int], among: Collection[int] | None = None, slack: int = 0) -> Iterator[ColorGroup]:
    """Runs of neighboring colors whose numbers of frames differ by at most `slack`; only colors in `among` if given."""
    chosen = [color for color in range(len(free)) if among is None or color in among]
    runs: list[list[int]] = []
    for color in chosen:
        near = runs and runs[-1][-1] == color - 1 and abs(free[runs[-1][0]] - free[color]) <= slack
        if near:
            runs[-1].append(color)
        else:
            runs.append([color])
    for run in runs:
        counts = [free[color] for color in run]
        yield ColorGroup(run[0], run[-1], min(counts), max(counts))
