"""Colors and sizes in the spelling of a release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from colorcheck.core.source import Location, passage
from colorcheck.xen.options.color_lists import read_colors
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.spelling import OptionKind


def written_colors(colors: Iterable[int], target: Release) -> str:
    """A list of colors in the target's spelling, in order if that matters; some releases write one color as `5-5`."""
    wanted = list(colors)
    if target.ascending or target.merges:
        wanted = sorted(set(wanted))
    runs: list[tuple[int, int]] = []
    for color in wanted:
        if runs and runs[-1][1] + 1 == color:
            runs[-1] = (runs[-1][0], color)
        else:
            runs.append((color, color))
    return ",".join(str(a) if a == b and target.single_colors else f"{a}-{b}" for a, b in runs)


def same_colors(text: str, colors: Sequence[int], target: Release) -> str:
    """The text unchanged if the target reads these colors from it, otherwise rewritten."""
    read = read_colors(passage(text, Location("")), target, target.most_colors)
    ascending = all(a < b for a, b in pairwise(colors))
    kept = not read.error and read.colors == tuple(colors) and (ascending or not target.ascending)
    return text if kept else written_colors(colors, target)


def written_size(size: int, kind: OptionKind) -> str:
    """A size in bytes as the value of an option of that kind."""
    if kind in (OptionKind.NUMBER, OptionKind.INTEGER):
        return str(size)
    for unit, shift in (("G", 30), ("M", 20), ("K", 10)):
        if size and size % (1 << shift) == 0:
            return f"{size >> shift}{unit}"
    return f"{size}B"


def mask_colors(value: bytes) -> tuple[int, ...]:
    """The colors of a bitmask of 32-bit cells, the last of which holds colors 0 to 31."""
    whole = value[: len(value) // 4 * 4]
    mask = int.from_bytes(whole, "big")
    return tuple(color for color in range(8 * len(whole)) if mask >> color & 1)


def mask_cells(colors: Iterable[int]) -> str:
    """Colors as cells, such as `<0x0 0xf00>`: at least two."""
    mask = sum(1 << color for color in set(colors))
    cells = max(2, (mask.bit_length() + 31) // 32)
    return "<" + " ".join(f"{mask >> 32 * index & 0xFFFFFFFF:#x}" for index in reversed(range(cells))) + ">"
