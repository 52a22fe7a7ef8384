"""Follows Xen's EFI loader: the configuration it uses, and the resulting tree, memory and modules.

Source: `efi_start`, `efi_arch_use_config_file`, `efi_arch_handle_cmdline`, `efi_arch_check_dt_boot`
(xen/common/efi/boot.c, xen/arch/arm/efi/efi-boot.h, 4.20 to 4.22); measured with EDK2 2022.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.source import Location, Passage
from colorcheck.inputs.device_tree.tree import DeviceTree, Node
from colorcheck.inputs.device_tree.tree_walk import cell_sizes, compatible, ranges_of
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.handover import Handover
from colorcheck.loader.uefi.chosen import ConfiguredModule, PlacedFile, binary, text, with_modules
from colorcheck.loader.uefi.grub import with_grub_modules
from colorcheck.loader.uefi.refusals import refusals, too_long

if TYPE_CHECKING:
    from colorcheck.inputs.boot.boot_log import BootLog, LoggedModule
    from colorcheck.inputs.boot.grub_config import GrubConfig
    from colorcheck.inputs.boot.uefi_config import UefiConfig
    from colorcheck.inputs.deployment import Deployment

_KINDS = {
    "Kernel": ModuleKind.KERNEL,
    "Ramdisk": ModuleKind.RAMDISK,
    "XSM": ModuleKind.XSM,
    "XSM Policy": ModuleKind.XSM,
}
_NO_DEVICE = (
    "a module in the device tree has xen,uefi-binary, and where GRUB starts Xen its EFI loader has no file system:"
    ' "Cannot load files without a usable file system"'
)
_NO_KERNEL = "no initial domain kernel is specified: neither kernel= in {} nor a boot module in the device tree"


def follow_uefi(deployment: Deployment) -> Handover:
    """The handover of Xen's EFI loader."""
    log, tree = deployment.boot_log, deployment.tree
    if log is not None and log.stopped is not None and log.command_line is None:
        said = log.stopped
        return Handover(stopped=f'its EFI loader says "{said.value}"', location=said.location, uefi=True)
    if tree is None:
        return Handover(stopped="there is no device tree", uefi=True)
    started = log is not None and log.command_line is not None
    by_grub = deployment.grub is not None
    read = _Read() if by_grub else _configuration(deployment.uefi_configs, tree)
    refused = next(refusals(_chosen(tree), read.modules), None)
    if refused is None and read.is_used:
        refused = too_long(read.options, _chosen(tree))
    if refused is not None and not started:
        return Handover(stopped=refused.why, location=refused.location, uefi=True)
    if deployment.grub is not None:
        if _binaries(tree) and not started:
            return Handover(stopped=_NO_DEVICE, location=_chosen(tree).location, uefi=True)
        return _by_grub(deployment.grub, tree, log)
    if read.stopped:
        return Handover(stopped=read.stopped, location=read.location, uefi=True)
    configured = read.modules
    placed: dict[str, PlacedFile] = {}
    if log is not None and (found := log.modules_found) is not None:
        configured, placed = _placed(read.modules, tree, found, log)
    chosen = with_modules(_chosen(tree), cell_sizes(tree.root), configured, placed)
    if read.options is not None:
        said_options = text("xen,xen-bootargs", read.options, b" ")
        chosen = replace(chosen, properties={**chosen.properties, "xen,xen-bootargs": said_options})
    open_facts = () if started else tuple(_open(deployment, tree, read))
    children = tuple(child for child in tree.root.children if child.name != "chosen")
    root = replace(tree.root, children=(*children, chosen))
    edited = replace(tree, root=root, memory_reservations=())
    return Handover(tree=edited, location=read.location, uefi=True, assumptions=read.assumptions, open=open_facts)


def _by_grub(grub: GrubConfig, tree: DeviceTree, log: BootLog | None) -> Handover:
    """The handover if GRUB starts Xen; its EFI loader then finds modules in the tree and reads no xen.cfg."""
    entry = grub.entry
    settled = log is not None and log.command_line is not None
    if entry is None:
        why = f"{len(grub.entries)} menu entries start Xen, and the file does not say which one is chosen"
        lines = ('[inputs] boot-log = "serial.txt"', "# or: a grub.cfg with only the entry that is used")
        place = grub.entries[0].location if grub.entries else Location(grub.file)
        return Handover(tree=tree, location=place, uefi=True, open=(OpenFact("menu entry", why, lines, place),))
    logged = (log.modules_found or ()) if log is not None else ()
    given = frozenset(_given(_chosen(tree), cell_sizes(tree.root)))
    chosen = with_grub_modules(_chosen(tree), entry, logged, given)
    unknown = entry.arguments is None or any(module.arguments is None for module in entry.modules)
    opened: list[OpenFact] = []
    if unknown and not settled:
        why = "they use a variable that is not set in the file, or depend on a condition"
        opened.append(OpenFact("GRUB's arguments", why, ('[inputs] boot-log = "serial.txt"',), entry.location))
    children = tuple(child for child in tree.root.children if child.name != "chosen")
    edited = replace(tree, root=replace(tree.root, children=(*children, chosen)), memory_reservations=())
    assumption = f'GRUB starts the entry "{entry.title}" of {grub.file}, and the tree is the one it hands over'
    if not grub.all_modules:
        assumption = "grub.cfg was generated from this file by 20_linux_xen, which adds kernel arguments"
    return Handover(tree=edited, location=entry.location, uefi=True, assumptions=(assumption,), open=tuple(opened))


