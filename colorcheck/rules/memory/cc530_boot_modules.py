"""A boot module, a kernel or a ramdisk is not written the way Xen reads it.

What it checks: `reg` and the length of `bootargs` of each boot module, `linux,initrd-start` and `-end`, `reg` of the
nodes of memory, and that each dom0less domain's kernel is a boot module to Xen.

Why it matters: Xen reads them before it starts its console and stops with a panic, even at a disabled node; often
nothing at all is printed. It starts a domain's kernel only from a boot module.

What it cannot see: what a boot loader writes into the tree, unless its script is an input. With `loader = "none"` in
the manifest, nothing is written.

Source: `process_multiboot_node`, `add_boot_cmdline`, `process_chosen_node`, `device_tree_get_meminfo`, `kernel_probe`
(xen/common/device-tree, 4.20 to 4.22), measured on them.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_seen
from colorcheck.rules.index import Kind
from colorcheck.rules.rule import Rule, seen
from colorcheck.rules.words import name_of, says
from colorcheck.verification.results import Facts
from colorcheck.xen.notes.domains import Dom0WithoutKernel, KernelToCome
from colorcheck.xen.notes.machine import (
    InitrdDamaged,
    InitrdFault,
    KernelNotRegistered,
    MemoryWithoutReg,
    ModuleArgumentsLong,
    ModuleShortReg,
    ModuleWithoutReg,
    RangeWithoutCells,
    RegRest,
)


@says(InitrdDamaged)
def _initrd_damaged(note: InitrdDamaged) -> str:
    wrong = {
        InitrdFault.START_LENGTH: f"linux,initrd-start has {note.length} bytes, not 4 or 8",
        InitrdFault.NO_END: "linux,initrd-start has no linux,initrd-end",
        InitrdFault.END_LENGTH: f"linux,initrd-end has {note.length} bytes, not 4 or 8",
        InitrdFault.NOT_ABOVE: f"linux,initrd-end is {note.end:#x}, not above the start {note.start:#x}",
    }
    return f"{wrong[note.fault]}: Xen stops"


@says(ModuleShortReg)
def _module_short_reg(note: ModuleShortReg) -> str:
    return f"reg of the boot module {name_of(note.node)} has {note.given} bytes, Xen reads {note.needed}: it stops"


@says(ModuleArgumentsLong)
def _module_arguments_long(note: ModuleArgumentsLong) -> str:
    return f"the bootargs of {name_of(note.node)} are {note.length} bytes long, Xen takes {note.most} at most: it stops"


@says(RegRest)
def _reg_rest(note: RegRest) -> str:
    return (
        f"reg of {name_of(note.node)} has {note.length} bytes, not a multiple of {note.width}: "
        f"Xen drops the last {note.rest}"
    )


@says(KernelNotRegistered)
def _kernel_not_registered(note: KernelNotRegistered) -> str:
    kernel = f"the kernel of {note.domain} at {note.start:#x}"
    if not note.loaded:
        return f"nothing loads {kernel}, so Xen cannot build the domain"
    return f"Xen does not register {kernel}, so it cannot build the domain"


@says(Dom0WithoutKernel)
def _dom0_without_kernel(note: Dom0WithoutKernel) -> str:
    if note.empty:
        return "dom0's kernel is an empty boot module: Xen stops"
    return "the tree has neither a kernel for dom0 nor one for any other domain: Xen stops"


@says(MemoryWithoutReg)
def _memory_without_reg(note: MemoryWithoutReg) -> str:
    return f"the node {name_of(note.node)} of memory has no reg: Xen stops"


@says(RangeWithoutCells)
def _range_without_cells(note: RangeWithoutCells) -> str:
    return f"an address or a size of {name_of(note.node)} has no cells: Xen stops"


@says(ModuleWithoutReg)
def _module_without_reg(note: ModuleWithoutReg) -> str:
    then = "Xen stops" if note.stops else "a boot loader must write it, otherwise Xen stops"
    return f"the boot module {name_of(note.module)} has no reg: {then}"


@says(KernelToCome)
def _kernel_to_come(note: KernelToCome) -> str:
    return f"{note.domain} has no kernel module: a boot loader must add it, otherwise Xen stops"


_HELP: dict[Kind, str] = {
    ModuleWithoutReg: "write address and size in its parent's cells, or name the boot-script that does",
    KernelToCome: "add it to the domain's node, or name the boot-script that does",
    ModuleShortReg: "write address and size in as many cells as the parent's #address-cells and #size-cells say",
    ModuleArgumentsLong: "shorten them",
    MemoryWithoutReg: "write reg, the address and size of the memory",
    RangeWithoutCells: "give its parent #address-cells and #size-cells of 1 or 2",
    RegRest: "write each address and size in the cells that the parent's #address-cells and #size-cells say",
    InitrdDamaged: "write both as one or two cells, the end above the start, or neither",
    Dom0WithoutKernel: 'add a module of compatible "multiboot,kernel", "multiboot,module" to /chosen',
    KernelNotRegistered: "write the module directly below the domain, compatible with multiboot,kernel and "
    "multiboot,module, at an address that nothing else uses",
}


def check(facts: Facts) -> Iterator[Finding]:
    """A finding for each note; a warning if a boot loader may still write what is missing."""
    for what in seen(facts, *_HELP):
        finding = from_seen(RULE, facts, what, _HELP[what.kind])
        yield (
            finding
            if not isinstance(what.source, KernelToCome)
            and not (isinstance(what.source, ModuleWithoutReg) and not what.source.stops)
            else RULE.finding(
                finding.message, finding.location, finding.help, severity=Severity.WARNING, about=finding.about
            )
        )


RULE = Rule(
    "CC530",
    "boot-modules",
    Severity.ERROR,
    __doc__,
    check,
    bad=Example(
        chosen='ramdisk { compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0x0 0x3000000>; };',
    ),
    good=Example(
        chosen='ramdisk { compatible = "multiboot,ramdisk", "multiboot,module"; reg = <0x0 0x3000000 0x0 0x1000>; };',
    ),
    kinds=tuple(_HELP),
)
