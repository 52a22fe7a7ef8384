"""The nodes and properties that Xen's EFI loader writes into `/chosen`.

Source: `efi_arch_handle_cmdline`, `efi_arch_handle_module`, `handle_module_node` (xen/arch/arm/efi/efi-boot.h, 4.20 to
4.22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.tree import Node, Property
from colorcheck.inputs.device_tree.tree_walk import cell_sizes

_COMPATIBLE = {
    ModuleKind.KERNEL: b"multiboot,kernel\0multiboot,module\0",
    ModuleKind.RAMDISK: b"multiboot,ramdisk\0multiboot,module\0",
    ModuleKind.XSM: b"xen,xsm-policy\0multiboot,module\0",
}
UEFI_BINARY = "xen,uefi-binary"


class PlacedFile(Struct, frozen=True):
    """The place of a loaded file: address and size in bytes, and where they come from."""

    address: int
    size: int
    location: Location


class ConfiguredModule(Struct, frozen=True):
    """A module of the configuration: kernel, ramdisk or xsm; its file, its arguments, its place if that is known."""

    kind: ModuleKind
    file: str
    location: Location
    arguments: Passage | None = None
    placed: PlacedFile | None = None

    def node(self, cells: tuple[int, int]) -> Node:
        """The node of `/chosen`; without a known place it is marked as one that the firmware loads."""
        path, place = f"/chosen/{self.kind}", self.location
        held = {"compatible": Property("compatible", _COMPATIBLE[self.kind], place, place)}
        if self.placed:
            held["reg"] = reg(self.placed, cells)
        else:
            held[UEFI_BINARY] = Property(UEFI_BINARY, self.file.encode() + b"\0", place, place)
        if self.arguments and self.arguments.text:
            held["bootargs"] = text("bootargs", self.arguments)
        return Node(self.kind, path, place, held)


def reg(placed: PlacedFile, cells: tuple[int, int]) -> Property:
    """`reg` with an address and a size, in the given numbers of cells."""
    address, size = cells
    value = _number(placed.address, address) + _number(placed.size, size)
    return Property("reg", value, placed.location, placed.location)


def _number(value: int, cells: int) -> bytes:
    width = 4 * max(cells, 0)
    return (value % (1 << 8 * width)).to_bytes(width, "big") if width else b""


def text(name: str, said: Passage, before: bytes = b"") -> Property:
    """A property with one string, whose characters keep their places in the passage."""
    value = before + said.text.encode("utf-8", "surrogateescape") + b"\0"
    return Property(name, value, said.whole, said.whole, (said,))


def with_modules(
    chosen: Node, outer: tuple[int, int], configured: Sequence[ConfiguredModule], placed: Mapping[str, PlacedFile]
) -> Node:
    """`/chosen` with the configuration's modules in front, and the tree's own with the places of their files."""
    two = Property("#address-cells", b"\0\0\0\2", chosen.location, chosen.location)
    missing = {name: replace(two, name=name) for name in ("#address-cells", "#size-cells")}
    node = replace(chosen, properties={**missing, **chosen.properties})
    cells = cell_sizes(node, *outer)
    children = tuple(_loaded(child, cells, placed) for child in node.children)
    own = tuple(module.node(cells) for module in configured)
    return replace(node, children=(*own, *children))


def _loaded(node: Node, cells: tuple[int, int], placed: Mapping[str, PlacedFile]) -> Node:
    """The node and its descendants, with the `reg` of each module whose file was placed."""
    name = binary(node)
    if name is not None and name in placed:
        found = placed[name]
        node = _renamed(replace(node, properties={**node.properties, "reg": reg(found, cells)}), found)
    if not node.children:
        return node
    own = cell_sizes(node, *cells)
    return replace(node, children=tuple(_loaded(child, own, placed) for child in node.children))


def _renamed(node: Node, placed: PlacedFile) -> Node:
    name = f"module@{placed.address:x}"
    return replace(node, name=name, path=f"{node.path.rpartition('/')[0]}/{name}")


def binary(node: Node) -> str | None:
    """The file that a node asks the firmware to load."""
    found = node.properties.get(UEFI_BINARY)
    return found.value.split(b"\0")[0].decode("utf-8", "replace") if found else None