def _open(deployment: Deployment, tree: DeviceTree, read: _Read) -> Iterator[OpenFact]:
    """The facts about the loader that the files leave open if there is no log."""
    unclear = undetermined(deployment)
    if unclear is not None:
        yield _chained(unclear)
    sections = deployment.xen_image_sections
    if sections and (read.is_used or not deployment.uefi_configs):
        why = f"Xen's image has the section {sections[0]}, which its EFI loader uses instead of a file"
        settle = ("[target]", 'xen-image = "xen"  # without the sections', '# or: [inputs] boot-log = "serial.txt"')
        yield OpenFact(
            f"section {sections[0]} of Xen's image", why, settle, deployment.manifest.location("target.xen-image")
        )
    chosen = _chosen(tree)
    if read.is_used and read.options is None and "xen,xen-bootargs" not in chosen.properties:
        why = "neither xen.cfg nor the tree gives Xen's arguments, and its EFI loader then hands over bytes never set"
        lines = ("# in xen.cfg: options=llc-coloring=on …", '# or: [inputs] boot-log = "serial.txt"')
        yield OpenFact("Xen's arguments", why, lines, read.location or chosen.location)


def _chained(place: Location) -> OpenFact:
    why = "Xen's EFI loader takes the name of the section from the second file if default= is in the first"
    return OpenFact("section of xen.cfg", why, ('[inputs] boot-log = "serial.txt"',), place)


def _chosen(tree: DeviceTree) -> Node:
    return tree.node("/chosen") or Node("chosen", "/chosen", Location(tree.file))


class _Read(Struct, frozen=True):
    """The content of the configuration: options (None to keep the tree's), modules, why it stops, and whether the
    loader reads one."""

    options: Passage | None = None
    modules: tuple[ConfiguredModule, ...] = ()
    stopped: str = ""
    location: Location | None = None
    assumptions: tuple[str, ...] = ()
    is_used: bool = False


def ignored(tree: DeviceTree, configs: Sequence[UefiConfig]) -> bool:
    """Whether the loader reads no configuration: the firmware's tree has boot modules and does not ask for it.

    A configuration with `dtb=` gives another tree than the firmware's, which is then taken to have no modules.
    """
    chosen = tree.node("/chosen")
    if not configs:
        return True
    config, section = _in_force(configs)
    if config.get(section, "dtb") is not None:
        return False
    modules = any(compatible(node, "multiboot,module") for node in tree.root.walk())
    return modules and not (chosen is not None and "xen,uefi-cfg-load" in chosen.properties)


def _in_force(configs: Sequence[UefiConfig]) -> tuple[UefiConfig, str]:
    """The configuration at the end of the chain, and the section that is used."""
    config, section = configs[0], _section(configs[0])
    for chained in configs[1:]:
        if config.get(section, "kernel") is not None or config.get("global", "chain") is None:
            break
        config = chained
    return config, section


def undetermined(deployment: Deployment) -> Location | None:
    """Where Xen follows `chain=` with a section from `default=`: it then reads the section's name out of the second
    file, which is a fault of Xen's, and it is not known what it finds."""
    configs = deployment.uefi_configs
    if not configs or deployment.tree is None or ignored(deployment.tree, configs):
        return None
    first = configs[0]
    section, chain = _section(first), first.get("global", "chain")
    return chain.whole if section and chain and first.get(section, "kernel") is None else None


def _section(config: UefiConfig) -> str:
    """The section if the EFI command line names none; empty if it does not matter."""
    default = config.get("global", "default")
    return default.text if default else ""


