"""The boot modules that a tree names, compared with what a boot script brings into memory: what is missing, cut or
overwritten.

Xen looks at the content of kernels and partial device trees only; a ramdisk it hands on as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.inputs.deployment import ModuleInDoubt
from colorcheck.inputs.device_tree.tree_walk import compatible, ranges_of
from colorcheck.loader.handover import Handover, HandoverModule
from colorcheck.xen.machine.chosen_walk import Item, VisitedNode, below_chosen

_PARTIAL = "multiboot,device-tree"


def modules_in_doubt(received: Handover) -> Iterator[ModuleInDoubt]:
    """The modules that the tree names at addresses to which the script loads nothing, or only a part, or which it
    overwrites."""
    found = tuple(below_chosen(received.tree)) if received.tree else ()
    for each in found:
        place = each.node.properties.get("reg")
        if each.item is not Item.MODULE or place is None or (each.node.path, "reg") in received.unsure:
            continue
        for address, size in ranges_of(place, *each.sizes)[:1]:
            module, kind = _module_at(received, address), _kind(each)
            owner = each.domain.removeprefix("/chosen/") or "dom0"
            what = f"the {_WORDS.get(kind, 'boot module')} of {owner} at {address:#x}"
            if module is None and size:
                why = f"the boot script does not load {what}, and no input says that it is in memory"
                yield ModuleInDoubt(kind, address, why, place.location, spoiled=False)
            elif module is not None and not module.whole:
                yield ModuleInDoubt(kind, address, f"{what} is overwritten by {module.spoiled_by}", module.location)
            elif module is not None and module.address == address and module.no_kernel and kind is ModuleKind.KERNEL:
                why = f"the boot script loads {module.name} to the place of {what}, which {module.no_kernel}"
                yield ModuleInDoubt(kind, address, why, module.location)
            elif module is not None and _is_xen(received, module, address) and kind is ModuleKind.KERNEL:
                why = f"the boot script loads {module.name}, which it starts as Xen, to the place of {what} as well"
                yield ModuleInDoubt(kind, address, why, module.location)
            elif module is not None and module.edited and kind is ModuleKind.DEVICE_TREE:
                why = f"the boot script edits {what}"
                yield ModuleInDoubt(kind, address, why, module.location)
            elif module is not None and _is_cut(found, module, address, size):
                why = f"reg gives Xen {size:#x} bytes of {what}, but the file {module.name} has {module.size:#x}"
                yield ModuleInDoubt(kind, address, why, place.location)


_WORDS = {
    ModuleKind.KERNEL: "kernel",
    ModuleKind.RAMDISK: "ramdisk",
    ModuleKind.DEVICE_TREE: "partial device tree",
}


def _is_xen(received: Handover, module: HandoverModule, address: int) -> bool:
    return module.address == address and module.name == received.xen_file


def _kind(found: VisitedNode) -> ModuleKind:
    return ModuleKind.DEVICE_TREE if compatible(found.node, _PARTIAL) else found.kind


def _is_cut(found: tuple[VisitedNode, ...], module: HandoverModule, address: int, size: int) -> bool:
    """Whether `reg` gives Xen only a part of a file, and no other module is in the rest of it."""
    if module.address != address or module.size is None or not 0 < size < module.size:
        return False
    rest = range(address + size, address + module.size)
    starts = (start for each in found for start, _ in ranges_of(each.node.properties.get("reg"), *each.sizes)[:1])
    return not any(start in rest for start in starts)


def _module_at(received: Handover, address: int) -> HandoverModule | None:
    """The file that the script put last to this address, or that reaches over it."""
    placed = [(module.address, module) for module in received.modules if module.address is not None]
    return next(
        (each for start, each in reversed(placed) if start == address or start < address < start + (each.size or 0)),
        None,
    )
