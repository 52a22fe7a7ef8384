"""The free frames per color that allocations leave, in closed form, as the theorems on memory use it.

Written only for proofs, from the same measured rule as the model, so that the two check each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def level(free: Sequence[int], colors: Iterable[int], pages: int) -> tuple[int, ...] | None:
    """Free frames per color after `pages` frames are taken from `colors`; None if these have fewer.

    Each frame comes from the color with the most free frames, the first in the list among equals
    (`alloc_color_heap_page`, Xen 4.20 to 4.22): the fullest colors sink to one level, and the remaining frames come one
    each from the first colors in the list at that level.
    """
    wanted = list(dict.fromkeys(colors))
    held = sorted((free[color] for color in wanted), reverse=True)
    if sum(held) < pages:
        return None
    low = held[0] if held else 0
    above = 0  # frames in the fullest colors
    for count, frames in enumerate(held, 1):
        above += frames
        following = held[count] if count < len(held) else 0
        if above - count * following >= pages:
            low = -((pages - above) // count)  # the lowest level above which there are at most `pages` frames
            break
    left = list(free)
    rest = pages
    for color in wanted:
        if left[color] > low:
            rest -= left[color] - low
            left[color] = low
    for color in wanted:
        if rest and left[color] == low:
            left[color] -= 1
            rest -= 1
    return tuple(left)
