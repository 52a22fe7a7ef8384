"""`booti`, `bootm` and `bootefi`: the last commands of a script, after which Xen runs.

Source: `cmd/booti.c`, `boot/bootm.c`, `boot/image-board.c`, `boot/image-fdt.c` of U-Boot 2023.01.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot import fixups
from colorcheck.loader.u_boot.blob import MAGIC
from colorcheck.loader.u_boot.fdt import lies_there, not_read, present
from colorcheck.loader.u_boot.fit import FitParts, is_fit, opened
from colorcheck.loader.u_boot.fit_script import verifies
from colorcheck.loader.u_boot.image import KERNEL, RAMDISK, LegacyImage, read_legacy
from colorcheck.loader.u_boot.machine import VIRTUAL, FileInMemory, HaltError, OpenEndError, Status, UBootMachine
from colorcheck.loader.u_boot.numbers import WIDTH, hexadecimal
from colorcheck.loader.u_boot.placed import StartedImage, modules, started_image
from colorcheck.loader.u_boot.places import Places
from colorcheck.loader.u_boot.releases import RESERVED_ROOM, known
from colorcheck.loader.u_boot.room import (
    bounds_are_known,
    can_reserve,
    lowest,
    mapped,
    number_of,
    place_of_tree,
    reserve_for,
    room_of,
    stays,
)
from colorcheck.loader.u_boot.text import Marked
from colorcheck.loader.u_boot.trees import TreeInMemory

_LARGEST = 1 << 30  # bytes of a loaded file whose size is not known
_RANGES = 8  # that U-Boot can reserve, LMB_MAX_REGIONS
_RANGES_LATER = 16
_OF_U_BOOT = 1  # what U-Boot's EFI part reserves besides, at least
_OPEN_PLACE = 0xDDDD_DDDD_D000  # stands for a place that is not known: where no reservation begins
_PAD = 0x3000  # CONFIG_SYS_FDT_PAD
RAMDISK_ROOM = 0x80  # added to the tree's size where there is a ramdisk
_ALIGNED = 0x200000
_STAYS = 8  # bit 3 of the flags: the image may stand at any 2 MiB boundary
_OWN = (4 << 20, 128 << 20)  # the least and the most that U-Boot takes of the top of its memory


class StartedError(Exception):
    """Xen is started: nothing of the script runs any more."""


class Started(Struct, frozen=True):
    """What Xen finds: its image, the tree's address (None: not known) and its bytes with their origins."""

    image: int | None
    image_size: int | None
    address: int | None
    tree: TreeInMemory
    ramdisk: tuple[int | None, int] | None
    uefi: bool = False
    file: StartedImage = StartedImage()


class _Image(Struct, frozen=True):
    start: int
    size: int | None


def boot(machine: UBootMachine, command: str, words: Sequence[Marked]) -> Status:
    """`booti XEN [RAMDISK[:SIZE]|-] TREE`; returns only if it fails."""
    address = machine.address(words[0]) if words else machine.load_address
    at = machine.address(words[2]) if len(words) > 2 else 0
    fact = machine.depends(*words[:1], *words[2:3])
    if fact is not None and (address is None or at is None):
        raise _starts_unknown(machine, f"the image or the tree that {command} starts", fact)
    if address is None or at is None:
        return 1
    parts = _fit(machine, words, address) if command == "bootm" else None
    file = started_image(machine, address) if parts is None else StartedImage()
    image = _image(machine, command, address) if parts is None else _loaded(machine, parts.load, parts.kernel)
    if image is None:
        return 1
    room = room_of(machine)
    if image.size is not None:
        room.reserve(image.start, image.size)
    ramdisk = _ramdisk(machine, words[1]) if len(words) > 1 and words[1].text != "-" else None
    if isinstance(ramdisk, int):
        return ramdisk
    if parts is not None and parts.ramdisk is not None and len(words) < 2:
        ramdisk = _Ramdisk(*parts.ramdisk)
    if parts is not None and len(words) < 3:
        at = parts.tree
    elif len(words) < 3:
        raise HaltError(f"{command} without a tree: U-Boot stops because it would start Xen without one")
    tree = present(machine, at)
    if tree is None and machine.memory.is_dark(at):
        raise OpenEndError(not_read(machine, at))
    if tree is None and (at in machine.foreign or lies_there(machine, at)):
        raise _own_tree(machine, at)
    if tree is None:
        _no_tree(machine, words[2] if len(words) > 2 else Marked(f"{at:#x}"))
        return 1
    if image.size is not None and image.start != address:
        machine.memory.darken(image.start, image.size)
        machine.over(image.start, image.size, "Xen's image")
    if ramdisk is not None and not _may_stay(machine, room, ramdisk):
        return 1
    moved, place = _moved_ramdisk(machine, room, ramdisk)
    reserve_for(room, tree)
    final = _moved_tree(machine, room, tree)
    machine.configuration = parts.name if parts is not None else None
    arrived = _fixed(machine, final, moved, place)
    known = final.known and final.address < VIRTUAL
    machine.started = Started(
        image.start if image.start < VIRTUAL else None,
        image.size,
        final.address if known else None,
        arrived,
        moved,
        file=file,
    )
    raise StartedError


