"""The facts of a deployment: given by its files, documented, or open.

`docs/facts.md` has the rules: the origins of each fact, its possible values while open, and what settles it.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Board
from colorcheck.inputs.boot.boot_arguments import option_name, read_boot_arguments
from colorcheck.inputs.boot.kconfig import integer
from colorcheck.inputs.deployment import Deployment, Followed
from colorcheck.inputs.device_tree.tree_walk import ancestry_of, cell_sizes, compatible, ranges_of
from colorcheck.inputs.manifest.manifest import Loader
from colorcheck.inputs.unread import Scope
from colorcheck.loader.facts import Fact, OpenFact, Origin, Span
from colorcheck.loader.measured import measured
from colorcheck.xen.domains.cpu_pools import pools_fact
from colorcheck.xen.domains.hardware_domain import is_hardware_domain
from colorcheck.xen.facts.below_chosen import below_chosen_facts, marked_for_uefi
from colorcheck.xen.facts.book import FactBook, FactKey
from colorcheck.xen.facts.features import feature_facts
from colorcheck.xen.facts.keys import (
    ADDRESS_BITS,
    ARGUMENTS,
    BUILD,
    DOM0_KERNEL,
    FILE_SIZES,
    GUESTS,
    IMAGE_SIZE,
    MEMORY,
    MODULES,
    PDX_OFFSETS,
    RAMDISK_RESERVE,
    TREE,
    TREE_ADDRESS,
    TREE_SIZE,
    XEN_ADDRESS,
)
from colorcheck.xen.machine.boot_cpu import boot_cpu_fact
from colorcheck.xen.machine.chosen_walk import Item, below_chosen, unplaced
from colorcheck.xen.machine.intervals import merged, without
from colorcheck.xen.options.arguments import xen_arguments
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.spelling import Concept

LARGEST_IMAGE = 8 << 20
"""Bytes: XEN_VIRT_SIZE, the room that Xen's image has in its own address space (asm/mmu/layout.h, 4.20 to 4.22)."""
LARGEST_TREE = 2 << 20
"""Bytes: the largest device tree that Xen maps (early_fdt_map, 4.20 to 4.22)."""
FEWEST_BYTES = 40
"""Bytes of a device tree's header, the smallest possible tree."""
IMAGE_ALIGNMENT = 2 << 20  # of the address of an arm64 Image
TREE_ALIGNMENT = 8  # early_fdt_map refuses another one
_FEW_SIZES = 4  # the number of sizes of the tree that are tried one by one
_WIDTHS = (32, 36, 40, 42, 44, 48, 52)
_TOP = 1 << 48
_HIGHEST_ORDER = 10  # of LLC_COLORS_ORDER
_MOST = 1 << 31  # of any number of the build
_UNREAD: dict[Scope, FactKey[None]] = {Scope.TREE: TREE, Scope.GUESTS: GUESTS, Scope.BUILD: BUILD}


def facts_of(deployment: Deployment, board: Board | None, release: Release | None = None) -> FactBook:
    """All facts of a deployment under a release, with those that are open.

    A log of another release gives no addresses for this one.
    """
    gathered = _Gathering(deployment, board, release)
    known: dict[str, Fact] = {}
    unknown: dict[str, OpenFact] = {}
    for found in gathered.all():
        if isinstance(found, OpenFact):
            unknown[found.what] = found
        else:
            known[found.what] = found
    return FactBook({name: fact for name, fact in known.items() if name not in unknown}, unknown)


