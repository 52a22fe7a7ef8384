"""The memory in which U-Boot places ramdisk and tree: its banks, what is reserved in them, and what it refuses.

Source: `boot/image-fdt.c`, `boot/image-board.c`, `lib/lmb.c` of U-Boot 2023.01 to 2026.10-rc2.
"""

from __future__ import annotations

from collections.abc import Sequence

from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.blob import read_content
from colorcheck.loader.u_boot.machine import VIRTUAL, Doubt, UBootMachine
from colorcheck.loader.u_boot.numbers import hexadecimal
from colorcheck.loader.u_boot.places import Places, free
from colorcheck.loader.u_boot.releases import BOUNDS, IN_PLACE, LOADS_KEPT, RANGES, known, newer
from colorcheck.loader.u_boot.text import unknowns
from colorcheck.loader.u_boot.trees import TreeInMemory

_LARGEST = 1 << 30  # bytes of a loaded file whose size is not known
_RANGES = 8  # that U-Boot can reserve, LMB_MAX_REGIONS
_RANGES_LATER = 16
_OF_U_BOOT = 1  # what U-Boot's EFI part reserves besides, at least
_OWN = (4 << 20, 128 << 20)  # the least and the most that U-Boot takes of the top of its memory


def room_of(machine: UBootMachine) -> Places:
    """The memory that U-Boot allocates for booting: bank 0, or the range given by bootm_low and bootm_size. Newer ones
    always allocate in all of bank 0, around the files that were loaded."""
    banks = machine.settings.banks or ((0, 1 << 40),)
    low = number_of(machine, "bootm_low", banks[0][0])
    size = number_of(machine, "bootm_size", max(banks[0][0] + banks[0][1] - low, 0))
    own = _OWN if machine.settings.banks and low + size >= banks[0][0] + banks[0][1] else (0,)
    whole = _OWN
    if not machine.settings.banks:
        own = whole = (0, 1 << 39)
    certain, possible = _loads(machine)
    later = (*free(*banks[0], whole, certain), *free(*banks[0], whole, (*certain, *possible)))
    return Places(free(low, size, own), later, lambda: newer(machine, LOADS_KEPT))


