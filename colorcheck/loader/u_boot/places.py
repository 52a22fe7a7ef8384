"""Where U-Boot loads ramdisk and tree: the highest free address below a limit.

Source: `lib/lmb.c`, `boot/image-board.c`, `boot/image-fdt.c` of U-Boot 2023.01. Where U-Boot itself sits is not known
from files, so each address is computed for the least and for the most memory that it may take; it is known if both
agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from colorcheck.core.units import PAGE


class Free(Struct):
    """Free memory: one range (start, end), what is taken of it, and which of that nothing may overlap on purpose."""

    start: int
    end: int
    taken: list[tuple[int, int]] = field(default_factory=list)
    fixed: list[tuple[int, int]] = field(default_factory=list)

    def reserve(self, start: int, size: int, *, fixed: bool = False) -> None:
        """Reserve a range; one that overlaps another is not reserved (U-Boot only prints an error)."""
        end = start + size
        if any(a < end and start < b for a, b in self.taken):
            return
        self.taken.append((start, end))
        if fixed:
            self.fixed.append((start, end))

    def highest(self, size: int, limit: int) -> int | None:
        """Take the highest place, page-aligned, whose end is at most `limit` (0: no limit)."""
        top = self.end if not limit else min(self.end, limit)
        at = (top - size) & ~(PAGE - 1)
        while at >= self.start:
            met = [a for a, b in self.taken if a < at + size and at < b]
            if not met:
                self.taken.append((at, at + size))
                return at
            at = (min(met) - size) & ~(PAGE - 1)
        return None


class Places(Struct):
    """Views of free memory: `views` before U-Boot 2025.01, `later` from there on. `keeps` tells which of them count,
    and is only asked where they differ. A place is None if the views that count differ."""

    views: tuple[Free, ...]
    later: tuple[Free, ...]
    keeps: Callable[[], bool]

    def reserve(self, start: int, size: int, *, fixed: bool = False) -> None:
        """Reserve a range in every view; `fixed` if not even a tree that stays in place may overlap it."""
        for view in (*self.views, *self.later):
            view.reserve(start, size, fixed=fixed)

    def clashes(self, start: int, size: int) -> list[bool]:
        """For each of the later views, whether a range overlaps one that is fixed."""
        return [any(a < start + size and start < b for a, b in view.fixed) for view in self.later]

    def highest(self, size: int, limit: int) -> tuple[int | None, bool]:
        """The address, if it is known, and whether there is one at all."""
        before, since = (_highest(views, size, limit) for views in (self.views, self.later))
        return since if before != since and self.keeps() else before

    @property
    def ranges(self) -> int:
        """How many ranges U-Boot has reserved, at least; those that touch count as one."""
        return min(_apart(view.taken) for view in self.views)

    def touching(self, start: int) -> bool:
        """Whether the range that begins here touches another one in every view."""
        for view in self.views:
            end = next(b for a, b in view.taken if a == start)
            if not any(b == start or a == end for a, b in view.taken):
                return False
        return True


def _highest(views: tuple[Free, ...], size: int, limit: int) -> tuple[int | None, bool]:
    found = [view.highest(size, limit) for view in views]
    return (found[0] if len(set(found)) == 1 else None), any(at is not None for at in found)


def _apart(taken: list[tuple[int, int]]) -> int:
    """The number of ranges, those that touch taken together."""
    ends = {end for _, end in taken}
    return sum(start not in ends for start, _ in taken)


def free(start: int, size: int, own: tuple[int, ...], taken: Sequence[tuple[int, int]] = ()) -> tuple[Free, ...]:
    """Views of memory from `start` on, of whose top U-Boot takes one of the sizes `own`."""
    end = start + size
    tops = ([(max(start, end - each), end)] if each else [] for each in own)
    return tuple(Free(start, end, [*top, *taken], top) for top in tops)
