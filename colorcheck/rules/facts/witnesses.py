"""Witnesses that rules build from the results of replay; their fields are the keys in documents.

Addresses and sizes are in bytes, pages are frames of 4 KiB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from colorcheck.core.json_values import JsonObject
from colorcheck.core.witness import Witness
from colorcheck.xen.kinds import Note


class MoreColorsChange(Struct, frozen=True, tag_field="change", tag="more-colors"):
    """Further colors for a domain, and the frames that every color has left after the boot."""

    colors: tuple[int, ...]
    free_final: tuple[int, ...]


class MoveModuleChange(Struct, frozen=True, tag_field="change", tag="move-module"):
    """Another address for a boot module."""

    module: str
    address: int
    free_final: tuple[int, ...]


class MemoryChange(Struct, frozen=True, tag_field="change", tag="memory"):
    """Another amount of memory for a domain, in MiB."""

    mib: int
    free_final: tuple[int, ...]


class ReserveChange(Struct, frozen=True, tag_field="change", tag="buddy-alloc-size"):
    """Another reserve for the uncolored heap, in MiB."""

    mib: int
    free_final: tuple[int, ...]


EnoughChange: TypeAlias = MoreColorsChange | MoveModuleChange | MemoryChange | ReserveChange
"""A sufficient change, as it was booted in the model."""


class LastFrame(Struct, frozen=True):
    """The color that runs out first, and the last frame that it gives."""

    color: int | None
    last_mfn: int | None


class MemoryThatDoesNotFit(Witness, frozen=True):
    """The frames a domain needs, and those that its colors have left."""

    needed_pages: int
    free_pages: Mapping[int, int]
    missing_pages: int
    runs_out_first: LastFrame
    taken_pages: int
    changes: tuple[EnoughChange, ...]


class NoGap(Witness, frozen=True):
    """The size of the region that Xen needs, and of the largest free one."""

    needed_bytes: int
    largest_gap_bytes: int


class SmallReserve(Witness, frozen=True):
    """The size of the uncolored heap, and what Xen takes from it."""

    buddy_pages: int
    reserve_pages: int
    needed_pages: int
    change: EnoughChange | None


class LargeReserve(Witness, frozen=True):
    """The requested reserve, and what it leaves for each color."""

    asked_bytes: int | None
    reserve_pages: int
    free_initial: tuple[int, ...]


class LowestRegion(Witness, frozen=True):
    """The lowest boot region, start and end, and the change that keeps it out of the uncolored heap."""

    region: tuple[int, int]
    pages: int
    change: EnoughChange | None


class LowestRegionTakesAll(Witness, frozen=True):
    """The lowest boot region, start and end, and the frames of all colors."""

    region: tuple[int, int]
    pages: int
    colored: int


class RestartBudget(Witness, frozen=True):
    """How often a guest can be created: alone, and if every guest restarts as often."""

    domain: str
    pages_per_creation: int
    left_pages: int
    creations_alone: int
    creations_together: int


class NoteFigures(Witness, frozen=True):
    """The fields of a note other than its place."""

    note: Note

    def to_dict(self) -> JsonObject:
        return self.note.figures
