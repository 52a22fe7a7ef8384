"""A memory map of the firmware: the output of `memmap` in the UEFI shell, or a list of descriptors.

Lines of the shell: `Available  0000000040000000-0000000043FFFFFF 0000000000004000 0000000000000008` (type, first and
last byte, pages, attributes). Also taken: `Conventional 0x40000000-0x44000000 0x8` with the end after the last byte.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE

WRITE_BACK = 0x8
RUNTIME = 1 << 63
_MOST = 1 << 16  # entries that are read
_MOST_BANKS = 256  # NR_MEM_BANKS


class EfiMemoryType(StrEnum):
    """The types of memory that Xen may use once the firmware is done, and all others."""

    CONVENTIONAL = "conventional"
    LOADER = "loader"
    BOOT_SERVICES = "boot-services"
    OTHER = "other"


_TYPES = {
    "available": EfiMemoryType.CONVENTIONAL,
    "conventional": EfiMemoryType.CONVENTIONAL,
    "conventionalmemory": EfiMemoryType.CONVENTIONAL,
    "loadercode": EfiMemoryType.LOADER,
    "loaderdata": EfiMemoryType.LOADER,
    "ldcode": EfiMemoryType.LOADER,
    "lddata": EfiMemoryType.LOADER,
    "loadercd": EfiMemoryType.LOADER,
    "bs_code": EfiMemoryType.BOOT_SERVICES,
    "bs_data": EfiMemoryType.BOOT_SERVICES,
    "bootservicescode": EfiMemoryType.BOOT_SERVICES,
    "bootservicesdata": EfiMemoryType.BOOT_SERVICES,
}


class EfiMemory(Struct, frozen=True):
    """One descriptor: from `start` up to, not including, `end`, in bytes."""

    kind: EfiMemoryType
    start: int
    end: int
    attributes: int
    location: Location

    def usable(self, map_boot_services: bool = False) -> bool:
        """Whether Xen makes it a bank (`efi_process_memory_map_bootinfo`, 4.20 to 4.22)."""
        if not self.attributes & WRITE_BACK or self.attributes & RUNTIME or self.kind is EfiMemoryType.OTHER:
            return False
        return not (map_boot_services and self.kind is EfiMemoryType.BOOT_SERVICES)


class EfiMemoryMap(Struct, frozen=True):
    """A map. `final` if it lists the descriptors that Xen received, rather than those of the shell before Xen was
    loaded."""

    file: str
    entries: tuple[EfiMemory, ...] = ()
    final: bool = False
    problems: tuple[Problem, ...] = ()

    def banks(self, *, joined: bool, map_boot_services: bool = False) -> tuple[tuple[int, int], ...]:
        """The (start, size) of the banks that Xen makes; with `joined`, a bank that begins at the end of another
        extends it."""
        found: list[tuple[int, int]] = []
        for entry in self.entries:
            if not entry.usable(map_boot_services):
                continue
            if len(found) == _MOST_BANKS:  # Xen says so and takes no more, not even what would extend one
                break
            before = next((n for n, (start, size) in enumerate(found) if start + size == entry.start), None)
            if joined and before is not None:
                found[before] = (found[before][0], entry.end - found[before][0])
            else:
                found.append((entry.start, entry.end - entry.start))
        return tuple(found)


_SHELL = re.compile(
    r"\s*(\w+)\s+([0-9A-Fa-f]{8,16})-([0-9A-Fa-f]{8,16})\s+([0-9A-Fa-f]{8,16})\s+([0-9A-Fa-f]{8,16})\s*$"
)
_LIST = re.compile(r"\s*(\w+)\s+0x([0-9A-Fa-f]{1,16})-0x([0-9A-Fa-f]{1,16})\s+0x([0-9A-Fa-f]{1,16})\s*$")


def read_efi_memory_map(text: str, file: str) -> EfiMemoryMap:
    """Read the last map in a text; a list of descriptors takes precedence over output of the shell."""
    shell: list[EfiMemory] = []
    listed: list[EfiMemory] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        place = Location(file, number, 1, number, max(2, len(line) + 1))
        if re.match(r"\s*Type\s+Start\s+End", line):
            shell.clear()
        elif match := _SHELL.match(line):
            start, last, pages = int(match[2], 16), int(match[3], 16), int(match[4], 16)
            if last + 1 - start != pages * PAGE:
                message = f"{match[2]}-{match[3]} is not {match[4]} pages: the line is damaged"
                problems.append(Problem(ProblemKind.DAMAGED, message, place, "print the map again"))
                continue
            kind = _TYPES.get(match[1].lower(), EfiMemoryType.OTHER)
            shell.append(EfiMemory(kind, start, last + 1, int(match[5], 16), place))
        elif match := _LIST.match(line):
            kind = _TYPES.get(match[1].lower(), EfiMemoryType.OTHER)
            listed.append(EfiMemory(kind, int(match[2], 16), int(match[3], 16), int(match[4], 16), place))
        if len(shell) + len(listed) > _MOST:
            problems.append(Problem(ProblemKind.UNREAD_REST, f"more than {_MOST} entries", place, "give a single map"))
            break
    found = listed or shell
    return EfiMemoryMap(file, tuple(found), bool(listed), tuple(problems))