def _loads(machine: UBootMachine) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where files were loaded, from start to end, and where more may be: files of unknown size, and what did not come
    from a medium."""
    certain: list[tuple[int, int]] = []
    possible: list[tuple[int, int]] = []
    for loaded in machine.loaded:
        if loaded.address < VIRTUAL:
            known_size = loaded.size is not None and loaded.address in machine.paths
            end = loaded.address + (_LARGEST if loaded.size is None else loaded.size)
            (certain if known_size else possible).append((loaded.address, end))
    return certain, possible


def bounds_are_known(machine: UBootMachine) -> bool:
    """Whether it is known which memory U-Boot allocates; without the environment, the script must set it."""
    names = ("bootm_low", "bootm_size", "bootm_mapsize")
    known = machine.settings.whole_environment or all(n in machine.environment or n in machine.deleted for n in names)
    for name in () if known else names:
        machine.unset(name)
    return known and not any(unknowns(machine.text(name) or "") for name in names)


def number_of(machine: UBootMachine, name: str, default: int) -> int:
    text = machine.text(name)
    return default if text is None else hexadecimal(text)


def mapped(machine: UBootMachine) -> int:
    banks = machine.settings.banks or ((0, 1 << 40),)
    return number_of(machine, "bootm_size", max(banks[0][0] + banks[0][1] - lowest(machine), 0))


def lowest(machine: UBootMachine) -> int:
    return number_of(machine, "bootm_low", (machine.settings.banks or ((0, 0),))[0][0])


def reserve_for(room: Places, tree: TreeInMemory) -> None:
    """Exclude ranges that the tree reserves: its list, and the first range of each enabled child of /reserved-memory
    (`boot_fdt_add_mem_rsv_regions`, the same in all releases)."""
    for number in range(tree.reservations):
        room.reserve(*tree.reservation(number), fixed=True)
    content = read_content(tree.data)
    parent = content.nodes.get("/reserved-memory") if content else None
    if content is None or parent is None:
        return
    address, size = (4 * _cells(parent.get(name), usual) for name, usual in _CELLS)
    for path, properties in content.nodes.items():
        if not path.startswith("/reserved-memory/") or path.count("/") != 2:
            continue
        reg, status = properties.get("reg", b""), properties.get("status")
        if (status is None or status.split(b"\0")[0] == b"okay") and 0 < address + size <= len(reg):
            start, length = reg[:address], reg[address : address + size]
            room.reserve(int.from_bytes(start, "big"), int.from_bytes(length, "big"), fixed=True)


_CELLS = (("#address-cells", 2), ("#size-cells", 1))


def _cells(value: bytes | None, usual: int) -> int:
    return usual if value is None else int.from_bytes(value[:4], "big")


def stays(machine: UBootMachine, room: Places, start: int, length: int) -> bool:
    """Whether U-Boot starts with a tree or ramdisk in place: newer ones take memory there like any other, and refuse
    what is outside of it or overlaps a reservation (`lmb_alloc_mem`)."""
    banks = machine.settings.banks
    outside = banks is not None and not any(low <= start and start + length <= low + size for low, size in banks)
    clashes = [True] if outside else room.clashes(start, length)
    if start >= VIRTUAL or not any(clashes) or not newer(machine, IN_PLACE):
        return True
    if all(clashes):
        return False
    fact = OpenFact(
        "U-Boot's own location",
        "U-Boot is at the top of its memory, and files do not say how far down it reaches",
        (),
        machine.place,
    )
    return machine.decide(Doubt(f"U-Boot's own location is above {start + length:#x}", True, fact))


def can_reserve(machine: UBootMachine, room: Places, at: int | None) -> bool:
    """Whether U-Boot has an entry left in its list of reserved ranges for the tree at this place, which was taken last.
    Beside another range it needs none, as right below U-Boot itself, where an unknown place is."""
    most, ranges = _RANGES_LATER if known(machine, RANGES) else _RANGES, room.ranges
    if at is None or known(machine, LOADS_KEPT) or ranges <= most - _OF_U_BOOT or room.touching(at):
        return True
    fact = OpenFact(
        f"U-Boot can reserve {ranges + _OF_U_BOOT} ranges",
        f"U-Boot reserves {ranges} ranges or more for this boot, and its usual LMB_MAX_REGIONS is {_RANGES} before "
        f"2023.04 and {_RANGES_LATER} since; without an entry for the tree it resets the board",
        ("[target]", 'u-boot = "2025.01"  # if it is as new as that: there is no limit'),
        machine.place,
        (False, True),
    )
    return machine.decide(Doubt(fact.what, ranges < most, fact))


def place_of_tree(machine: UBootMachine, room: Places, length: int, high: str | None) -> tuple[int | None, bool]:
    if high is not None:
        return room.highest(length, hexadecimal(high))
    if not machine.settings.banks:
        return None, True
    before, since = (_limits(machine, machine.settings.banks, later=later) for later in (False, True))
    for limit in since if before != since and newer(machine, BOUNDS) else before:
        at, any_room = room.highest(length, limit)
        if any_room:
            return at, True
    return None, False


def _limits(machine: UBootMachine, banks: Sequence[tuple[int, int]], *, later: bool) -> list[int]:
    """The ends of memory below which U-Boot tries to put the tree, bank by bank; `later` as from 2024.07."""
    low, left = lowest(machine), number_of(machine, "bootm_mapsize", mapped(machine))
    found: list[int] = []
    for start, size in banks:
        if start + size < low:
            continue
        end = min(start + size, low + left) if later else start + min(size, left)
        found.append(end)
        left -= end - max(low, start)
        if left <= 0:
            break
    return found