def bootefi(machine: UBootMachine, words: Sequence[Marked]) -> Status:
    """`bootefi XEN [TREE]`: the tree goes to the firmware's table with the same changes, without a ramdisk."""
    if not words or words[0].text in ("hello", "selftest", "bootmgr"):
        return 1
    address = words[1] if len(words) > 1 else machine.get("fdtcontroladdr")
    fact = machine.depends(address) if address is not None else None
    if fact is not None and address is not None and machine.address(address) is None:
        raise _starts_unknown(machine, "the tree with which bootefi starts Xen", fact)
    at = machine.reached(address) if address is not None else None
    tree = present(machine, at) if at is not None else None
    if tree is None and at is not None and machine.memory.is_dark(at):
        raise OpenEndError(not_read(machine, at))
    if tree is None and at is not None and (at in machine.foreign or lies_there(machine, at)):
        raise _own_tree(machine, at)
    if tree is None:
        return 1
    room = room_of(machine)
    final = _moved_tree(machine, room, tree)
    arrived = _fixed(machine, final, None, None)
    machine.started = Started(None, None, None, arrived, None, uefi=True)
    raise StartedError


def _starts_unknown(machine: UBootMachine, what: str, fact: OpenFact) -> OpenEndError:
    why = f"{what} is at an address that is not known: {fact.why}"
    return OpenEndError(OpenFact(what, why, fact.settle, machine.place))


def _own_tree(machine: UBootMachine, at: int) -> OpenEndError:
    """The open end if Xen receives a tree that the board or U-Boot itself has in memory."""
    settle: tuple[str, ...] = ("[inputs]", 'device-tree = "board.dtb"  # the tree that is there')
    if machine.media.tree is not None:  # which another load of the script takes
        settle = ("# start Xen with the tree that the script loads",)
    where = machine.shown(at)
    why = f"Xen gets the board's own tree at {where}, which is not among the inputs"
    return OpenEndError(OpenFact(f"the board's tree at {where}", why, settle, machine.place))


def _no_tree(machine: UBootMachine, word: Marked) -> None:
    where = machine.readable(word.text)
    machine.say(ProblemKind.U_BOOT_BOOT, f"there is no device tree at {where}: U-Boot does not start Xen")


def _fit(machine: UBootMachine, words: Sequence[Marked], address: int) -> FitParts | None:
    """The parts of the FIT image that bootm takes; None if there is none. Raises OpenEndError if there may be."""
    what = f"the image at {machine.shown(address)}"
    if is_fit(machine, address):
        parts = opened(machine, words[0] if words else Marked(""), address)
        if len(words) > 1 and words[1].text != "-":
            why = "arguments of bootm in addition to this FIT image are not followed"
            raise OpenEndError(OpenFact(what, why, (), machine.place))
        return parts
    if len(words) < 3 and machine.memory.is_dark(address):
        why = "it is not among the inputs, and may be a FIT image that brings its own tree"
        raise OpenEndError(OpenFact(what, f"{what} is not known: {why}", (), machine.place))
    return None


def _is_damaged(machine: UBootMachine, image: LegacyImage) -> bool:
    """Whether U-Boot refuses an image for its data, where all of that is known."""
    return len(image.data) == image.size and not image.data_ok and verifies(machine)


