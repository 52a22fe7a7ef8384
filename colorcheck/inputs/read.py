"""Reads everything that a manifest names. What cannot be read becomes a problem, and the rest is still read."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from glob import has_magic
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.module_kinds import ModuleKind
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import MIB
from colorcheck.files.patterns import is_pattern, matches
from colorcheck.files.reading import opened, size_of
from colorcheck.inputs.deployment import Deployment, GivenModule
from colorcheck.inputs.file_kinds import FITS, FileKind, Slot
from colorcheck.inputs.files import not_utf8, read_bytes, read_octets, read_text
from colorcheck.inputs.line_ends import carriage_returns, with_line_ends
from colorcheck.inputs.recognition import ALL, kind_of, other_kind
from colorcheck.inputs.translation import Readers, reader_of, translated
from colorcheck.inputs.xl.joined import GuestPart, is_argument, read_joined

if TYPE_CHECKING:
    from colorcheck.inputs.boot.boot_log import BootLog
    from colorcheck.inputs.boot.efi_memory_map import EfiMemoryMap
    from colorcheck.inputs.boot.grub_config import GrubConfig
    from colorcheck.inputs.boot.image_builder import ImageBuilderFile
    from colorcheck.inputs.boot.kconfig import KconfigOption
    from colorcheck.inputs.boot.uefi_config import UefiConfig
    from colorcheck.inputs.boot.xen_attested import XenAttested
    from colorcheck.inputs.boot.xen_image import XenImage
    from colorcheck.inputs.device_tree.tree import DeviceTree
    from colorcheck.inputs.manifest.manifest import Manifest, TargetModule
    from colorcheck.inputs.xl.xl import XlFile

XL_LARGEST = 128 << 10
IMAGE_LARGEST = 64 * MIB
LOG_LARGEST = 64 * MIB
ATTESTED_LARGEST = 64 * MIB
_GZIP_TRAILER = 18  # bytes of the smallest gzip file


def read_deployment(manifest: Manifest, readers: Readers | None = None) -> Deployment:
    """All inputs of a deployment, in the order of the manifest. `readers` are those of plugins, by file ending."""
    reader = _Reader(manifest, list(manifest.problems), readers or {})
    built = reader.image_builder()
    tree = reader.tree(built)
    listed = reader.listed_guests()
    guests = tuple(alternatives[0] for alternatives in listed)
    build = reader.build_options()
    image = reader.xen_image()
    log, configs, efi_map = reader.boot_log(), reader.uefi_configs(), reader.efi_map()
    given_size = manifest.target.xen_image_size
    found = Deployment(
        manifest=manifest,
        tree=tree,
        guests=guests,
        listed_guests=listed,
        guest_files=guest_files(guest for alternatives in listed for guest in alternatives),
        module_trees=reader.module_trees(),
        given_modules=tuple(reader.given_modules()),
        image_builder=built,
        file_sizes={**_file_sizes(built), **reader.stated_sizes()} if built else {},
        kconfig={name: option.value for name, option in build.items()},
        kconfig_places={name: option.value_location for name, option in build.items()},
        xen_image_size=given_size if given_size is not None else image.size if image else None,
        xen_image_options=image.options if image else None,
        xen_image_sections=image.sections if image else (),
        xen_attested=reader.attested(image),
        boot_log=log,
        uefi_configs=configs,
        efi_map=efi_map,
        grub=reader.grub(),
        problems=tuple(reader.problems),
    )
    if manifest.system_dump is None:
        return found
    from colorcheck.inputs.dumped import with_dump

    return with_dump(found)


class _Reader(Struct):
    manifest: Manifest
    problems: list[Problem] = field(default_factory=list)
    readers: Readers = field(default_factory=dict)

    def path(self, name: str) -> str:
        return os.path.normpath(os.path.join(self.manifest.folder, name))

    def tree(self, built: ImageBuilderFile | None) -> DeviceTree | None:
        """The manifest's device tree, else the one that ImageBuilder starts from."""
        from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree

        path, named_at = self._tree_file(built)
        if not path:
            return None
        source = self._translated(path, named_at, "device-tree")
        if source is not None:
            return self._tree_of(source, path)
        try:
            overlays = [self.path(overlay) for overlay in self.manifest.overlays]
            include = [self.path(folder) for folder in self.manifest.include]
            tree = read_device_tree(path, overlays=overlays, include_dirs=include)
        except DeviceTreeError as error:
            self.problems += self._of_trees(path, named_at) or (
                _named_at(problem, path, named_at) for problem in error.problems
            )
            return None
        fit = self._of_trees(path, named_at, FITS)
        self.problems += fit
        return None if fit else tree

    def module_trees(self) -> dict[int, DeviceTree]:
        """The device trees among `[[target.modules]]`, by the address at which they are loaded."""
        from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree

        found: dict[int, DeviceTree] = {}
        for module in self.manifest.target.modules:
            name = module.file
            if module.address is None or name is None or not _is_tree(module):
                continue
            try:
                found[module.address] = read_device_tree(self.path(name))
            except DeviceTreeError as error:
                other = other_kind(self.path(name), module.location, Slot.DEVICE_TREE)
                self.problems += (other,) if other else ()
                said = () if other else error.problems
                self.problems += (_named_at(problem, self.path(name), module.location) for problem in said)
        return found

    def given_modules(self) -> Iterator[GivenModule]:
        """`[[target.modules]]` with the sizes of their files; a file that is not here and whose size is not stated is a
        problem, as is one that `[[target.files]]` names for no script."""
        target = self.manifest.target
        for module in target.modules:
            size = module.size
            if module.file is not None and size is None:
                size = self._size_of(module.file)
                if size is None and not _is_tree(module):  # what is wrong with a tree, its reader says
                    self.problems.append(self._not_here(module.file, module.location))
            yield GivenModule(ModuleKind.of(module.kind), module.location, module.address, size, module.file or "")
        for file in () if self.manifest.boot_script else target.files:
            if file.file is not None and file.size is None and size_of(self.path(file.file)) is None:
                self.problems.append(self._not_here(file.file, file.location))

    def stated_sizes(self) -> dict[str, int]:
        """The bytes of `[[target.files]]`, by the names that the loader has for them."""
        sizes: dict[str, int] = {}
        for file in self.manifest.target.files:
            size = self._size_of(file.file) if file.size is None and file.file is not None else file.size
            if size is not None:
                sizes[file.name] = size
        return sizes

    def _size_of(self, name: str) -> int | None:
        """The bytes of a file that is loaded: of a source of a device tree, those of its blob."""
        if not name.endswith((".dts", ".dtso")):
            return size_of(self.path(name))
        from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree

        try:
            return read_device_tree(self.path(name)).size
        except DeviceTreeError:
            return None

    def _not_here(self, name: str, where: Location) -> Problem:
        message = f"{name} is not here, and its size is not given"
        return Problem(ProblemKind.UNREADABLE, message, where, "put it here, or specify its size: size = 0x1400000")

    def _of_trees(self, path: str, named_at: Location, kinds: Collection[FileKind] = ALL) -> list[Problem]:
        """Which of the tree's file and its overlays are of another kind, of these kinds."""
        files = [(path, named_at, Slot.DEVICE_TREE)]
        for number, name in enumerate(self.manifest.overlays):
            files.append((self.path(name), self.manifest.location(f"inputs.overlays.{number}"), Slot.OVERLAY))
        return [problem for file in files if (problem := other_kind(*file, kinds))]

    def _tree_file(self, built: ImageBuilderFile | None) -> tuple[str, Location]:
        """The path of the device tree (empty without one) and where its name is."""
        if self.manifest.device_tree is not None:
            return self.path(self.manifest.device_tree), self.manifest.location("inputs.device-tree")
        named = built.get("DEVICE_TREE") if built else None
        if built is None or named is None or not named.value.text:
            return "", self.manifest.location("inputs")
        return _beside(built, named.value.text), named.value.whole

    def _tree_of(self, source: str | Problem, path: str) -> DeviceTree | None:
        """The tree in the source that a plugin's reader gave."""
        from colorcheck.inputs.device_tree.device_tree_source import read_source

        if isinstance(source, Problem):
            self.problems.append(source)
            return None
        read = read_source(path, source.encode())
        self.problems += read.errors
        return read.tree

    def listed_guests(self) -> tuple[tuple[XlFile, ...], ...]:
        """The guests in the order of creation, each with its alternatives."""
        found: dict[int, list[XlFile]] = {}
        for number, guest in self._guests():
            found.setdefault(number, []).append(guest)
        return tuple(tuple(alternatives) for alternatives in found.values())

    def _guests(self) -> Iterator[tuple[int, XlFile]]:
        from colorcheck.inputs.xl.xl import read_xl

        for number, (path, named_at, more) in self._guest_files():
            text = self._guest_text(path, named_at)
            if text is None:
                continue
            parts = list(self._parts(more, named_at))
            if len(parts) < len(more):
                continue
            joined = [GuestPart(path, text), *parts]
            guest = read_joined(joined, read_xl) if parts else read_xl(text, path)
            other = other_kind(path, named_at, Slot.XL) if guest.errors or not guest.settings else None
            if other:
                self.problems.append(other)
                continue
            self.problems += not_utf8(text, path)
            self.problems += guest.problems if parts else with_line_ends(text, path, guest, read_xl)
            yield number, guest

    def _guest_text(self, path: str, named_at: Location) -> str | None:
        text = self._translated(path, named_at, "xl")
        text = read_octets(path, named_at, XL_LARGEST) if text is None else text
        if isinstance(text, Problem):
            self.problems.append(other_kind(path, named_at, Slot.XL) or text)
            return None
        return text

    def _parts(self, names: Sequence[str], named_at: Location) -> Iterator[GuestPart]:
        """The parts that follow a guest's file; unreadable ones are left out."""
        for name in names:
            if is_argument(name):
                yield GuestPart(self.manifest.file, name, named_at)
            elif (text := self._guest_text(self.path(name), named_at)) is not None:
                yield GuestPart(self.path(name), text)

    def _guest_files(self) -> Iterator[tuple[int, tuple[str, Location, tuple[str, ...]]]]:
        """The xl files with the place of their names and what is put after them, each with a number that only its
        alternatives share; the files of a pattern in alphabetical order, each file once."""
        met: dict[tuple[str, tuple[str, ...]], int] = {}
        numbers = self.manifest.guest_numbers
        apart = count(len(self.manifest.domains))
        for number, name in enumerate(self.manifest.domains):
            guest = numbers[number] if number < len(numbers) else number
            place = self.manifest.location(f"inputs.domains.{guest}")
            named_at = place if place.line else self.manifest.location("inputs.domains")
            more = self.manifest.guest_parts[number] if number < len(self.manifest.guest_parts) else ()
            found = files_named(self.path(name))
            if not found:
                self.problems.append(Problem(ProblemKind.NO_MATCH, f"no file matches {name}", named_at))
            for path in found:
                if (path, more) not in met:
                    yield guest if guest in self.manifest.one_of else next(apart), (path, named_at, more)
                elif not has_magic(name):
                    self.problems.append(self._twice(name, (met[path, more], guest), named_at))
                met.setdefault((path, more), guest)

    def _twice(self, name: str, guests: tuple[int, int], named_at: Location) -> Problem:
        """The problem of a file that is listed twice: with one name, only one of the two guests can run."""
        message, advice = f"{name} is listed twice; the second entry is ignored", "list each domain once"
        apart = [guest in self.manifest.one_of for guest in guests]
        if guests[0] != guests[1] and all(apart):
            message = f"{name} is an alternative of two guests; the second entry is ignored"
            advice = "one guest of a name runs at a time: list the combinations that run as one-of of one guest"
        elif guests[0] != guests[1] and any(apart):
            message = f"{name} runs in any case and is also an alternative (one-of); the second entry is ignored"
            advice = "list it once: in one-of if another file can run instead of it, otherwise outside"
        return Problem(ProblemKind.MANIFEST_VALUE, message, named_at, advice)

    def image_builder(self) -> ImageBuilderFile | None:
        if self.manifest.image_builder is None:
            return None
        from colorcheck.inputs.boot.image_builder import read_image_builder

        text = self._text("inputs.image-builder", self.manifest.image_builder, Slot.IMAGE_BUILDER, "image-builder")
        if text is None:
            return None
        path = self.path(self.manifest.image_builder)
        found = read_image_builder(text, path, self._sourced)
        if (found.problems or not found.get("MEMORY_START")) and (
            other := other_kind(path, self.manifest.location("inputs.image-builder"), Slot.IMAGE_BUILDER)
        ):
            self.problems.append(other)
            return None
        if "\r\n" in text:
            self.problems.append(carriage_returns(text, path, "the shell makes them part of each value"))
        return found

    def _sourced(self, name: str, named_at: Location) -> tuple[str, str] | Problem:
        """A file that the ImageBuilder configuration includes, by the name given there."""
        path = os.path.normpath(os.path.join(os.path.dirname(named_at.file), name))
        text = read_text(path, named_at)
        return text if isinstance(text, Problem) else (text, path)

    def build_options(self) -> Mapping[str, KconfigOption]:
        """The options of Xen's build: those of its .config, and single ones that the manifest states."""
        from colorcheck.inputs.boot.kconfig import not_of_this_xen, read_kconfig, stated

        target = self.manifest.target
        text = self._text("target.kconfig", target.kconfig, Slot.KCONFIG)
        options: dict[str, KconfigOption] = {}
        if text is not None and target.kconfig is not None:
            path = self.path(target.kconfig)
            found = read_kconfig(text, path)
            wrong = found.problems or not found.options
            named_at = self.manifest.location("target.kconfig")
            other = other_kind(path, named_at, Slot.KCONFIG) if wrong else None
            if other is None and (why := not_of_this_xen(found)):
                message = f"{path} is not the .config of a Xen for Arm64: {why}"
                other = Problem(ProblemKind.OTHER_KIND, message, named_at, "name the .config that Xen was built with")
            self.problems += (other,) if other else found.problems
            options |= {} if other else found.options
        for given in target.config:
            option, earlier = stated(given.name, given.value, given.location), options.get(given.name)
            if earlier and earlier.value != option.value:
                message = f"CONFIG_{option.name} is {option.value} here and {earlier.value} in {earlier.location}"
                self.problems.append(Problem(ProblemKind.KCONFIG_TWICE, message, option.location, "give one value"))
            options[option.name] = option
        return options

    def _translated(self, path: str, named_at: Location, kind: str) -> str | Problem | None:
        """The text that a plugin's reader makes of a file; None if no plugin reads files of this ending."""
        reader = reader_of(self.readers, path)
        if reader is None:
            return None
        data = read_bytes(path, named_at, IMAGE_LARGEST)
        return data if isinstance(data, Problem) else translated(reader, path, data, kind)

    def _text(
        self,
        key: str,
        name: str | None,
        slot: Slot,
        kind: str = "",
        reads: Callable[[str, Location], str | Problem] = read_text,
    ) -> str | None:
        if name is None:
            return None
        named_at = self.manifest.location(key)
        text = self._translated(self.path(name), named_at, kind) if kind else None
        text = reads(self.path(name), named_at) if text is None else text
        if isinstance(text, Problem):
            self.problems.append(other_kind(self.path(name), named_at, slot) or text)
            return None
        return text

    def boot_log(self) -> BootLog | None:
        """The log that is a source of facts."""
        name = self.manifest.boot_log
        if name is None:
            return None
        from colorcheck.inputs.boot.boot_log import parse_boot_log

        path, named_at = self.path(name), self.manifest.location("inputs.boot-log")
        data = read_bytes(path, named_at, LOG_LARGEST)
        if isinstance(data, Problem):
            self.problems.append(data)
            return None
        log = parse_boot_log(path, data.decode("utf-8", "replace"))
        if log.says_nothing and not log.stopped:
            other = kind_of(path, data, named_at, Slot.BOOT_LOG)
            message = f"{path}: it contains no line of Xen's boot"
            advice = "give the serial console's output from power-on"
            self.problems.append(other or Problem(ProblemKind.OTHER_KIND, message, named_at, advice))
            return None
        return log

    def uefi_configs(self) -> tuple[UefiConfig, ...]:
        """Xen's configuration under UEFI, and the files that it chains to, each once."""
        if self.manifest.uefi_config is None:
            return ()
        from colorcheck.inputs.boot.uefi_config import read_uefi_config

        name, named_at = self.manifest.uefi_config, self.manifest.location("inputs.uefi-config")
        found: list[UefiConfig] = []
        path = self.path(name)
        while path and path not in {config.file for config in found}:
            text = read_octets(path, named_at)
            if isinstance(text, Problem):
                self.problems.append(other_kind(path, named_at, Slot.UEFI_CONFIG) or text)
                break
            unmerged = other_kind(path, named_at, Slot.UEFI_CONFIG, (FileKind.CONFLICT,))
            if unmerged:
                self.problems.append(unmerged)
                break
            config = read_uefi_config(text, path)
            if not config.is_read:
                message = f"{path} has no setting that Xen's EFI loader reads"
                other = other_kind(path, named_at, Slot.UEFI_CONFIG)
                self.problems.append(other or Problem(ProblemKind.OTHER_KIND, message, named_at, "name xen.cfg"))
                break
            found.append(config)
            chain = config.get("global", "chain")
            named_at = chain.whole if chain else named_at
            path = os.path.normpath(os.path.join(os.path.dirname(path), chain.text.strip())) if chain else ""
        return tuple(found)

    def efi_map(self) -> EfiMemoryMap | None:
        """The firmware's memory map."""
        name, key = self.manifest.efi_memory_map, "inputs.efi-memory-map"
        text = self._text(key, name, Slot.EFI_MEMORY_MAP, reads=read_octets)
        if name is None or text is None:
            return None
        from colorcheck.inputs.boot.efi_memory_map import read_efi_memory_map

        path, named_at = self.path(name), self.manifest.location(key)
        found = read_efi_memory_map(text, path)
        if not found.entries:
            message, advice = "it contains no entry of a memory map", "give the output of memmap in the UEFI shell"
            said = Problem(ProblemKind.OTHER_KIND, f"{path}: {message}", named_at, advice)
            self.problems.append(other_kind(path, named_at, Slot.EFI_MEMORY_MAP) or said)
            return None
        self.problems += found.problems
        return found

    def grub(self) -> GrubConfig | None:
        """GRUB's configuration."""
        name, key = self.manifest.grub_config, "inputs.grub-config"
        text = self._text(key, name, Slot.GRUB, reads=read_octets)
        if name is None or text is None:
            return None
        from colorcheck.inputs.boot.grub_config import read_grub_config

        path, named_at = self.path(name), self.manifest.location(key)
        unmerged = other_kind(path, named_at, Slot.GRUB, (FileKind.CONFLICT,))
        if unmerged:
            self.problems.append(unmerged)
            return None
        found = read_grub_config(text, path)
        if not found.entries:
            message = f"{path} has neither a menu entry with xen_hypervisor nor GRUB_CMDLINE_XEN"
            advice = "specify the board's grub.cfg or its /etc/default/grub"
            said = Problem(ProblemKind.OTHER_KIND, message, named_at, advice)
            self.problems.append(other_kind(path, named_at, Slot.GRUB) or said)
            return None
        return found

    def xen_image(self) -> XenImage | None:
        """The binary of Xen that the manifest names."""
        from colorcheck.inputs.boot.xen_image import read_xen_image

        name = self.manifest.target.xen_image
        if name is None:
            return None
        named_at = self.manifest.location("target.xen-image")
        content = read_bytes(self.path(name), named_at, IMAGE_LARGEST)
        if isinstance(content, Problem):
            self.problems.append(content)
            return None
        image = read_xen_image(content, self.path(name))
        known = [kind for kind in ALL if kind is not FileKind.BINARY]  # which the reader of images says more exactly
        wrong = bool(image.problems)
        other = kind_of(self.path(name), content, named_at, Slot.XEN_IMAGE, known) if wrong else None
        self.problems += (other,) if other else image.problems
        return image

    def attested(self, image: XenImage | None) -> XenAttested | None:
        """The evidence on the binary of Xen; a problem if it is evidence of another binary."""
        from colorcheck.inputs.boot.xen_attested import NotAttestedError, read_attested

        name, named_at = self.manifest.target.xen_attested, self.manifest.location("target.xen-attested")
        if name is None:
            return None
        text = read_text(self.path(name), named_at, ATTESTED_LARGEST)
        if isinstance(text, Problem):
            self.problems.append(other_kind(self.path(name), named_at, Slot.XEN_ATTESTED) or text)
            return None
        try:
            found = read_attested(text)
        except NotAttestedError as error:
            other = other_kind(self.path(name), named_at, Slot.XEN_ATTESTED)
            if other:
                self.problems.append(other)
                return None
            message, advice = f"{name}: {error}", "specify the file that `colorcheck boot --xen FILE` wrote"
            self.problems.append(Problem(ProblemKind.XEN_ATTESTED, message, named_at, advice))
            return None
        if image is not None and image.sha256 == found.sha256:
            return found
        why = "no xen-image is specified" if image is None else f"{image.file} is not that one"
        message = f"{name} is evidence on the Xen with sha256 {found.sha256[:16]}…, and {why}"
        advice = "specify that binary as xen-image, or boot this one with `colorcheck boot --xen FILE`"
        self.problems.append(Problem(ProblemKind.XEN_ATTESTED, message, named_at, advice))
        return None


