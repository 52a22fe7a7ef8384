"""The nodes that GRUB writes into `/chosen` of the tree for Xen on arm64.

Cells of two over the tree's own, Xen's arguments as `bootargs`, and a `module@ADDR` for each `xen_module`, compatible
with `multiboot,module` alone: Xen takes the first for a kernel and the second for a ramdisk.

Source: `xen_boot`, `prepare_xen_module_params` (grub-core/loader/arm64/xen_boot.c).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.loader.uefi.chosen import UEFI_BINARY, PlacedFile, reg, text

if TYPE_CHECKING:
    from colorcheck.inputs.boot.boot_log import LoggedModule
    from colorcheck.inputs.boot.grub_config import GrubEntry, GrubModule

_CELLS = ("#address-cells", "#size-cells")


def with_grub_modules(chosen: Node, entry: GrubEntry, logged: Sequence[LoggedModule], given: frozenset[int]) -> Node:
    """`/chosen` as GRUB leaves it; `given` are the addresses of modules that the tree itself has.

    A log settles where the modules lie, where it has as many as GRUB loads; else they are marked as ones that the
    firmware places.
    """
    held = {name: p for name, p in chosen.properties.items() if name not in (*_CELLS, "bootargs")}
    held |= {name: Property(name, b"\0\0\0\2", entry.location, entry.location) for name in _CELLS}
    if entry.arguments is not None:
        held["bootargs"] = text("bootargs", entry.arguments)
    listed = [m for m in logged if m.kind not in ("Xen", "Device Tree") and m.address not in given]
    places = listed if len(listed) == len(entry.modules) else []
    own = tuple(
        _node(number, module, places[number] if places else None) for number, module in enumerate(entry.modules)
    )
    return replace(chosen, properties=held, children=(*own, *chosen.children))


def _node(number: int, module: GrubModule, logged: LoggedModule | None) -> Node:
    place = module.location
    name = f"module@{logged.address:x}" if logged else f"module@{number}"
    held = {"compatible": Property("compatible", b"multiboot,module\0", place, place)}
    if logged is not None:
        held["reg"] = reg(PlacedFile(logged.address, logged.size, logged.location), (2, 2))
    else:
        held[UEFI_BINARY] = Property(UEFI_BINARY, module.file.encode() + b"\0", place, place)
    if module.arguments is not None and module.arguments.text:
        held["bootargs"] = text("bootargs", module.arguments)
    return Node(name, f"/chosen/{name}", place, held)