def _loaded(machine: UBootMachine, load: int, body: bytes) -> _Image:
    """An image that bootm loads to the address in its header."""
    machine.memory.write(load, body)
    return _placed(machine, load, body[:64]) if body[56:60] == b"ARM\x64" else _Image(load, len(body))


def _image(machine: UBootMachine, command: str, address: int) -> _Image | None:
    """Where the image runs, and how many bytes are its own; None if the command refuses it."""
    head = machine.memory.read(address, 64)
    if head is None:
        return _unread_image(machine, command, address)
    data = _content(machine, address)
    legacy = read_legacy(data)
    if command == "bootm":
        if legacy is None or legacy.kind != KERNEL or not legacy.header_ok:
            machine.say(ProblemKind.U_BOOT_BOOT, "bootm takes a legacy kernel image or a FIT, and this is neither")
            return None
        if _is_damaged(machine, legacy):
            machine.say(ProblemKind.U_BOOT_BOOT, "Bad Data CRC: the image is damaged, and bootm refuses it")
            return None
        body = _unpacked(legacy.data, legacy.compression)
        if body is None:
            machine.say(ProblemKind.U_BOOT_BOOT, "the image's data cannot be unpacked")
            return None
        return _loaded(machine, legacy.load, body)
    if data[:2] == b"\x1f\x8b":
        unpacked = _compressed(machine, data)
        if unpacked is None:
            return None
        head = bytearray(unpacked[:64].ljust(64, b"\0"))
        machine.memory.write(address, unpacked)
    if head[56:60] != b"ARM\x64":
        machine.say(ProblemKind.U_BOOT_BOOT, "Bad Linux ARM64 Image magic! There is no arm64 Image there")
        return None
    return _placed(machine, address, bytes(head))


def _placed(machine: UBootMachine, address: int, head: bytes) -> _Image:
    offset, size, flags = struct.unpack_from("<QQQ", head, 8)
    if not size:
        size, offset = 16 << 20, 0x80000
    if flags & _STAYS:
        start = address - offset
    elif machine.settings.banks:
        start = machine.settings.banks[0][0]
    else:
        return _Image(address, size)
    start = ((start + _ALIGNED - 1) & ~(_ALIGNED - 1)) + offset & WIDTH
    return _Image(start, size)


def _unread_image(machine: UBootMachine, command: str, address: int) -> _Image | None:
    """An image that was not read: for booti Xen's, whose flags let it stay where it is if that is a 2 MiB boundary."""
    size = machine.settings.image_size
    elsewhere = any(loaded.data[56:60] == b"ARM\x64" for loaded in machine.loaded)
    if not machine.memory.is_dark(address) and (elsewhere or address in machine.empty):
        message = f"Bad Linux ARM64 Image magic! Nothing was loaded to {address:#x}"
        machine.say(ProblemKind.U_BOOT_BOOT, message, "specify the address to which the image was loaded")
        return None
    if command == "bootm":
        what = f"the image at {machine.shown(address)}"
        why = f"{what} is not among the inputs: where bootm loads it to is not known"
        machine.tree_doubts.append(OpenFact(what, why, (), machine.place))
        return _Image(VIRTUAL, None)
    machine.assumptions[f"what booti starts at {address:#x} is Xen's image"] = None
    return _Image(((address + _ALIGNED - 1) & ~(_ALIGNED - 1)) & WIDTH, size)


def _content(machine: UBootMachine, address: int) -> bytes:
    loaded = next((one for one in reversed(machine.loaded) if one.address == address), None)
    size = len(loaded.data) if loaded else 64
    data = machine.memory.read(address, size)
    return bytes(data) if data is not None else bytes(machine.memory.read(address, 64) or b"")


def _unpacked(data: bytes, compression: int) -> bytes | None:
    if compression == 0:
        return data
    return gunzip(data, 64 << 20) if compression == 1 else None


def gunzip(data: bytes, most: int) -> bytes | None:
    try:
        unpacker = zlib.decompressobj(wbits=31)
        found = unpacker.decompress(data, most)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail or not unpacker.eof else found


