"""The changes that U-Boot itself makes to a tree before it starts Xen, in order.

Source: `image_setup_libfdt` of `boot/image-fdt.c`, `boot/fdt_support.c`, U-Boot 2023.01.
"""

from __future__ import annotations

import re

from colorcheck.loader.facts import OpenFact
from colorcheck.loader.u_boot.machine import Doubt, HaltError, UBootMachine
from colorcheck.loader.u_boot.numbers import hexadecimal_end
from colorcheck.loader.u_boot.text import unknowns
from colorcheck.loader.u_boot.trees import TreeInMemory

VERSION = "u-boot,version"
CONFIGURATION = "u-boot,bootconf"
LENGTH = 29  # of the version's text: only the room that it takes counts
FIXUP_COMMANDS = "U-Boot runs fdt_fixup"
FIXUP_BUILT = "U-Boot can run fdt_fixup"
FIXUP_COMMANDS_SINCE = (2024, 4)
"""The release of U-Boot from which the variable fdt_fixup is run, if that was built in."""
NO_FIXUP_COMMANDS = "the board's environment does not set fdt_fixup, which U-Boot before 2024.04 does not run"
_CUT = 0xFFFFFFFF
_INTERFACE = re.compile(r"ethernet\d*", re.ASCII)
_CELLS = ("#address-cells", "#size-cells")
_MOST_CELLS = 4  # FDT_MAX_NCELLS


def commands(machine: UBootMachine) -> None:
    """The commands of the variable fdt_fixup: run since v2024.04, with CONFIG_OF_ENV_SETUP. They are not followed.

    Where neither the release nor the environment is given, it is assumed that there are none: hardly any board has
    them, and a question here would leave the whole tree open.
    """
    given = machine.environment.get("fdt_fixup") is not None
    if not given and (machine.settings.whole_environment or "fdt_fixup" in machine.deleted):
        return
    if not given and machine.blanket is None and FIXUP_BUILT not in machine.settings.answered:
        machine.assumptions[NO_FIXUP_COMMANDS] = None
        return
    if not given and (machine.peek("fdt_fixup") is None or FIXUP_COMMANDS in machine.settings.answered):
        return
    unknown = "" if given else ", and no input says whether the board's environment has it"
    fact = OpenFact(
        "U-Boot runs fdt_fixup",
        "U-Boot since 2024.04 runs the variable fdt_fixup on the tree, if it was built with CONFIG_OF_ENV_SETUP"
        + unknown,
        ("[target]", 'u-boot = "2023.01"  # the release that runs here', "# or delete the variable: setenv fdt_fixup"),
        machine.place,
        (False, True),
    )
    if machine.decide(Doubt(FIXUP_COMMANDS, False, fact)):
        why = "what the commands of the variable fdt_fixup change in the tree is not followed"
        machine.tree_doubts.append(machine.open("tree after fdt_fixup", why))


def root(machine: UBootMachine, tree: TreeInMemory) -> bool:
    """The variable serial# becomes the root's serial-number."""
    serial = machine.environment.get("serial#")
    if serial is None:
        return True
    return tree.put(0, "serial-number", _text(serial.text), serial, _unsure(serial.text)) >= 0


def chosen(machine: UBootMachine, tree: TreeInMemory) -> bool:
    """/chosen, with the variable bootargs over whatever is there, and U-Boot's version."""
    at = tree.find_or_add(0, "chosen")
    if at < 0:
        return False
    arguments = machine.peek("bootargs")
    if (
        arguments is not None
        and tree.put(at, "bootargs", _text(arguments.text), arguments, _unsure(arguments.text)) < 0
    ):
        return True
    version = OpenFact("U-Boot's version", "a string that Xen does not read", (), machine.place)
    tree.put(at, VERSION, b"U-Boot".ljust(LENGTH, b" ")[: LENGTH - 1] + b"\0", None, machine.quiet(version))
    if machine.configuration is not None:
        tree.put(at, CONFIGURATION, _text(machine.configuration))
    return True


def memory(machine: UBootMachine, tree: TreeInMemory) -> bool:
    """All banks that U-Boot found go into the first memory node."""
    banks = machine.settings.banks
    if banks is None:
        fact = machine.open(
            "U-Boot's memory banks",
            "U-Boot writes the memory that it finds into the tree, and no input says what it finds",
            "[target]",
            'memory = ["0x40000000+0x80000000"]  # start+size, as printed by bdinfo',
        )
        return memory_node(tree, None, machine.carry(fact))
    return memory_node(tree, banks)


