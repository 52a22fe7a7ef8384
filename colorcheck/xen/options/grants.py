"""The sizes of grant tables that the boot options give: the default of every domain.

Source: `parse_gnttab_limit`, `grant_table_init` (xen/common/grant_table.c, 4.20 to 4.22).
"""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.c_numbers import simple_strtoull
from colorcheck.core.units import PAGE
from colorcheck.xen.options.options import BootArguments

INT_MAX = (1 << 31) - 1
_FRAMES, _MAPTRACK = 64, 1024
_POINTER = 8
_ARRAYS = 8  # of pointers for each frame: the frames, their status, up to six pages of active entries


class GrantLimits(Struct, frozen=True):
    """The most frames of a domain's grant table, and of its table of mapped grants."""

    frames: int = _FRAMES
    maptrack: int = _MAPTRACK

    @property
    def more_pages(self) -> int:
        """Frames of the uncolored heap, at most, that the lists of frames take beyond those of the defaults."""
        lists = max(0, self.maptrack - _MAPTRACK) + _ARRAYS * max(0, self.frames - _FRAMES)
        return -(-lists * _POINTER // PAGE)


def grant_limits(arguments: BootArguments) -> GrantLimits:
    """The effective limits; a value that is not an integer, or beyond 31 bits, has no effect."""
    found = {"gnttab_max_frames": _FRAMES, "gnttab_max_maptrack_frames": _MAPTRACK}
    for option in arguments.options:
        if option.name in found and not option.negated:
            number, end = simple_strtoull(option.value)
            if end == len(option.value) and number <= INT_MAX:
                found[option.name] = number
    return GrantLimits(*found.values())