def _compressed(machine: UBootMachine, data: bytes) -> bytes | None:
    """What booti does with a compressed image; None if it refuses it."""
    where = hexadecimal(machine.text("kernel_comp_addr_r") or "0")
    size = hexadecimal(machine.text("kernel_comp_size") or "0")
    if not where or not size:
        for name in ("kernel_comp_addr_r", "kernel_comp_size"):
            machine.unset(name)
        machine.say(
            ProblemKind.U_BOOT_BOOT,
            "kernel_comp_addr_r or kernel_comp_size is not provided! U-Boot needs both for a compressed image",
        )
        return None
    unpacked = gunzip(data, min(10 * size, 64 << 20))
    if unpacked is None:
        machine.say(ProblemKind.U_BOOT_BOOT, "the compressed image does not unpack within ten times kernel_comp_size")
        return None
    machine.memory.write(where, unpacked)
    return unpacked


class _Ramdisk(Struct, frozen=True):
    start: int
    size: int
    unsure: int | None = None


def _ramdisk(machine: UBootMachine, word: Marked) -> _Ramdisk | int:
    """The ramdisk of the second argument; a status if U-Boot refuses it."""
    _, colon, size = word.text.partition(":")
    fact = machine.depends(word)
    if fact is not None and machine.address(word) is None:
        raise _starts_unknown(machine, "the ramdisk that booti takes", fact)
    start = machine.reached(word) if not word.text.startswith(":") else machine.load_address
    image = read_legacy(_content(machine, start))
    if image is not None:
        if image.kind != RAMDISK or not image.header_ok or _is_damaged(machine, image):
            machine.say(
                ProblemKind.U_BOOT_BOOT,
                "the ramdisk's legacy image is of another type or damaged: U-Boot refuses it",
            )
            return 1
        return _Ramdisk(start + 64, image.size)
    if present_magic(machine, start) or not colon:
        message = "Wrong Ramdisk Image Format: booti takes a raw ramdisk as ADDRESS:SIZE, or - if there is none"
        machine.say(ProblemKind.U_BOOT_BOOT, message, "write booti XEN - TREE, or booti XEN RAMDISK:${filesize} TREE")
        return 1
    if fact is not None:
        return _Ramdisk(start, 1, machine.number(fact))
    _say_damage(machine, start, hexadecimal(size))
    return _Ramdisk(start, hexadecimal(size))


def _say_damage(machine: UBootMachine, start: int, size: int) -> None:
    """Report a ramdisk that the script does not load, or not whole: U-Boot hands on whatever is there."""
    module = next((each for each in modules(machine) if each.address == start), None)
    shown, why = machine.shown(start), ""
    if start >= VIRTUAL or not size:
        return
    if module is None and machine.memory.read(start, 1) is None and not machine.memory.is_dark(start):
        why = f"booti takes a ramdisk at {shown}, and the script loads nothing there"
    elif module is not None and not module.whole:
        why = f"the ramdisk at {shown} is overwritten by {module.spoiled_by}"
    elif module is not None and module.size is not None and size < module.size:
        why = f"booti takes {size:#x} bytes of {module.name} as the ramdisk, but the file has {module.size:#x}"
    if why:
        machine.say(ProblemKind.U_BOOT_LOAD, why, "write booti XEN RAMDISK:${filesize} TREE right after its load")


def present_magic(machine: UBootMachine, address: int) -> bool:
    """Whether a device tree or FIT begins at an address."""
    return bytes(machine.memory.read(address, 4) or b"") == MAGIC


def _may_stay(machine: UBootMachine, room: Places, ramdisk: _Ramdisk) -> bool:
    """Whether U-Boot takes a ramdisk that is to stay where it is; any other one it does."""
    high = machine.environment.get("initrd_high")
    if high is None or hexadecimal(high.text) != WIDTH or stays(machine, room, ramdisk.start, ramdisk.size):
        return True
    message = f"in-place initrd alloc failed: not all of {ramdisk.size:#x} bytes at {ramdisk.start:#x} are free memory"
    machine.say(ProblemKind.U_BOOT_BOOT, message, "give the size of the ramdisk: booti XEN RAMDISK:${filesize} TREE")
    return False