def memory_node(tree: TreeInMemory, banks: tuple[tuple[int, int], ...] | None, unsure: int | None = None) -> bool:
    """Write banks into the first child of the root named memory; without any it is made."""
    at = tree.find_or_add(0, "memory")
    if at < 0 or tree.put(at, "device_type", b"memory\0") < 0:
        return False
    if banks is None:
        return tree.put(at, "reg", tree.value(at, "reg") or bytes(16), None, unsure) >= 0
    widths = [cells(tree, name, 2) if _is_cell(tree, name) else -1 for name in _CELLS]
    if any(not 0 <= width <= _MOST_CELLS for width in widths):
        raise HaltError(
            f"U-Boot crashes: #address-cells or #size-cells of the root is not a number up to {_MOST_CELLS}"
        )
    if any(width not in (1, 2) for width in widths):
        tree.machine.open("memory of the tree", "U-Boot writes the memory node with cells that are not one or two wide")
    given = [bank for bank in banks if bank != (0, 0)]
    if not given:
        return True
    wide = tuple(cells(tree, name, default) == 2 for name, default in (("#address-cells", 2), ("#size-cells", 1)))
    reg = b"".join(_number(number, wide[side]) for bank in given for side, number in enumerate(bank))
    return tree.put(at, "reg", reg) >= 0


def cells(tree: TreeInMemory, name: str, default: int) -> int:
    """The number of cells given by the root."""
    value = tree.value(0, name)
    return int.from_bytes(value, "big") if value is not None and len(value) == 4 else default


def _is_cell(tree: TreeInMemory, name: str) -> bool:
    value = tree.value(0, name)
    return value is None or len(value) == 4


def _number(value: int, wide: bool) -> bytes:
    return value.to_bytes(8, "big") if wide else (value & _CUT).to_bytes(4, "big")


def ethernet(machine: UBootMachine, tree: TreeInMemory) -> None:
    """ethaddr, eth1addr, … become local-mac-address of the nodes that the aliases ethernetN name."""
    for name, value in _interfaces(tree):
        number = name.removeprefix("ethernet")
        address = machine.environment.get("ethaddr" if number in ("", "0") else f"eth{int(number)}addr")
        at = tree.node(value.split(b"\0")[0].decode("utf-8", "replace")) if address is not None else -1
        if address is None or at < 0:
            continue
        octets, position = bytearray(), 0
        for _ in range(6):
            octet, position = hexadecimal_end(address.text, position)
            octets.append(octet & 0xFF)
            position += position < len(address.text)
        if tree.value(at, "mac-address") is not None:
            tree.put(at, "mac-address", bytes(octets))
        tree.put(at, "local-mac-address", bytes(octets), None, _unsure(address.text))


def _interfaces(tree: TreeInMemory) -> list[tuple[str, bytes]]:
    """The aliases ethernetN with their values."""
    at = tree.node("/aliases")
    if at < 0 or tree.path(at) != "/aliases":
        return []
    return [(name, value) for name, value in tree.properties(at) if _INTERFACE.fullmatch(name)]


def interfaces(tree: TreeInMemory) -> int:
    """How many network interfaces may get an address of the environment."""
    return len(_interfaces(tree))


def initrd(tree: TreeInMemory, start: int, end: int, unsure: int | None = None) -> bool:
    """The ramdisk's reservation, last in its list, and linux,initrd-start and -end in /chosen."""
    if start == end:
        return True
    at = tree.find_or_add(0, "chosen")
    if at < 0:
        return False
    same = next((n for n in range(tree.reservations) if tree.reservation(n)[0] == start), None)
    if same is not None:
        tree.unreserve(same)
    if tree.reserve(start, end - start) < 0:
        return False
    wide = _is_cell(tree, "#address-cells") and cells(tree, "#address-cells", 2) == 2
    for name, value in (("linux,initrd-start", start), ("linux,initrd-end", end)):
        if tree.put(tree.node("/chosen"), name, _number(value, wide), None, unsure) < 0:
            return False
    return True


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\0"


def _unsure(text: str) -> int | None:
    found = unknowns(text)
    return found[0] if found else None
