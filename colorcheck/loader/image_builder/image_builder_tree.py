"""The device tree that a deployment boots with once ImageBuilder's script has edited it.

Source: `scripts/uboot-script-gen` of `xlnx_rel_v2023.2`; the script's edits are U-Boot's `fdt mknod` and `fdt set`,
which libfdt carries out. A node that libfdt adds stands before its older siblings, so the domains come in reverse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage
from colorcheck.core.units import KIB, MIB, size
from colorcheck.inputs.boot.image_builder import ImageBuilderFile
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.dts.freeze import blob_size
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.loader.image_builder.image_builder import (
    BuiltDomain,
    ImageBuilderBoot,
    LoadedFile,
    files_to_load,
    image_builder_boot,
    load_addresses,
    no_script,
)
from colorcheck.loader.image_builder.script_lines import ScriptLines

_ASSUMED = {"KERNEL": 32 * MIB, "RAMDISK": 64 * MIB, "XEN": 2 * MIB, "DEVICE_TREE": 64 * KIB, "BITSTREAM": 32 * MIB}
"""Bytes of a file that is not there, by the end of its key; on the large side, as what modules take is lost at boot."""
_DOM0_COMMAND = "console=hvc0"
_MODULE = "xen,multiboot-module", "multiboot,module"


def as_built(deployment: Deployment) -> Deployment:
    """The deployment with the tree, the places of Xen and of the tree, and the problems that ImageBuilder makes of it.

    The same where there is no configuration. What the manifest says of places goes before ImageBuilder's.
    """
    file = deployment.image_builder
    if file is None:
        return deployment
    boot = image_builder_boot(file)
    sizes, assumed = _sizes(boot, deployment.file_sizes)
    loaded = {found.key: found for found in load_addresses(boot, sizes)}
    tree = deployment.tree or DeviceTree(file.file, Node("", "/", file.location), files=(file.file,))
    place = loaded["DEVICE_TREE"].start if "DEVICE_TREE" in loaded else 64 * MIB
    lines = ScriptLines(deployment, file, place)
    stops = next(no_script(file), None)
    overlaid = None if stops else lines.overlaid(tree)
    built: DeviceTree | None = None
    if overlaid is not None:
        root = _with_child(overlaid.root, _Builder(file, boot, loaded).chosen(overlaid.node("/chosen")))
        built = lines.finished(
            replace(overlaid, root=root), blob_size(overlaid.root, len(overlaid.memory_reservations))
        )
    return replace(
        deployment,
        tree=built,
        manifest=_placed(deployment.manifest, file, loaded),
        problems=tuple(dict.fromkeys((*deployment.problems, *assumed, *lines.problems, *((stops,) if stops else ())))),
        image_builder_problems=boot.problems,
    )


def _sizes(boot: ImageBuilderBoot, known: Mapping[str, int]) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """The sizes of all files to load by their names, and what had to be assumed."""
    sizes, missing = dict(known), []
    for key, name in files_to_load(boot):
        if name not in sizes:
            base = key.partition("[")[0]
            sizes[name] = next((size for end, size in _ASSUMED.items() if base.endswith(end)), MIB)
            missing.append((key, name))
    if not missing:
        return sizes, ()
    told = ", ".join(f"{name} ({size(sizes[name])})" for name in dict.fromkeys(name for _, name in missing))
    message = f"sizes are assumed for files that are not there: {told}; all load addresses depend on them"
    return sizes, (Problem(ProblemKind.FILE_SIZE_ASSUMED, message, _place(boot.file, missing[0][0])),)


def _placed(manifest: Manifest, file: ImageBuilderFile, loaded: Mapping[str, LoadedFile]) -> Manifest:
    """Where Xen and the device tree are loaded, as keys of the manifest whose places are in the configuration."""
    target, keys = manifest.target, list(manifest.keys)
    xen, tree = loaded.get("XEN"), loaded.get("DEVICE_TREE")
    if xen and target.xen_address is None:
        target = replace(target, xen_address=xen.start)
        keys.append(("target.xen-address", _place(file, "XEN")))
    if tree and target.device_tree_address is None:
        target = replace(target, device_tree_address=tree.start)
        keys.append(("target.device-tree-address", _place(file, "DEVICE_TREE")))
    return replace(manifest, target=target, keys=tuple(keys))


def _place(file: ImageBuilderFile, key: str) -> Location:
    """Where the key (`DOMU_KERNEL[1]`) is written; the whole file where it is not."""
    name, _, index = key.removesuffix("]").partition("[")
    written = file.get(name, index or None)
    return written.location if written else file.location


def _with_child(parent: Node, child: Node) -> Node:
    """The node with a child, in the place of one of the same name or, as libfdt adds nodes, before all others."""
    if parent.child(child.name):
        children = tuple(child if old.name == child.name else old for old in parent.children)
    else:
        children = (child, *parent.children)
    return replace(parent, children=children)


def _with_properties(node: Node, properties: Iterator[Property]) -> Node:
    return replace(node, properties={**node.properties, **{found.name: found for found in properties}})


class _Builder(Struct, frozen=True):
    """Nodes of one configuration. `loaded` are the files by their keys."""

    file: ImageBuilderFile
    boot: ImageBuilderBoot
    loaded: Mapping[str, LoadedFile]

    def chosen(self, before: Node | None) -> Node:
        """`/chosen`; `before` is the one that the board's tree has."""
        node = before or Node("chosen", "/chosen", self.file.location)
        place = self.file.location
        node = _with_properties(node, iter((*_two_cells(place), self._arguments(), *self._dom0_arguments())))
        if self.boot.has_dom0:
            kernel, ramdisk = ("xen,linux-zimage", *_MODULE), ("xen,linux-initrd", *_MODULE)
            node = self._module(node, "DOM0_KERNEL", kernel, "dom0")
            node = self._module(node, "DOM0_RAMDISK", ramdisk, "dom0-ramdisk")
        for domain in self.boot.domains:
            if domain.created:
                node = _with_child(node, self._domain(domain))
        return node

    def _arguments(self) -> Property:
        given, place = self.boot.arguments, self.boot.arguments.whole
        return Property("xen,xen-bootargs", given.text.encode() + b"\0", place, place, (given,))

    def _dom0_arguments(self) -> Iterator[Property]:
        if self.boot.has_dom0:
            yield _text("xen,dom0-bootargs", _place(self.file, "DOM0_CMD"), self.file.text("DOM0_CMD") or _DOM0_COMMAND)

    def _domain(self, domain: BuiltDomain) -> Node:
        node = Node(domain.name, f"/chosen/{domain.name}", domain.location)
        node = _with_properties(node, self._properties(domain))
        for key, compatible in (
            ("DOMU_KERNEL", "multiboot,kernel"),
            ("DOMU_RAMDISK", "multiboot,ramdisk"),
            ("DOMU_PASSTHROUGH_DTB", "multiboot,device-tree"),
        ):
            node = self._module(node, f"{key}[{domain.index}]", (compatible, "multiboot,module"))
        return node

    def _properties(self, domain: BuiltDomain) -> Iterator[Property]:
        place = domain.location
        yield _text("compatible", place, "xen,domain")
        yield from _two_cells(place)
        yield _cells("memory", domain.memory_location, *_split(domain.memory))
        yield _cells("cpus", self._of(domain, "DOMU_VCPUS"), domain.cpus)
        if domain.colors:
            yield _cells("colors", domain.colors.written.location, domain.colors.cell)
        if domain.static_memory:
            static = self._of(domain, "DOMU_STATIC_MEM")
            yield _cells("#xen,static-mem-address-cells", static, 2)
            yield _cells("#xen,static-mem-size-cells", static, 2)
            numbers = [cell for start, size in domain.static_memory for cell in (*_split(start), *_split(size))]
            yield _cells("xen,static-mem", static, *numbers)
            if domain.direct_map:
                yield _cells("direct-map", static)
        if domain.enhanced:
            yield _text("xen,enhanced", place, "enabled")

    def _of(self, domain: BuiltDomain, name: str) -> Location:
        """Where a key of the domain is written, or the domain if it is not."""
        written = self.file.get(name, domain.index)
        return written.location if written else domain.location

    def _module(self, parent: Node, key: str, compatible: tuple[str, ...], name: str = "") -> Node:
        """The node with one for a file that U-Boot loads, if it does."""
        found = self.loaded.get(key)
        if found is None:
            return parent
        name, place = name or f"module{found.start:#x}", _place(self.file, key)
        reg = _cells("reg", place, *_split(found.start), *_split(found.end - found.start))
        properties = (_text("compatible", place, *compatible), reg)
        node = Node(name, f"{parent.path}/{name}", place, {held.name: held for held in properties})
        return _with_child(parent, node)


def _text(name: str, place: Location, *texts: str) -> Property:
    """A property of strings, which stand nowhere as they are."""
    value = b"".join(text.encode("utf-8", "surrogateescape") + b"\0" for text in texts)
    return Property(name, value, place, place, tuple(Passage(text, place) for text in texts))


def _cells(name: str, place: Location, *values: int) -> Property:
    return Property(name, b"".join((value % (1 << 32)).to_bytes(4, "big") for value in values), place, place)


def _two_cells(place: Location) -> tuple[Property, Property]:
    return _cells("#address-cells", place, 2), _cells("#size-cells", place, 2)


def _split(value: int) -> tuple[int, int]:
    return value >> 32, value
