"""Differences between releases of U-Boot that a script can notice.

If neither the manifest nor anything else determines the release, both answers are followed. They agree with one
another on every way: a U-Boot that has what a later release brought has what earlier ones brought.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, UBootMachine

Given = TypeVar("Given")


class ReleaseChange(Struct, frozen=True):
    """A behavior that changes with a release, given as year and month; `why` describes both behaviors."""

    key: str
    since: tuple[int, int]
    why: str
    instead: str = ""  # what works in every release


EXIT = ReleaseChange(
    "exit ends the script", (2023, 4), "exit has no effect in U-Boot 2023.01 and ends the script since 2023.04"
)  # 721307eba0e
CELLS = ReleaseChange(
    "fdt get takes one cell of several",
    (2023, 4),
    "since U-Boot 2023.04 fdt get value takes an index into cells",
)  # 95d85d0da4a
MOVES = ReleaseChange(
    "fdt move needs no tree before", (2023, 4), "since U-Boot 2023.04 fdt move works before any fdt addr"
)  # 4ee85df9ce0
CONFIGURATIONS = ReleaseChange(
    "source takes configurations",
    (2023, 4),
    "since U-Boot 2023.04 source takes the script of a FIT image's configuration",
    "# write source ADDRESS:NAME with the name of the script",
)  # bcc85b96b5f, 858fefd5fc3
SIZES = ReleaseChange(
    "fdt get leaves 0x out",
    (2023, 7),
    "fdt get size and fdt get addr write 0x and leading zeros before U-Boot 2023.07, and the mere digits since",
)  # 2fb74a1d134, 45d20f55a17
RANGES = ReleaseChange(
    "U-Boot reserves 16 ranges",
    (2023, 4),
    "U-Boot's usual LMB_MAX_REGIONS is 8 before 2023.04, and 16 since",
)
COUNTED = ReleaseChange(
    "fdt counts its words",
    (2023, 7),
    "fdt memory and fdt bootcpu with too few words print their usage since U-Boot 2023.07",
)  # 9d019f5106c, e023b8601ee
RESERVED_ROOM = ReleaseChange(
    "no room for the ramdisk behind the tree",
    (2024, 4),
    "before U-Boot 2024.04 the tree of a boot with a ramdisk is 128 bytes longer",
)  # 83cd8fb13cd, f2cbe6e43e1
NO_MATCH = ReleaseChange(
    "setexpr without a match sets the variable",
    (2024, 7),
    "setexpr sub and gsub that find nothing fail before U-Boot 2024.07; since then they copy the text",
)  # 4c736306865
BOUNDS = ReleaseChange(
    "bootm_low moves the end of memory",
    (2024, 7),
    "since U-Boot 2024.07 bootm_mapsize counts from bootm_low where the tree is placed, before from the bank's start",
)  # d545fe3b82c
LOADS_KEPT = ReleaseChange(
    "U-Boot keeps what is loaded",
    (2025, 1),
    "since U-Boot 2025.01 files that were loaded are reserved, so that tree and ramdisk are put elsewhere",
)  # ed17a33fed2
TEXTS = ReleaseChange(
    "setexpr.s takes texts", (2025, 4), "since U-Boot 2025.04 setexpr.s takes texts, and not only those in memory"
)  # af7eca24a78
PATTERNS = ReleaseChange(
    "patterns have ranges",
    (2025, 10),
    "since U-Boot 2025.10 patterns have ranges such as [a-z] and test has =~",
)  # 04044a567b6, 19b3e24083e, fe4f2118505
IN_PLACE = ReleaseChange(
    "U-Boot checks what stays in place",
    (2025, 10),
    "since U-Boot 2025.10 a tree or ramdisk that stays in place must be in memory that nothing reserves",
    "# or free that memory of reservations, or load the tree elsewhere",
)  # 9d37a3d6e8b
DIGITS = ReleaseChange(
    "fdt get writes cells of any length",
    (2026, 4),
    "fdt get value swaps the bytes of several cells before U-Boot 2026.04, and takes at most five",
    "# read single cells, with their index",
)  # 21fbda84b39
BRACKET = ReleaseChange(
    "[ is a command",
    (2026, 7),
    "[ is a command since U-Boot 2026.07; before that it is unknown and treated as false",
    "# or write test instead of [ … ]",
)  # fc8bf9a984c
CHANGES = (
    *(
        EXIT,
        CELLS,
        MOVES,
        CONFIGURATIONS,
        RANGES,
        SIZES,
        COUNTED,
        RESERVED_ROOM,
        NO_MATCH,
        BOUNDS,
        LOADS_KEPT,
        TEXTS,
        PATTERNS,
    ),
    *(IN_PLACE, DIGITS, BRACKET),
)


def known(machine: UBootMachine, change: ReleaseChange) -> bool | None:
    """Whether this U-Boot has a change, as far as answers to other questions tell."""
    for other in CHANGES:
        held = machine.choices.get(other.key)
        if held is not None and (other.since >= change.since if held else other.since <= change.since):
            return held
    return None


def newer(machine: UBootMachine, change: ReleaseChange, fact: OpenFact | None = None) -> bool:
    """Whether this U-Boot has a change: a question if nothing answers it, with `fact` if it has its own text."""
    found = known(machine, change)
    if found is not None and change.key not in machine.choices:
        return found
    settle: tuple[str, ...] = ("[target]", 'u-boot = "2023.01"  # the release that runs here')
    settle = (*settle, change.instead) if change.instead else settle
    fact = fact or OpenFact(change.key, change.why, settle, machine.place, (False, True))
    return machine.decide(Doubt(change.key, False, fact))


def by_release(machine: UBootMachine, eras: Sequence[tuple[ReleaseChange | None, Given]]) -> Given:
    """What is so from each change on, the first one being what is so before them all: what this U-Boot has. It is only
    asked where neighbours differ."""
    left = list(eras)
    while len(left) > 1:
        change, found = left.pop()
        if found != left[-1][1] and change is not None and newer(machine, change):
            return found
    return left[0][1]


def answers(release: tuple[int, int]) -> dict[str, bool]:
    """What a release answers."""
    return {change.key: release >= change.since for change in CHANGES}
