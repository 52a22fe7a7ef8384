"""ColorSet: an immutable set of colors, its algebra and its text form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct


class ColorSet(Struct, frozen=True):
    """A set of colors (0 and up). Its cost follows from how many there are, not from how large their numbers are:
    xl files can name color 4294967293.
    """

    members: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if min(self.members, default=0) < 0:
            raise ValueError("a color must not be negative")

    @classmethod
    def of(cls, colors: Iterable[int]) -> ColorSet:
        """The set of these colors; order and repetition do not matter. Raises ValueError for a negative color."""
        return cls(frozenset(colors))

    @classmethod
    def of_mask(cls, mask: int) -> ColorSet:
        """The set of the colors c whose bit c is set. Raises ValueError for a negative mask."""
        if mask < 0:
            raise ValueError("a mask must not be negative")
        return cls(frozenset(color for color in range(mask.bit_length()) if mask >> color & 1))

    @classmethod
    def all(cls, nr_colors: int) -> ColorSet:
        """Colors 0 to `nr_colors` - 1."""
        return cls(frozenset(range(nr_colors)))

    @property
    def mask(self) -> int:
        """As a bit mask: bit c is set if color c is in the set. Only for colors that a Xen can have."""
        return sum(1 << color for color in self.members)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self.members))

    def __len__(self) -> int:
        return len(self.members)

    def __bool__(self) -> bool:
        return bool(self.members)

    def __contains__(self, color: object) -> bool:
        return color in self.members

    def __and__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.members & other.members)

    def __or__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.members | other.members)

    def __sub__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.members - other.members)

    def __xor__(self, other: ColorSet) -> ColorSet:
        return ColorSet(self.members ^ other.members)

    def __le__(self, other: ColorSet) -> bool:
        return self.members <= other.members

    def isdisjoint(self, other: ColorSet) -> bool:
        return self.members.isdisjoint(other.members)

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

    @property
    def named(self) -> str:
        """`color 4`, `colors 0-3,7`."""
        return f"{'color' if len(self) == 1 else 'colors'} {self}"

    def __str__(self) -> str:
        """In the spelling of Xen's options: `0-3,7`; empty for the empty set."""
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges())
