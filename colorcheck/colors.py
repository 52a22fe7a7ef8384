"""ColorSet: an immutable set of colors, its algebra and its text form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=False)
class ColorSet:
    """A set of colors (0 and up), kept as a bit mask: bit c is set where color c belongs to it."""

    mask: int = 0

    def __post_init__(self) -> None:
        if self.mask < 0:
            raise ValueError("a color set has no negative mask")

    @classmethod
    def of(cls, colors: Iterable[int]) -> ColorSet:
        """The set of these colors; order and repetition do not matter. Raises ValueError for a negative color."""
        mask = 0
        for color in colors:
            mask |= 1 << color
        return cls(mask)

    @classmethod
    def all(cls, nr_colors: int) -> ColorSet:
        """Colors 0 to `nr_colors` - 1."""
        return cls((1 << nr_colors) - 1)

    def __iter__(self) -> Iterator[int]:
        mask = self.mask
        while mask:
            low = mask & -mask
            yield low.bit_length() - 1
            mask ^= low

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __bool__(self) -> bool:
        return self.mask != 0

    def __contains__(self, color: object) -> bool:
        return isinstance(color, int) and color >= 0 and bool(self.mask >> color & 1)

    def __and__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.mask & other.mask)

    def __or__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.mask | other.mask)

    def __sub__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.mask & ~other.mask)

    def __xor__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.mask ^ other.mask)

    def __le__(self, other: ColorSet) -> bool:
        return not self.mask & ~other.mask

    def isdisjoint(self, other: ColorSet) -> bool:
        return not self.mask & other.mask

    def folded(self, nr_colors: int) -> ColorSet:
        """The colors that a cache with fewer colors sees: c becomes c mod `nr_colors` (1 or more)."""
        return ColorSet.of(color % nr_colors for color in self)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The runs of neighboring colors as (first, last), ascending."""
        found: list[tuple[int, int]] = []
        for color in self:
            if found and found[-1][1] == color - 1:
                found[-1] = (found[-1][0], color)
            else:
                found.append((color, color))
        return tuple(found)

    def __str__(self) -> str:
        """As Xen's options take it: `0-3,7`; the empty set is the empty text."""
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges())
