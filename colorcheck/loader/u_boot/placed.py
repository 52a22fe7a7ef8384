"""The files that a script puts into memory, as Xen finds them, and whether the image that it starts is Xen's."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.loader.handover import HandoverModule
from colorcheck.loader.u_boot.blob import MAGIC
from colorcheck.loader.u_boot.machine import VIRTUAL, FileInMemory, UBootMachine


class StartedImage(Struct, frozen=True):
    """What a script starts as Xen: the name of its file, empty if it loads none, and why it may not be Xen as it was
    built, empty if nothing speaks against that.
    """

    name: str = ""
    doubt: str = ""
    location: Location | None = None


def modules(machine: UBootMachine) -> tuple[HandoverModule, ...]:
    """The last file at each address to which the script loads something."""
    latest: dict[int, FileInMemory] = {}
    for loaded in machine.loaded:
        latest[loaded.address] = loaded
    return tuple(_module(machine, loaded) for loaded in latest.values())


def started_image(machine: UBootMachine, address: int) -> StartedImage:
    """What the script put to the address that it starts; to be asked before U-Boot moves the image."""
    shown = machine.shown(address)
    found = next((one for one in reversed(machine.loaded) if one.address == address), None)
    if found is None:
        known = machine.memory.read(address, 64) is not None
        why = "" if known else f"the boot script starts Xen at {shown} and loads nothing there"
        return StartedImage(doubt=why, location=machine.place)
    module = _module(machine, found)
    if not module.whole:
        why = f"Xen's image at {shown} is overwritten by {module.spoiled_by}"
    else:
        why = f"the boot script starts {found.name} at {shown} as Xen, which {module.no_kernel}"
    return StartedImage(found.name, why if not module.whole or module.no_kernel else "", found.location)


def _module(machine: UBootMachine, loaded: FileInMemory) -> HandoverModule:
    held = machine.memory.read(loaded.address, len(loaded.data))
    edited = loaded.data[:4] == MAGIC and loaded.address in machine.sides and bytes(held or b"") != loaded.data
    if edited:  # a tree, which may have grown
        held = bytearray(loaded.data)
    by = next((what for other, what in machine.overwritten if other is loaded), "")
    whole = not by and held is not None and bytes(held) == loaded.data
    if whole and loaded.size is not None and loaded.size > len(loaded.data):
        whole = machine.memory.is_all_dark(loaded.address + len(loaded.data), loaded.address + loaded.size)
    if whole and (over := _loaded_over(machine, loaded)) is not None:
        whole, by = False, f"{over.name} ({over.location})"
    return HandoverModule(
        loaded.name,
        loaded.address if loaded.address < VIRTUAL else None,
        loaded.size,
        loaded.location,
        whole,
        by if by or whole else "something that was loaded or grew over it",
        _no_image(loaded),
        edited,
    )


def _no_image(loaded: FileInMemory) -> str:
    """Why a file cannot be a kernel; empty if it may be one."""
    if loaded.part:
        return "is loaded only in part"
    if loaded.made:
        return "is data that the script itself writes"
    return "is a device tree" if loaded.data[:4] == MAGIC else ""


def _loaded_over(machine: UBootMachine, loaded: FileInMemory) -> FileInMemory | None:
    """A later file of known place in a part of this one."""
    if loaded.size is None:
        return None
    start, end = loaded.address, loaded.address + loaded.size
    later = machine.loaded[machine.loaded.index(loaded) + 1 :]
    return next(
        (
            one
            for one in later
            if start <= one.address < end or (one.size is not None and one.address < start < one.address + one.size)
        ),
        None,
    )