def _is_tree(module: TargetModule) -> bool:
    """Whether a module's file is read as a device tree, so that its reader says what is wrong with it."""
    return module.address is not None and (module.file or "").endswith((".dts", ".dtb", ".dtbo", ".dtso"))


def files_named(name: str) -> tuple[str, ...]:
    """The file of this name, or in alphabetical order those that it matches as a pattern (none is possible)."""
    return matches(name) if is_pattern(name) else (name,)


def _beside(built: ImageBuilderFile, name: str) -> str:
    """The path of a file next to the configuration, whose folder is used in place of the one on ImageBuilder's
    command line."""
    return os.path.normpath(os.path.join(os.path.dirname(built.file), name))


def _file_sizes(built: ImageBuilderFile) -> dict[str, int]:
    """The bytes of the plain files that the values of a configuration name."""
    sizes: dict[str, int] = {}
    for name in {assignment.value.text for assignment in built.assignments} - {""}:
        size = size_of(_beside(built, name))
        if size is not None:
            sizes[name] = size
    return sizes


def guest_files(guests: Iterable[XlFile]) -> dict[tuple[tuple[str, ...], str], int]:
    """The bytes of the kernels and ramdisks that are next to the files that name them, by the guest and the key.

    An absolute path is one of dom0's file system, not of this machine. A kernel packed with gzip counts as xl unpacks
    it.
    """
    sizes: dict[tuple[tuple[str, ...], str], int] = {}
    for guest in guests:
        for key in ("kernel", "ramdisk"):
            setting = guest.setting(key) if guest.accepted else None
            name = setting.value if setting else None
            if isinstance(name, str) and name and not os.path.isabs(name):
                size = _size_of_image(os.path.normpath(os.path.join(os.path.dirname(guest.file), name)), key)
                if size is not None:
                    sizes[guest.pieces, key] = size
    return sizes


def _size_of_image(path: str, key: str) -> int | None:
    """The size of a plain file; for a gzip-compressed kernel, its unpacked size (modulo 2^32)."""
    size = size_of(path)
    if size is None or key != "kernel" or size < _GZIP_TRAILER:
        return size
    try:
        with opened(path) as file:
            if file.read(2) != b"\x1f\x8b":
                return size
            file.seek(-4, os.SEEK_END)
            return int.from_bytes(file.read(4), "little")
    except (OSError, ValueError):
        return None


def _named_at(problem: Problem, path: str, named_at: Location) -> Problem:
    """The problem; if the file cannot be read at all, at the location that names it."""
    missing = problem.kind in (ProblemKind.UNREADABLE, ProblemKind.TOO_LARGE) and problem.location == Location(path)
    return replace(problem, location=named_at) if missing else problem