class _Gathering:
    def __init__(self, deployment: Deployment, board: Board | None, release: Release | None) -> None:
        self.deployment, self.board, self.release = deployment, board, release
        self.target = deployment.manifest.target
        self._under_uefi = marked_for_uefi(deployment)
        self.joins_banks = release is None or release.traits.efi_banks_are_joined
        self.log = measured(deployment.boot_log)
        said = deployment.boot_log.version if deployment.boot_log else None
        self.foreign_log = bool(release and said and not log_version(str(said.value)).is_near(release))
        if self.foreign_log:
            memory = None if self.under_uefi else self.log.memory
            self.log = replace(self.log, xen=None, tree=None, memory=memory, reserved=None)

    @property
    def handed_over_as_it_is(self) -> bool:
        return self.deployment.loader is Loader.NONE

    @property
    def under_uefi(self) -> bool:
        return self._under_uefi

    def place(self, key: str) -> Location:
        return self.deployment.manifest.location(key)

    def all(self) -> Iterator[Fact | OpenFact]:
        yield self._image_size()
        yield self._xen_address()
        yield from self._tree()
        yield self._memory()
        yield self._arguments()
        yield self._dom0_kernel()
        yield self._ramdisk_reserve()
        yield self._address_bits()
        yield self._build()
        yield self._own_tree() or self._second_chosen() or Fact(TREE.name, None, Origin.GIVEN, self._tree_location())
        yield Fact(GUESTS.name, None, Origin.GIVEN, self.place("inputs.domains"))
        yield self._modules()
        yield from self._file_sizes()
        yield from self._cpus()
        yield self._pdx_offsets()
        yield from below_chosen_facts(self.deployment)
        yield from feature_facts(self.deployment, self.release)
        yield from self._unread()

    def _image_size(self) -> Fact | OpenFact:
        if self.log.xen is not None:
            return Fact(IMAGE_SIZE.name, self.log.xen.size, Origin.MEASURED, self.log.xen.location)
        followed = self.deployment.followed
        if followed is not None and followed.xen_image_size:
            return Fact(IMAGE_SIZE.name, followed.xen_image_size, Origin.FOLLOWED, followed.location)
        size = self.deployment.xen_image_size
        if size is not None and size > 0:
            key = "xen-image-size" if self.target.xen_image_size is not None else "xen-image"
            return Fact(IMAGE_SIZE.name, size, Origin.GIVEN, self.place(f"target.{key}"))
        return OpenFact(
            IMAGE_SIZE.name,
            "neither the Xen binary nor its size is given",
            ('xen-image = "xen"', "# or: xen-image-size = 0x17c000"),
            self.place("target"),
            Span(1, LARGEST_IMAGE + 1),
        )

    def _xen_address(self) -> Fact | OpenFact:
        if self.log.xen is not None:
            return Fact(XEN_ADDRESS.name, self.log.xen.address, Origin.MEASURED, self.log.xen.location)
        followed = self.deployment.followed
        if followed is not None:
            if followed.xen_address is not None:
                return Fact(XEN_ADDRESS.name, followed.xen_address, Origin.FOLLOWED, followed.location)
            why = "the files do not say where the boot script loads Xen"
            settle = ("# the variables that give its address, in [target.environment]",)
            return OpenFact(XEN_ADDRESS.name, why, settle, followed.location, Span(0, _TOP, IMAGE_ALIGNMENT))
        if self.target.xen_address is not None:
            return Fact(XEN_ADDRESS.name, self.target.xen_address, Origin.GIVEN, self.place("target.xen-address"))
        return OpenFact(
            XEN_ADDRESS.name,
            "no input says where the boot loader loads Xen",
            ("xen-address = 0x200000",),
            self.place("target"),
            Span(0, _TOP, IMAGE_ALIGNMENT),
        )

    def _tree(self) -> Iterator[Fact | OpenFact]:
        place, found = self.place("target"), self.log.tree
        if found is not None:
            yield Fact(TREE_ADDRESS.name, found.address, Origin.MEASURED, found.location)
            yield Fact(TREE_SIZE.name, found.size, Origin.MEASURED, found.location)
            return
        if self.deployment.followed is not None:
            yield from self._followed_tree(self.deployment.followed)
            return
        if self.target.device_tree_address is not None:
            where = self.place("target.device-tree-address")
            yield Fact(TREE_ADDRESS.name, self.target.device_tree_address, Origin.GIVEN, where)
        else:
            why = "no input says where the boot loader loads the device tree"
            settle = ("device-tree-address = 0x8000000",)
            yield OpenFact(TREE_ADDRESS.name, why, settle, place, Span(0, _TOP, TREE_ALIGNMENT))
        size, tree = self.target.device_tree_size, self.deployment.tree
        written = tree.size if tree else 0
        if size is not None and size > 0:
            yield Fact(TREE_SIZE.name, size, Origin.GIVEN, self.place("target.device-tree-size"))
        elif self.handed_over_as_it_is and written:
            yield Fact(TREE_SIZE.name, written, Origin.GIVEN, self._tree_location())
        else:
            why = "the boot loader adds to the device tree, and no input says how large it becomes"
            lines = (f"device-tree-size = {-(-max(written, 1) // 4096) * 4096:#x}", '# or: loader = "none"')
            yield OpenFact(TREE_SIZE.name, why, lines, place, Span(max(written, 1), LARGEST_TREE + 1))

    def _followed_tree(self, followed: Followed) -> Iterator[Fact | OpenFact]:
        """The device tree after a boot script; facts that the script leaves open are open, whatever is in the
        manifest.
        """
        place = followed.location
        if followed.device_tree_address is not None:
            yield Fact(TREE_ADDRESS.name, followed.device_tree_address, Origin.FOLLOWED, place)
        else:
            why = "the boot loader moves the device tree, and no input says where"
            settle = ("[target.environment]", 'fdt_high = "0xffffffffffffffff"  # if the board has this value')
            yield OpenFact(TREE_ADDRESS.name, why, settle, place, Span(0, _TOP, TREE_ALIGNMENT))
        if followed.device_tree_size is not None:
            yield Fact(TREE_SIZE.name, followed.device_tree_size, Origin.FOLLOWED, place)
        else:
            why = "U-Boot adds text to the device tree, and no input says how long it is"
            lines = ("[target.environment]", 'bootargs = ""  # the value that U-Boot has; also serial#, if it is set')
            least, most = followed.device_tree_sizes or (FEWEST_BYTES, LARGEST_TREE)
            sizes = range(least, most + 1, PAGE)
            values = tuple(sizes) if len(sizes) <= _FEW_SIZES else Span(least, most + 1)
            yield OpenFact(TREE_SIZE.name, why, lines, place, values)

    def _tree_location(self) -> Location:
        tree = self.deployment.tree
        return Location(tree.file) if tree else self.place("inputs")

    def _memory(self) -> Fact | OpenFact:
        if self.log.memory is not None and self.log.memory_location is not None:
            return Fact(MEMORY.name, self.log.memory, Origin.MEASURED, self.log.memory_location)
        left = self.deployment.followed.open(MEMORY.name) if self.deployment.followed is not None else None
        if left is not None:
            return OpenFact(MEMORY.name, left.why, left.settle, left.location)
        if self.target.memory is not None:
            return Fact(MEMORY.name, self.target.memory, Origin.GIVEN, self.place("target.memory"))
        if self.under_uefi:
            return self._firmware_memory()
        partly = self._logged_in_part()
        if partly is not None:
            return partly
        tree = self.deployment.tree
        names = [node.name.partition("@")[0] for node in tree.root.children] if tree else []
        if self.handed_over_as_it_is or "memory" in names:
            return Fact(MEMORY.name, None, Origin.GIVEN, self._tree_location())
        why = "neither the device tree nor the manifest says which memory the board has"
        return OpenFact(MEMORY.name, why, ('memory = ["0x0+0x80000000"]',), self.place("target"))

    def _logged_in_part(self) -> OpenFact | None:
        """The memory if an incomplete log has a bank that the tree lacks: then further banks are not known."""
        log, tree = self.deployment.boot_log, self.deployment.tree
        if log is None or tree is None or self.foreign_log:
            return None
        nodes = [node for node in tree.root.children if node.name.partition("@")[0] == "memory"]
        sizes = cell_sizes(tree.root)
        held = merged((a, a + n) for node in nodes for a, n in ranges_of(node.properties.get("reg"), *sizes))
        for bank in log.memory:
            span = bank.value
            if isinstance(span, tuple) and without((span[0], span[1]), held):
                why = (
                    f"the boot log is incomplete and has memory at {span[0]:#x} that the device tree lacks: the "
                    f"banks are not known"
                )
                return OpenFact(MEMORY.name, why, ('[inputs] boot-log = "the complete log"',), bank.location)
        return None

    def _firmware_memory(self) -> Fact | OpenFact:
        """The banks that Xen derives from the firmware's map; it does not read memory nodes."""
        why = "under UEFI, Xen takes its memory from the firmware's map, not from the device tree"
        settle = ('[inputs] boot-log = "serial.txt"', '# or: efi-memory-map = "memmap.txt"')
        found = self.deployment.efi_map
        if found is None:
            return OpenFact(MEMORY.name, why, settle, self.place("inputs"))
        if not self.joins_banks and not found.final:
            why = "this Xen turns every entry into a bank, and the shell's map was made before the files were loaded"
            return OpenFact(MEMORY.name, why, settle[:1], self.place("inputs.efi-memory-map"))
        banks = found.banks(joined=self.joins_banks)
        return Fact(MEMORY.name, banks, Origin.MEASURED, self.place("inputs.efi-memory-map"))

    def _arguments(self) -> Fact | OpenFact:
        manifest, tree = self.deployment.manifest, self.deployment.tree
        given, said = manifest.boot_arguments, self.log.arguments
        if given is not None and said is not None and given == said:
            return Fact(ARGUMENTS.name, given, Origin.MEASURED, said.whole)
        if given is not None:
            return Fact(ARGUMENTS.name, manifest.boot_arguments, Origin.GIVEN, self.place("inputs.boot-arguments"))
        chosen = tree.node("/chosen") if tree else None
        if said is not None:  # and no other than those of the tree
            return Fact(ARGUMENTS.name, None, Origin.MEASURED, said.whole)
        if self.under_uefi and not self.deployment.uefi_configs and self.deployment.grub is None:
            why = (
                "the configuration of Xen's EFI loader may give different arguments than the device tree, and is "
                "not an input"
            )
            lines = ('[inputs] uefi-config = "xen.cfg"', '# or: boot-log = "serial.txt"')
            return OpenFact(ARGUMENTS.name, why, lines, self._tree_location())
        written = chosen is not None and any(name in chosen.properties for name in ("xen,xen-bootargs", "bootargs"))
        if self.handed_over_as_it_is or written or self.deployment.image_builder is not None:
            return Fact(ARGUMENTS.name, None, Origin.GIVEN, self._tree_location())
        why = "the device tree has no arguments for Xen; a boot loader usually adds them"
        settle = ('[inputs] boot-script = "boot.cmd"', '# or: boot-arguments = "…"', '# or: [target] loader = "none"')
        return OpenFact(ARGUMENTS.name, why, settle, self._tree_location())

    def _dom0_kernel(self) -> Fact | OpenFact:
        tree = self.deployment.tree
        chosen = tree.node("/chosen") if tree else None
        unplaced = [
            node
            for node in (chosen.walk() if chosen else ())
            if "xen,uefi-binary" in node.properties and "reg" not in node.properties
        ]
        if self.under_uefi and self.foreign_log:
            why = "the boot log is of another release of Xen, for which the firmware chose another place"
            return OpenFact(DOM0_KERNEL.name, why, ('[inputs] boot-log = "serial.txt"',), self.place("inputs.boot-log"))
        if self.under_uefi and unplaced:
            why = "no input says where the firmware loads the files of Xen's modules"
            return OpenFact(DOM0_KERNEL.name, why, ('[inputs] boot-log = "serial.txt"',), unplaced[0].location)
        given = self._given_in_part(ModuleKind.KERNEL)
        if given is not None:
            return OpenFact(DOM0_KERNEL.name, *given)
        if self.handed_over_as_it_is or self._kernels():
            return Fact(DOM0_KERNEL.name, None, Origin.GIVEN, self._tree_location())
        log = self.deployment.boot_log
        if log is not None and not self.foreign_log and self._all_logged():
            return Fact(DOM0_KERNEL.name, None, Origin.MEASURED, log.modules[0].location)
        why = "none of the boot modules is dom0's kernel, so the boot loader must load one"
        settle = ("[[target.modules]]", 'kind = "kernel"', 'file = "Image"', "address = 0x2000000")
        return OpenFact(DOM0_KERNEL.name, why, settle, self._tree_location())

    def _given_in_part(self, *kinds: ModuleKind, others: bool = False) -> tuple[str, tuple[str, ...], Location] | None:
        """Why a module of `[[target.modules]]` of these kinds (or of all others) leaves something open, what
        settles it, and its location.
        """
        for module in self.deployment.given_modules if self.deployment.followed is None else ():
            if (module.kind in kinds) != others and (module.address is None or module.size is None):
                lacks = "address" if module.address is None else "size"
                missing = f": {module.file} is not here" if module.file and module.size is None else ""
                why = f"the {module.kind} of [[target.modules]] has no {lacks}{missing}"
                settle = ("address = 0x2000000",) if module.address is None else ("size = 0x1400000",)
                return why, settle, module.location
        return None

    def _all_logged(self) -> bool:
        """Whether a boot log lists all modules and each is in the tree or given: then no kernel is missing."""
        log, tree = self.deployment.boot_log, self.deployment.tree
        listed = log.modules_found if log else None
        given = {module.address for module in self.deployment.given_modules}
        if listed is None or (tree is None and not given):
            return False
        nodes = below_chosen(tree) if tree is not None else ()
        ranges = (ranges_of(e.node.properties.get("reg"), *e.sizes) for e in nodes if e.item is Item.MODULE)
        known = given | {range_[0][0] for range_ in ranges if range_}
        return {module.address for module in listed if module.kind not in ("Xen", "Device Tree")} <= known

    def _kernels(self) -> bool:
        """Whether no kernel is missing: dom0's kernel is named, or there are domains and no sign of a dom0. If one
        of them is the hardware domain, there is no dom0.
        """
        tree = self.deployment.tree
        chosen = tree.node("/chosen") if tree else None
        nodes = chosen.children if chosen else ()
        modules = ("xen,linux-zimage", "multiboot,kernel", "xen,multiboot-module", "multiboot,module")
        given = (ModuleKind.of(module.kind) for module in self.target.modules)
        if any(compatible(node, *modules) for node in nodes) or ModuleKind.KERNEL in given:
            return True
        if self.release and any(is_hardware_domain(node, self.release) for node in nodes):
            return True
        for_dom0 = chosen is not None and "xen,dom0-bootargs" in chosen.properties
        return any(compatible(node, "xen,domain") for node in nodes) and not (for_dom0 or self._colors_for_dom0())

    def _colors_for_dom0(self) -> bool:
        options = self.release.options if self.release else ()
        names = {option.name for option in options if option.concept is Concept.DOM0_COLORS}
        return any(option_name(o.text) in names for o in read_boot_arguments(xen_arguments(self.deployment)))

    def _modules(self) -> Fact | OpenFact:
        """The fact about modules without `reg` and dom0less domains without a kernel, which the boot loader must
        complete.
        """
        followed = self.deployment.followed
        left = (followed.image or followed.open(MODULES.name)) if followed is not None else None
        if left is not None:
            return OpenFact(MODULES.name, left.why, left.settle, left.location)
        tree = self.deployment.tree
        given = self._given_in_part(ModuleKind.KERNEL, others=True)
        if given is not None:
            return OpenFact(MODULES.name, *given)
        if tree is None and self.deployment.image_builder is None:
            why = "without a device tree it is not known how much dom0's page tables for its devices take"
            why += "" if self.log.reserved is not None else ", and which memory is reserved"
            line = '[inputs] device-tree = "system.dtb"  # of a running system: /sys/firmware/fdt'
            return OpenFact(MODULES.name, why, (line,), self.place("inputs"))
        waiting = list(unplaced(tree)) if tree else []
        if self.handed_over_as_it_is:  # UEFI may have started Xen, which then loads nodes that name a file
            waiting = [node for node in waiting if "xen,uefi-binary" in node.properties]
        if not waiting or self.deployment.image_builder is not None:
            return Fact(MODULES.name, None, Origin.GIVEN, self._tree_location())
        names = ", ".join(node.name for node in waiting[:3]) + (", …" if len(waiting) > 3 else "")
        why = f"the boot loader must load what the tree lacks ({names}), and no input says what and where"
        settle = ('[inputs] boot-script = "boot.cmd"', '# or: [target] loader = "none"')
        return OpenFact(MODULES.name, why, settle, waiting[0].location)

    def _ramdisk_reserve(self) -> Fact | OpenFact:
        tree = self.deployment.tree
        chosen = tree.node("/chosen") if tree else None
        ramdisk = chosen is not None and "linux,initrd-start" in chosen.properties
        if self.deployment.loader is not None or not ramdisk:
            return Fact(RAMDISK_RESERVE.name, False, Origin.GIVEN, self.place("target.loader"))
        why = "U-Boot reserves the ramdisk that it is given; no input says whether U-Boot starts Xen"
        settle = ('loader = "none"  # or "u-boot" with the boot script',)
        return OpenFact(RAMDISK_RESERVE.name, why, settle, self.place("target"), (False, True))

    def _address_bits(self) -> Fact | OpenFact:
        if self.board is not None and self.board.pa_bits is not None:
            place = self.place("target.board")
            return Fact(ADDRESS_BITS.name, self.board.pa_bits, Origin.DOCUMENTED, place)
        why = "the physical address bits of the CPU are not known"
        return OpenFact(ADDRESS_BITS.name, why, ('board = "zcu102"',), self.place("target.board"), _WIDTHS)

    def _build(self) -> Fact | OpenFact:
        """The numeric options of Xen's build; one that Kconfig does not accept leaves the build unknown."""
        for name, least, most in self._numbers():
            text = self.deployment.kconfig.get(name)
            if text is None or _is_number(text, least, most):
                continue
            why = f"CONFIG_{name} is {text[:40]}, not a number from {least} to {most}: Xen's build options are open"
            settle = ("[target.config]", f"{name} = {least}  # the value of the build")
            return OpenFact(BUILD.name, why, settle, self.deployment.build_place(name))
        return Fact(BUILD.name, None, Origin.DOCUMENTED, self.place("target.kconfig"))

    def _numbers(self) -> Iterator[tuple[str, int, int]]:
        if self.release is not None:
            order = (1, _HIGHEST_ORDER) if self.release.modelled else (1, _MOST)
            yield self.release.colors_kconfig, *order
            yield self.release.buddy_kconfig, 0, _MOST
            yield "NR_CPUS", 1, _MOST

    def _second_chosen(self) -> OpenFact | None:
        """Xen's early scan, and libfdt with it, take `/chosen@0` for `/chosen` (`device_tree_node_matches`,
        `fdt_subnode_offset`); the code that builds domains does not (`dt_find_node_by_path`).
        """
        tree = self.deployment.tree
        for node in tree.root.children if tree else ():
            if node.name.startswith("chosen@"):
                why = f"Xen takes the node {node.name} for /chosen at some places and not at others"
                return OpenFact(TREE.name, why, ("# name the node chosen, and have only one",), node.location)
        return None

    def _own_tree(self) -> OpenFact | None:
        """A Xen that has a device tree in its image reads no other (CONFIG_DTB_FILE, `head.S`)."""
        name = "DTB_FILE"
        if not self.deployment.kconfig.get(name) or self.handed_over_as_it_is:
            return None
        why = f"Xen is built with the device tree {self.deployment.kconfig[name]} and reads no other"
        settle = ('[target] loader = "none"', "# with that tree as device-tree, or a Xen built without CONFIG_DTB_FILE")
        return OpenFact(TREE.name, why, settle, self.deployment.build_place(name))

    def _pdx_offsets(self) -> Fact | OpenFact:
        """Compression by offsets (from 4.21 on, not Arm's default) leads to a frame table that is not modelled."""
        name = PDX_OFFSETS.name
        if self.deployment.kconfig.get(name) != "y":
            return Fact(name, None, Origin.DOCUMENTED, self.place("target.kconfig"))
        why = "Xen is built with CONFIG_PDX_OFFSET_COMPRESSION, whose frame table is not modelled"
        settle = ("# use a Xen built with CONFIG_PDX_MASK_COMPRESSION, Arm's default",)
        return OpenFact(name, why, settle, self.deployment.build_place(name))

    def _file_sizes(self) -> Iterator[Fact | OpenFact]:
        """ImageBuilder computes where it loads files from their sizes."""
        for problem in self.deployment.problems:
            if problem.kind is ProblemKind.FILE_SIZE_ASSUMED:
                settle = ("[[target.files]]  # for each of them", 'name = "Image"', "size = 0x1400000")
                yield OpenFact(FILE_SIZES.name, problem.message, settle, problem.location)
                return
        yield Fact(FILE_SIZES.name, None, Origin.GIVEN, self.place("target.files"))

    def _cpus(self) -> Iterator[Fact | OpenFact]:
        """The boot CPU, and whether Xen has boot-time pools, if they matter."""
        ancestry = ancestry_of(self.deployment.tree) if self.deployment.tree else None
        for fact in (boot_cpu_fact(self.deployment, self.board, ancestry), pools_fact(self.deployment, ancestry)):
            if fact is not None and (isinstance(fact, Fact) or _listed(fact)):
                yield fact

    def _unread(self) -> Iterator[OpenFact]:
        """Named inputs that were not read are opaque facts: their possible values cannot be listed."""
        for each in self.deployment.unread:
            key = _UNREAD.get(each.scope)
            if key is not None:
                settle = (each.problem.help or "specify a readable file",)
                yield OpenFact(key.name, each.problem.message, settle, each.problem.location)


def _is_number(text: str, least: int, most: int) -> bool:
    number = integer(text)
    return number is not None and least <= number <= most


def _listed(fact: OpenFact) -> bool:
    """Whether several values are listed: a single value does not matter."""
    return isinstance(fact.values, tuple) and len(fact.values) > 1