def _configuration(configs: Sequence[UefiConfig], tree: DeviceTree) -> _Read:
    modules = any(compatible(node, "multiboot,module", "xen,multiboot-module") for node in tree.root.walk())
    if not configs:
        return _Read()
    if ignored(tree, configs):
        return _Read(location=configs[0].location)
    config, section = _in_force(configs)
    for key in ("dtb", "kernel", "ramdisk", "xsm"):
        value = config.get(section, key)
        if value is not None and not value.text:
            return _Read(stopped=f"{key}= names no file", location=value.whole)
    found = tuple(
        module
        for kind in (ModuleKind.XSM, ModuleKind.RAMDISK, ModuleKind.KERNEL)
        if (module := _module(config, section, kind))
    )
    kinds = {module.kind for module in found}
    unread = config is configs[-1] and config.get("global", "chain") is not None
    if not found and not modules and not unread:
        return _Read(stopped=_NO_KERNEL.format(section or config.file), location=config.location)
    twice = next((kind for kind in _dom0_binaries(tree) if kind in kinds), None)
    if twice:
        why = f"dom0's {twice} is in {config.file} and in the device tree"
        return _Read(stopped=why, location=config.location)
    assumption = "no section and no arguments behind -- on the EFI command line"
    return _Read(
        config.get(section, "options"),
        found,
        location=config.location,
        assumptions=(assumption, *_of_the_firmware(config, section)),
        is_used=True,
    )


def _of_the_firmware(config: UefiConfig, section: str) -> tuple[str, ...]:
    """What must be trusted if the configuration brings its own tree."""
    own = config.get(section, "dtb") is not None
    return ("the firmware's own device tree has no boot modules, so that Xen reads xen.cfg",) if own else ()


def _module(config: UefiConfig, section: str, kind: ModuleKind) -> ConfiguredModule | None:
    value = config.get(section, kind)
    if value is None or not value.text:
        return None
    if kind is not ModuleKind.KERNEL:
        return ConfiguredModule(kind, value.text, value.whole)
    name, _, rest = value.text.partition(" ")
    rest = rest.lstrip(" ")
    start = len(value.text) - len(rest)
    place = value.locate(start, len(value.text)) if rest else value.whole
    arguments = Passage(rest, place, ((0, place),)) if rest else None
    return ConfiguredModule(kind, name, value.whole, arguments)


def _binaries(tree: DeviceTree) -> tuple[str, ...]:
    """The files that the tree asks the firmware to load, each once, in the order of the tree."""
    chosen = tree.node("/chosen")
    found = (binary(node) for node in chosen.walk() if compatible(node, "multiboot,module")) if chosen else ()
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _given(parent: Node, outer: tuple[int, int]) -> Iterator[int]:
    """The addresses of the modules in the tree itself."""
    sizes = cell_sizes(parent, *outer)
    for node in parent.children:
        if compatible(node, "multiboot,module", "xen,multiboot-module"):
            yield from (start for start, _ in ranges_of(node.properties.get("reg"), *sizes)[:1])
        yield from _given(node, sizes)


def _dom0_binaries(tree: DeviceTree) -> tuple[ModuleKind, ...]:
    """The kinds of dom0's modules that the tree asks the firmware to load."""
    chosen = tree.node("/chosen")
    found = [node for node in chosen.children if binary(node) is not None] if chosen else []
    kinds = (
        (ModuleKind.KERNEL, "multiboot,kernel"),
        (ModuleKind.RAMDISK, "multiboot,ramdisk"),
        (ModuleKind.XSM, "xen,xsm-policy"),
    )
    return tuple(kind for kind, name in kinds if any(compatible(node, name) for node in found))


def _placed(
    configured: Sequence[ConfiguredModule], tree: DeviceTree, logged: Sequence[LoggedModule], log: BootLog
) -> tuple[tuple[ConfiguredModule, ...], dict[str, PlacedFile]]:
    """The modules with their places from a log: by file name, otherwise by their order in Xen's list."""
    own = _binaries(tree)
    given = set(_given(_chosen(tree), cell_sizes(tree.root)))
    listed = [module for module in logged if module.kind not in ("Xen", "Device Tree")]
    names: dict[str, PlacedFile] = {}
    files = [v for s in log.loaded if isinstance(v := s.value, tuple)]
    if own and len(files) >= len(own):
        tail = files[len(files) - len(own) :]
        if tuple(name for name, _, _ in tail) == tuple(own):
            at = {module.address: module for module in listed}
            for name, start, end in tail:
                place = at[start].location if start in at else log.loaded[-1].location
                names[name] = PlacedFile(start, end - start, place)
    elif own and not files and len(listed) >= len(own):
        for name, module in zip(own, listed[len(listed) - len(own) :], strict=True):
            names[name] = PlacedFile(module.address, module.size, module.location)
    taken = {found.address for found in names.values()} | given
    of_config: list[ConfiguredModule] = []
    for module in listed:
        kind = _KINDS.get(module.kind)
        if kind is None or module.address in taken or any(known.kind == kind for known in of_config):
            continue
        known = next((each for each in configured if each.kind == kind), None)
        if known is None and (own or configured):
            continue  # a module of the tree with a place of its own
        base = known or ConfiguredModule(kind, "", module.location)
        of_config.append(replace(base, placed=PlacedFile(module.address, module.size, module.location)))
    return tuple(of_config), names  # what a whole list of modules has not was not loaded: another section counted
