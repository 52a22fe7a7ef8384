"""No number stands in for what nobody said: wherever the model falls back on one, a reason is written here.

`x or 40`, `.get(name, 3)` and `x if … is None else 4096` turn "not said" into a value in silence. What is a value of
Xen's own, or is no fact at all, is listed with why; a new one fails until it is a fact or has its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "colorcheck"
ROOMS = ("xen", "proof", "loader")
ONE_COLOR = "one color: everything is shared, so nothing is proved"
NOT_CREATED = "a guest or domain without it is not created; the number only counts what it then keeps"
STATUS = "an exit status"
REASONS = {
    "xen/domains/color_choice.py": {"nr_colors or 0": "no colors, where nobody knows how many there are"},
    "xen/domains/cpu_pools.py": {
        "NO_CPU if number is None else number": "Xen's own error",
        "NO_CPUS if first is None else _logical(ancestry, first, cpus)": "Xen's own error",
    },
    "xen/domains/dom0.py": {
        "sum((child.name.partition('@')[0] == 'cpu' for child in cpus.children)) or 1": "Xen's boot CPU"
    },
    "xen/domains/dom0less.py": {"memory or 0": NOT_CREATED, "cell(node, 'cpus') or 0": NOT_CREATED},
    "xen/domains/hardware_domain.py": {"cell(node, 'capabilities') or 0": "no capabilities, as Xen reads it"},
    "xen/domains/vcpus.py": {"number or 0": "Pool-0, where Xen puts a domain without a pool"},
    "xen/domains/xl_creation.py": {
        "guest.maxvcpus if guest.maxvcpus is not None else 1": "xl's default",
        "populated or 0": NOT_CREATED,
        "self.memory or 0": NOT_CREATED,
        "asked.memory or 0": NOT_CREATED,
        "kernel_size or 0": "in a message; an unknown kernel is trusted to fit, as an assumption",
        "ramdisk or 0": "an unknown ramdisk is trusted to fit, as an assumption",
        "kernel or 1": "an unknown kernel is trusted to fit, as an assumption",
    },
    "xen/decided/prepare.py": {
        "context.arguments.dom0_mem or DEFAULT_MEMORY": "Xen's default for a release without the option",
    },
    "xen/decided/context.py": {
        "64 if reserve is None else reserve": "Kconfig's default; a number that is none leaves the build open",
    },
    "xen/machine/boot_info.py": {"facts.read(IMAGE_SIZE) or 0": "the skeleton, which has nothing that is open"},
    "xen/machine/host_devices.py": {
        "cell(controller, '#interrupt-cells') or 3": "the binding of every GIC; others are stepped over by it"
    },
    "xen/machine/processors.py": {"boot or 0": "the number of a CPU that no node describes"},
    "xen/memory/building.py": {"domain.p2m_pages if failure is None else 0": "nothing is taken"},
    "xen/migrate/migrate.py": {"written.index or 0": "in a message"},
    "xen/migrate/migrate_arguments.py": {
        "0 if option is None else 1 if option.legacy else 2": "a rank",
        "option.stored or 0": "a number that Xen reads as 0",
    },
    "proof/context.py": {
        "(self.board.pa_bits if self.board else None) or WIDEST_ADDRESS": "the widest there is: proved of all addresses"
    },
    "proof/pairs.py": {"self.context.system.nr_colors or 1": ONE_COLOR, "context.system.nr_colors or 1": ONE_COLOR},
    "proof/witness.py": {"context.system.nr_colors or 1": ONE_COLOR},
    "loader/image_builder/image_builder.py": {
        "number or 0": "none of them is missing here",
    },
    "loader/image_builder/edits.py": {
        "self.file.text('DOMU_CMD', index) or _DOMU_COMMAND": "ImageBuilder's default",
    },
    "loader/image_builder/follow.py": {"VIRTUAL if found is None else found.start": "a place apart from all others"},
    "loader/u_boot/blob.py": {"size or 0": "no more than the tree needs"},
    "loader/u_boot/boot.py": {
        "_OPEN_PLACE if at is None else at": "a place that counts as not known",
        "_OPEN_PLACE if ramdisk is None or ramdisk[0] is None else ramdisk[0]": "a place that counts as not known",
    },
    "loader/u_boot/room.py": {
        "_LARGEST if loaded.size is None else loaded.size": "a place that is only certain where this is not needed",
    },
    "loader/u_boot/conditions.py": {
        "8 if width is None else width": "setexpr without a width takes all bytes of a number",
        "number or 0": "none of them is missing here",
    },
    "loader/u_boot/fdt.py": {
        "1 if len(rest) > 1 and tree.value(at, rest[1].text) is None else 0": STATUS,
        "0 if 'c' in letters or (working is not None and tree_at(machine, working) is not None) else 1": STATUS,
    },
    "loader/u_boot/fdt_get.py": {"index or 0": "fdt get value without an index takes the first string"},
    "loader/u_boot/follow.py": {"RAMDISK_ROOM if started.ramdisk is not None else 0": "no ramdisk, no room for one"},
    "loader/u_boot/machine.py": {
        "loaded.size if loaded and loaded.size is not None else 0": "nothing is read of a file of unknown size",
        "loaded.size or 1": "a file of unknown size is met where it begins",
    },
    "loader/u_boot/media.py": {"given.size or 0": "the manifest gives a size where it gives no file"},
    "loader/u_boot/shell.py": {
        "status if script.error is None else 1": STATUS,
        "0 if done is None else done": STATUS,
    },
    "loader/u_boot/syntax.py": {"token.start_pos or 0": "a place in a text"},
    "loader/u_boot/variables.py": {
        "0 if all((machine.get(name) is not None for name in names)) else 1": STATUS,
    },
}


def is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    return isinstance(node, ast.Name) and node.id.strip("_").isupper()


def stand_ins(tree: ast.AST) -> Iterator[str]:
    """Expressions that give a number where something else is missing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            found = is_number(node.values[-1])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            last = node.args[1] if len(node.args) == 2 else None
            found = last is not None and is_number(last) and ast.unparse(last) != "0"
        elif isinstance(node, ast.IfExp):
            found = "None" in ast.unparse(node.test) and (is_number(node.orelse) or is_number(node.body))
        else:
            continue
        if found:
            yield ast.unparse(node)


def test_no_number_stands_in_for_what_nobody_said() -> None:
    found: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            texts = set(stand_ins(ast.parse(path.read_text(encoding="utf-8"))))
            if texts:
                found[str(path.relative_to(ROOT))] = texts
    listed = {file: set(texts) for file, texts in REASONS.items()}
    new = {file: texts - listed.get(file, set()) for file, texts in found.items()}
    gone = {file: texts - found.get(file, set()) for file, texts in listed.items()}
    assert {file: texts for file, texts in new.items() if texts} == {}, "make it a fact, or give its reason"
    assert {file: texts for file, texts in gone.items() if texts} == {}, "take the reason out"


def test_the_search_finds_what_it_is_for() -> None:
    bad = "bits = board.pa_bits or _PA_BITS\nwidth = known.get(name, 3)\nsize = 4096 if size is None else size\n"
    assert len(list(stand_ins(ast.parse(bad)))) == 3
    assert list(stand_ins(ast.parse("a = b or c\nd = e.get(f, 0)\ng = 1 if h else 2\n"))) == []
