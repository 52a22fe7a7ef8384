"""What makes Xen's EFI loader stop over the tree and its configuration, before Xen runs.

Source: `setup_chosen_node`, `fdt_set_reg`, `handle_module_node`, `allocate_module_file`, `efi_check_dt_boot`,
`efi_arch_handle_cmdline` (xen/arch/arm/efi/efi-boot.h, 4.20 to 4.22); missing `compatible` and cells are measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from colorcheck.core.source import Location, Passage
from colorcheck.core.units import PAGE
from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import compatible
from colorcheck.loader.uefi.chosen import UEFI_BINARY, ConfiguredModule, binary

MOST_FILES = 30
"""Files that the loader takes: Xen has room for 32 modules, of which Xen and the tree are two."""
_CELLS = ("#address-cells", "#size-cells")
_CELL = 4


class Refusal(Struct, frozen=True):
    """Why the loader stops, and the location of the cause."""

    why: str
    location: Location


def refusals(chosen: Node, configured: Sequence[ConfiguredModule]) -> Iterator[Refusal]:
    """Why the loader stops over `/chosen` and the files that it loads; `configured` are those of xen.cfg."""
    ranges = chosen.properties.get("ranges")
    if ranges is not None and ranges.value:
        yield Refusal("/chosen has ranges that are not empty, and Xen's EFI loader stops there", ranges.location)
    yield from _nodes(chosen)
    if configured or any(_loads(node) for node in chosen.children):
        yield from _cells(chosen)
    for domain in _domains(chosen):
        if any(_loads(node) for node in domain.children):
            yield from _cells(domain)
    kernels = [node for node in chosen.children if _loads(node) and compatible(node, "multiboot,kernel")]
    if len(kernels) > 1:
        why = f"{kernels[0].path} and {kernels[1].path} are both dom0's kernel, and Xen's EFI loader loads only one"
        yield Refusal(why, kernels[1].location)
    files = dict.fromkeys(binary(node) for node in _loaded(chosen))
    if len(configured) + len(files) > MOST_FILES:
        last = next(reversed(list(_loaded(chosen))))
        why = f"Xen's EFI loader has room for {MOST_FILES} files, and {len(configured) + len(files)} are to be loaded"
        yield Refusal(why, last.location)


def too_long(options: Passage | None, chosen: Node) -> Refusal | None:
    """The refusal of arguments that are too long: those of xen.cfg, otherwise those of the tree."""
    held = chosen.properties.get("xen,xen-bootargs")
    if options is not None:
        length, place = len(options.text.encode("utf-8", "surrogateescape")), options.whole
    elif held is not None:
        length, place = len(held.value.split(b"\0")[0]), held.location
    else:
        return None
    most = PAGE - len(" \0")  # one page for the arguments, with a blank in front and the NUL
    why = f"Xen's arguments have {length:,} bytes, and Xen's EFI loader has room for {most:,}: it stops"
    return Refusal(why, place) if length > most else None


def _nodes(chosen: Node) -> Iterator[Refusal]:
    """Nodes without the properties that the loader requires."""
    for node in chosen.children:
        if "compatible" not in node.properties:
            why = f"{node.path} has no compatible, and Xen's EFI loader asks each node of /chosen for one"
            yield Refusal(why, node.location)
        if not compatible(node, "xen,domain"):
            continue
        for name in _CELLS:
            if name not in node.properties:
                yield Refusal(f"{node.path} has no {name}, without which Xen's EFI loader stops", node.location)
        for child in node.children:
            if "compatible" not in child.properties:
                why = f"{child.path} has no compatible, and Xen's EFI loader asks each node of a domain for one"
                yield Refusal(why, child.location)


def _cells(node: Node) -> Iterator[Refusal]:
    """Cell sizes with which the loader cannot write the place of a file."""
    for name in _CELLS:
        held = node.properties.get(name)
        if held is not None and int.from_bytes(held.value[:_CELL], "big") not in (1, 2):
            why = f"{name} of {node.path} is neither 1 nor 2, so that Xen's EFI loader cannot write reg and stops"
            yield Refusal(why, held.location)


def _domains(chosen: Node) -> Iterator[Node]:
    return (node for node in chosen.children if compatible(node, "xen,domain"))


def _loaded(chosen: Node) -> Iterator[Node]:
    """The nodes of which the loader loads a file, in its order."""
    for node in chosen.children:
        for each in node.children if compatible(node, "xen,domain") else (node,):
            if _loads(each):
                yield each


def _loads(node: Node) -> bool:
    return compatible(node, "multiboot,module") and UEFI_BINARY in node.properties