def _moved_ramdisk(
    machine: UBootMachine, room: Places, ramdisk: _Ramdisk | None
) -> tuple[tuple[int | None, int] | None, int | None]:
    """The final address of the ramdisk, and the number of the open fact on which it depends."""
    if ramdisk is None:
        return None, None
    high = machine.text("initrd_high")
    machine.unset("initrd_high")
    bounded = bounds_are_known(machine)
    highest = number_of(machine, "bootm_mapsize", mapped(machine)) + lowest(machine)
    limit = highest if high is None else hexadecimal(high)
    if high is not None and limit == WIDTH:
        room.reserve(ramdisk.start, ramdisk.size)
        return (ramdisk.start, ramdisk.size), ramdisk.unsure
    unclear = not bounded or (high is None and machine.peek("initrd_high") is not None)
    at, any_room = (None, True) if unclear else room.highest(ramdisk.size, limit)
    if not any_room:
        raise HaltError("ramdisk - allocation error: there is no room for it below initrd_high")
    if at is None or ramdisk.unsure is not None:
        fact = machine.open(
            "the ramdisk's place",
            "U-Boot moves the ramdisk below itself, and files do not say where U-Boot is",
            "[target.environment]",
            'initrd_high = "0xffffffffffffffff"  # if the board has this value: the ramdisk stays where it is',
        )
        return (None, ramdisk.size), machine.carry(fact) if ramdisk.unsure is None else ramdisk.unsure
    machine.over(at, ramdisk.size, "the ramdisk")
    machine.memory.darken(at, ramdisk.size)
    machine.loaded.append(FileInMemory("ramdisk", at, ramdisk.size, b"", machine.place))
    return (at, ramdisk.size), None


class _Final(Struct):
    tree: TreeInMemory
    known: bool

    @property
    def address(self) -> int:
        return self.tree.address


def _moved_tree(machine: UBootMachine, room: Places, tree: TreeInMemory) -> _Final:
    """The tree at its last place, opened for what U-Boot adds. Raises HaltError if there is no room."""
    length = tree.total + _PAD
    high = machine.text("fdt_high")
    machine.unset("fdt_high")
    if high is not None and hexadecimal(high) == WIDTH:
        if not stays(machine, room, tree.address, length):
            why = "overlap reserved memory or U-Boot, and fdt_high keeps the tree there"
            raise HaltError(f"FDT creation failed: {tree.address:#x} and the {length:#x} bytes from there {why}")
        room.reserve(tree.address, length)
        tree.resize(length)
        return _Final(tree, True)
    unknown = (machine.peek("fdt_high") is not None and high is None) or not bounds_are_known(machine)
    at, any_room = (None, True) if unknown else place_of_tree(machine, room, length, high)
    if not any_room or not can_reserve(machine, room, at):
        raise HaltError("device tree - allocation error: there is no room for it below fdt_high")
    moved = TreeInMemory(machine, _OPEN_PLACE if at is None else at, bytearray(tree.data), tree.side.copy())
    moved.reopen(length)
    return _Final(moved, at is not None)


def _fixed(
    machine: UBootMachine, final: _Final, ramdisk: tuple[int | None, int] | None, unsure: int | None
) -> TreeInMemory:
    """The tree with everything that U-Boot adds. Raises HaltError if it does not fit."""
    tree = final.tree
    board = "board-specific code in U-Boot does not change the tree that Xen reads"
    machine.assumptions[board] = None
    fixups.commands(machine)
    if not (fixups.root(machine, tree) and fixups.chosen(machine, tree) and fixups.memory(machine, tree)):
        raise HaltError("U-Boot finds no room in the device tree for its additions and resets the board")
    fixups.ethernet(machine, tree)
    start = _OPEN_PLACE if ramdisk is None or ramdisk[0] is None else ramdisk[0]
    if ramdisk is not None and known(machine, RESERVED_ROOM):
        fixups.initrd(tree, start, start + ramdisk[1], unsure)
        tree.shrink()
    else:
        size = tree.shrink()
        if ramdisk is not None:
            tree.resize(size + RAMDISK_ROOM)
            fixups.initrd(tree, start, start + ramdisk[1], unsure)
    if final.known:
        tree.keep()
    return tree
