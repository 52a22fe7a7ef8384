"""The edits of the tree that ImageBuilder writes into its script, in order, each with its location.

Source: `scripts/uboot-script-gen` of `xlnx_rel_v2023.2`; they are U-Boot's `fdt mknod` and `fdt set`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from colorcheck.core.source import Location, Passage
from colorcheck.inputs.boot.image_builder import ImageBuilderFile
from colorcheck.inputs.device_tree.tree import Property
from colorcheck.loader.image_builder.image_builder import BuiltDomain, ImageBuilderBoot, LoadedFile, root_device

_DOMU_COMMAND = "console=ttyAMA0"
_MODULE = "xen,multiboot-module", "multiboot,module"


class NewNode(Struct, frozen=True):
    """`fdt mknod`: a node, by the path of its parent and its name."""

    parent: str
    name: str
    location: Location

    @property
    def path(self) -> str:
        return f"{self.parent.rstrip('/')}/{self.name}"


class NewProperty(Struct, frozen=True):
    """`fdt set`: a property of the node at `path`."""

    path: str
    held: Property


Edit = NewNode | NewProperty


def place_of(file: ImageBuilderFile, key: str) -> Location:
    """The location of the key (`DOMU_KERNEL[1]`); the whole file if it is missing."""
    name, _, index = key.removesuffix("]").partition("[")
    written = file.get(name, index or None)
    return written.location if written else file.location


class Edits(Struct, frozen=True):
    """The edits of one configuration. `loaded` are the files by their keys."""

    file: ImageBuilderFile
    boot: ImageBuilderBoot
    loaded: Mapping[str, LoadedFile]

    def all(self) -> Iterator[Edit]:
        """All of them: Xen's arguments, dom0, then the domains."""
        for held in (*_two_cells(self.file.location), self._arguments()):
            yield NewProperty("/chosen", held)
        if self.boot.has_dom0:
            yield from self._module("/chosen", "DOM0_KERNEL", ("xen,linux-zimage", *_MODULE), name="dom0")
            command = dom0_command(self.file)
            yield NewProperty("/chosen", _text("xen,dom0-bootargs", place_of(self.file, "DOM0_CMD"), command))
            yield from self._module("/chosen", "DOM0_RAMDISK", ("xen,linux-initrd", *_MODULE), name="dom0-ramdisk")
        for domain in self.boot.domains:
            written = self.file.get("DOMU_PASSTHROUGH_PATHS", domain.index)
            if written is not None:
                for path in written.value.text.split():
                    yield NewProperty(path, _nothing("xen,passthrough", written.location))
            if domain.created:
                yield from self._domain(domain)

    def _arguments(self) -> Property:
        given, place = self.boot.arguments, self.boot.arguments.whole
        return Property(
            "xen,xen-bootargs", given.text.encode("utf-8", "surrogateescape") + b"\0", place, place, (given,)
        )

    def _domain(self, domain: BuiltDomain) -> Iterator[Edit]:
        node = NewNode("/chosen", domain.name, domain.location)
        yield node
        for held in self._properties(domain):
            yield NewProperty(node.path, held)
        index = domain.index
        command = self.file.text("DOMU_CMD", index) or _DOMU_COMMAND
        kernel = ("multiboot,kernel", "multiboot,module")
        yield from self._module(node.path, f"DOMU_KERNEL[{index}]", kernel, command=command)
        yield from self._module(node.path, f"DOMU_RAMDISK[{index}]", ("multiboot,ramdisk", "multiboot,module"))
        partial = ("multiboot,device-tree", "multiboot,module")
        yield from self._module(node.path, f"DOMU_PASSTHROUGH_DTB[{index}]", partial)

    def _properties(self, domain: BuiltDomain) -> Iterator[Property]:
        place = domain.location
        yield _text("compatible", place, "xen,domain")
        yield from _two_cells(place)
        yield _cells("memory", domain.memory_location, 0, domain.memory)
        yield _cells("cpus", self._of(domain, "DOMU_VCPUS"), domain.cpus)
        if domain.static_memory:
            static = self._of(domain, "DOMU_STATIC_MEM")
            numbers = [cell for start, size in domain.static_memory for cell in (*_split(start), *_split(size))]
            yield _cells("xen,static-mem", static, *numbers)
            if domain.direct_map:
                yield _nothing("direct-map", static)
        if self.file.text("DOMU_VUART_PL011") == "1" or self.file.text("DOMU_VUART_PL011", 0) == "1":
            yield _text("vpl011", self._of(domain, "DOMU_VUART_PL011"), "pl011")  # the first one's value, for all
        else:
            yield _nothing("vpl011", place)
        if domain.enhanced:
            yield _text("xen,enhanced", place, "enabled")
        if self.file.text("DOMU_VIOMMU", domain.index) == "1":
            yield _nothing("viommu", self._of(domain, "DOMU_VIOMMU"))
        if domain.colors:
            yield _cells("colors", domain.colors.written.location, domain.colors.cell)

    def _of(self, domain: BuiltDomain, name: str) -> Location:
        """The location of a key of the domain, or of the domain if it is missing."""
        written = self.file.get(name, domain.index)
        return written.location if written else domain.location

    def _module(
        self, parent: str, key: str, compatible: tuple[str, ...], *, name: str = "", command: str = ""
    ) -> Iterator[Edit]:
        """The node of a file that U-Boot loads, if it does."""
        found = self.loaded.get(key)
        if found is None:
            return
        place = place_of(self.file, key)
        node = NewNode(parent, name or f"module{found.start:#x}", place)
        yield node
        yield NewProperty(node.path, _text("compatible", place, *compatible))
        reg = _cells("reg", place, *_split(found.start), *_split(found.end - found.start))
        yield NewProperty(node.path, reg)
        if command:
            yield NewProperty(node.path, _text("bootargs", place, command))


def dom0_command(file: ImageBuilderFile) -> str:
    """dom0's arguments, with a root added if they name none."""
    command = file.text("DOM0_CMD") or "console=hvc0 earlycon=xen earlyprintk=xen clk_ignore_unused"
    if "root=" in command:
        return command
    return f"{command} root={root_device(file) if file.text('DOM0_ROOTFS') else '/dev/ram0'}"


def _nothing(name: str, place: Location) -> Property:
    """A property without a value."""
    return Property(name, b"", place, place)


def _text(name: str, place: Location, *texts: str) -> Property:
    """A property of strings that are in no file in this form."""
    value = b"".join(text.encode("utf-8", "surrogateescape") + b"\0" for text in texts)
    return Property(name, value, place, place, tuple(Passage(text, place) for text in texts))


def _cells(name: str, place: Location, *values: int) -> Property:
    return Property(name, b"".join((value % (1 << 32)).to_bytes(4, "big") for value in values), place, place)


def _two_cells(place: Location) -> tuple[Property, Property]:
    return _cells("#address-cells", place, 2), _cells("#size-cells", place, 2)


def _split(value: int) -> tuple[int, int]:
    return value >> 32, value
