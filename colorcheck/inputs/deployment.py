"""A deployment as it is written: everything that the manifest names, read but not interpreted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from colorcheck.core.module_kinds import ModuleKind
from colorcheck.inputs.manifest.manifest import Loader, Manifest
from colorcheck.inputs.unread import Unread, unread

if TYPE_CHECKING:
    from colorcheck.core.diagnostic import Problem
    from colorcheck.core.source import Location
    from colorcheck.inputs.boot.boot_log import BootLog
    from colorcheck.inputs.boot.efi_memory_map import EfiMemoryMap
    from colorcheck.inputs.boot.grub_config import GrubConfig
    from colorcheck.inputs.boot.image_builder import ImageBuilderFile
    from colorcheck.inputs.boot.uefi_config import UefiConfig
    from colorcheck.inputs.boot.xen_attested import XenAttested
    from colorcheck.inputs.device_tree.tree import DeviceTree
    from colorcheck.inputs.xl.xl import XlFile


class Unsettled(Struct, frozen=True):
    """A fact of the model, by name, that the loader leaves open: the reason, and lines of a manifest that settle it."""

    what: str
    why: str
    settle: tuple[str, ...]
    location: Location


class ModuleInDoubt(Struct, frozen=True):
    """A boot module of the tree that the loader does not load, or not whole, or overwrites: its kind, its address and
    why it is in doubt; `spoiled` if the loader put something else there than a whole file."""

    kind: ModuleKind
    address: int
    why: str
    location: Location
    spoiled: bool = True


class Followed(Struct, frozen=True):
    """Where a boot script puts things, as far as its commands tell; bytes, None if that is open.

    `location` is the command that starts Xen. The image's size is None if the script does not bring the image;
    `device_tree_sizes` are the least and the most that the tree's may be, where that is known; `unsettled` are facts
    of the model that the script leaves open; `in_doubt` the modules of the tree that the script does not load, or not
    whole, or overwrites; `image` is a doubt about the image that it starts as Xen.
    """

    location: Location
    xen_address: int | None = None
    xen_image_size: int | None = None
    device_tree_address: int | None = None
    device_tree_size: int | None = None
    device_tree_sizes: tuple[int, int] | None = None
    unsettled: tuple[Unsettled, ...] = ()
    in_doubt: tuple[ModuleInDoubt, ...] = ()
    image: Unsettled | None = None

    def open(self, what: str) -> Unsettled | None:
        """Why a fact of the model is open; None if the script does not affect it or settles it."""
        return next((each for each in self.unsettled if each.what == what), None)


class GivenModule(Struct, frozen=True):
    """An entry of `[[target.modules]]`: what the boot loader puts into memory, in bytes; None if it is not stated."""

    kind: ModuleKind
    location: Location
    address: int | None = None
    size: int | None = None
    file: str = ""


class Deployment(Struct, frozen=True):
    """All inputs of one deployment.

    `tree` is None without a device tree or where it could not be read; `guests` are the xl files in the order of
    creation, `listed_guests` for each all files of which one is run at a time; `file_sizes` are the bytes of the files
    that the ImageBuilder configuration names, by their names there, as far as they exist; `guest_files` the bytes of
    kernels and ramdisks that guests name by a relative path, by the guest's file and the key; `given_modules` the
    further modules of `[[target.modules]]`; `module_trees` the device trees that boot modules hold, by their address;
    `kconfig` maps the options of Xen's build (`LLC_COLORS_ORDER`) to their text, from its .config and from
    `[target.config]`, `kconfig_places` to where they are; `xen_image_size` is `_end - _start` in bytes from the
    manifest or from the header of the binary; `xen_image_options` are the options with Xen's own colors that the binary
    has, None if no binary tells, `xen_image_sections` the files that a unified EFI image holds as sections; `boot_log`
    is the log that the manifest names as a source of facts, `uefi_configs` Xen's configuration under UEFI and those
    that it chains to, the first one first, `efi_map` the firmware's memory map, `grub` GRUB's configuration; `machine`
    is the root of a running system's tree, which names the board and nothing else, where there is no tree of Xen's;
    `followed` is what a boot script says about the places, None without one; `problems` is what reading met,
    `image_builder_problems` what ImageBuilder would meet in its configuration.
    """

    manifest: Manifest
    tree: DeviceTree | None = None
    guests: tuple[XlFile, ...] = ()
    listed_guests: tuple[tuple[XlFile, ...], ...] = ()
    image_builder: ImageBuilderFile | None = None
    file_sizes: Mapping[str, int] = field(default_factory=dict)
    guest_files: Mapping[tuple[tuple[str, ...], str], int] = field(default_factory=dict)
    module_trees: Mapping[int, DeviceTree] = field(default_factory=dict)
    given_modules: tuple[GivenModule, ...] = ()
    kconfig: Mapping[str, str] = field(default_factory=dict)
    kconfig_places: Mapping[str, Location] = field(default_factory=dict)
    xen_image_size: int | None = None
    xen_image_options: frozenset[str] | None = None
    xen_image_sections: tuple[str, ...] = ()
    xen_attested: XenAttested | None = None
    boot_log: BootLog | None = None
    uefi_configs: tuple[UefiConfig, ...] = ()
    efi_map: EfiMemoryMap | None = None
    grub: GrubConfig | None = None
    machine: DeviceTree | None = None
    followed: Followed | None = None
    problems: tuple[Problem, ...] = ()
    image_builder_problems: tuple[Problem, ...] = ()

    @property
    def loader(self) -> Loader | None:
        """The loader that may still change the tree before Xen reads it; none if a boot script was followed to its
        end.
        """
        return Loader.NONE if self.followed is not None else self.manifest.target.loader

    @property
    def has_whole_config(self) -> bool:
        """Whether the .config is complete (it names the architecture), not an excerpt of one.

        Kconfig omits options whose prerequisites are not met, so in a complete one an absent switch is off.
        """
        return "ARM_64" in self.kconfig

    def build_option(self, name: str, default: str = "y") -> str:
        """The value of an option of Xen's build; `default` if only an excerpt, or nothing, of the .config is known."""
        return self.kconfig.get(name, "n" if self.has_whole_config else default)

    def build_place(self, name: str) -> Location:
        """The location of an option of Xen's build; if it is not set, the location where the .config is named."""
        return self.kconfig_places.get(name, self.manifest.location("target.kconfig"))

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The inputs that were named and not read, for any command."""
        return tuple(unread(self.manifest, self.problems, {guest.file for guest in self.every_guest}))

    @property
    def every_guest(self) -> tuple[XlFile, ...]:
        """The guests, followed by the alternatives that are not among them."""
        others = (guest for listed in self.listed_guests for guest in listed if guest not in self.guests)
        return (*self.guests, *others)

    @property
    def files(self) -> tuple[str, ...]:
        """All files that were read, each once: manifest, device tree with its includes, guests, others."""
        folder, target = self.manifest.folder, self.manifest.target
        named = [
            target.xen_image,
            target.xen_attested,
            target.kconfig,
            self.manifest.boot_log,
            self.manifest.efi_memory_map,
            self.manifest.system_dump,
            self.manifest.grub_config,
            *self.manifest.overlays,
            *(policy.miss_curve for policy in self.manifest.domain_policies),
        ]
        found = [
            self.manifest.file,
            *(file for file in self._tree_files() if not self._of_dump(file)),
            *(file for guest in self.every_guest for file in guest.files if not self._of_dump(file)),
            *((self.image_builder.file,) if self.image_builder else ()),
            *(config.file for config in self.uefi_configs),
            *(os.path.join(folder, name) for name in named if name),
        ]
        return tuple(dict.fromkeys(found))

    def _tree_files(self) -> tuple[str, ...]:
        return (self.tree.files or (self.tree.file,)) if self.tree else ()

    def _of_dump(self, file: str) -> bool:
        """Whether it is part of a dump and not a separate file."""
        name = self.manifest.system_dump
        top = os.path.normpath(os.path.join(self.manifest.folder, name)) if name else ""
        return bool(top) and file.startswith(top + os.sep) and not os.path.isfile(file)
