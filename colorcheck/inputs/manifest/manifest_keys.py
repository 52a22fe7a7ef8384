"""The keys of the manifest, in one table: the reader, the command line, `init` and the reference are made from it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class KeyKind(StrEnum):
    """The values that a key takes, in words for messages."""

    TEXT = 'a string, such as "zcu102"'
    TEXTS = 'a string or a list of strings, such as ["rt.cfg", "gui.cfg"]'
    RELEASES = 'a string or a list of strings, such as "4.20" or ["4.20", "4.22"]'
    GUESTS = (
        "a file name or a list of them; a list within the list is one guest whose files are concatenated, with "
        'arguments of xl create if needed, such as [["domu.cfg", "devices.cfg"], "gui.cfg"]'
    )
    SIZE = 'a number of bytes, such as 0x174000, or a string with a unit, such as "64M"'
    SOME_BYTES = 'a positive number of bytes, such as 0x174000, or a string with a unit, such as "64M"'
    PAGE_ADDRESS = "an address that is a multiple of 4 KiB, such as 0x200000"
    TREE_ADDRESS = "an address that is a multiple of 8 and not 0, such as 0x100000"
    RANGES = "a list of [start, size] pairs in bytes, such as [[0x0, 0x80000000]]"
    ORDER = '"as-listed" or "any"'
    COUNT = "a non-negative integer"
    NUMBER = "a positive number, such as 3 or 0.5"
    PERCENT = 'a percentage as a string, such as "10 %", or a non-negative number of percent'
    FACTOR = "a number of at least 1, such as 1.05"
    FLAG = "true or false"
    LOADER = '"none" (Xen gets exactly this tree), "u-boot" or "uefi"'
    U_BOOT = 'a release of U-Boot as a string, such as "2023.01"'
    SHELL = '"old" (the default of every U-Boot) or "modern" (CONFIG_HUSH_MODERN_PARSER)'
    OPTION = 'true, false, an integer or a string (not "yes" or "no")'
    RULES = 'rules as strings, or tables with a reason, such as [{ rule = "CC105", reason = "vendor option" }]'
    TABLES = "a table: write [[policy.share]] or [[rules.path]] above its keys"


class ManifestKey(Struct, frozen=True):
    """A key: its path in the manifest, what it takes, and what it means. `metavar` is its value's name in `--help`."""

    path: str
    kind: KeyKind
    metavar: str
    help: str
    option: str = ""

    @property
    def name(self) -> str:
        return self.path.rsplit(".", 1)[-1]

    @property
    def flag(self) -> str:
        """The option of the command line with the same meaning."""
        return f"--{self.option or self.name}"


KEYS: tuple[ManifestKey, ...] = (
    ManifestKey(
        "target.xen",
        KeyKind.RELEASES,
        "RELEASE",
        "the Xen that reads the files: 4.20, 4.21, 4.22 (the newest modelled point release), 4.20.0 and so on, or a "
        "fork such as xilinx-4.17; several releases are checked in turn",
    ),
    ManifestKey(
        "target.board",
        KeyKind.TEXT,
        "NAME",
        "the board, see `colorcheck board list` (default: what the device tree says)",
    ),
    ManifestKey(
        "target.memory",
        KeyKind.RANGES,
        "START+SIZE",
        "the DRAM, if the boot loader fills in the memory node of the device tree",
    ),
    ManifestKey(
        "target.xen-image", KeyKind.TEXT, "FILE", "the Xen binary: its arm64 Image header gives the image size"
    ),
    ManifestKey("target.xen-image-size", KeyKind.SOME_BYTES, "BYTES", "the size of Xen in memory, `_end - _start`"),
    ManifestKey(
        "target.xen-attested", KeyKind.TEXT, "FILE", "the evidence on the Xen binary that `colorcheck boot` wrote"
    ),
    ManifestKey("target.xen-address", KeyKind.PAGE_ADDRESS, "ADDRESS", "where the boot loader loads Xen"),
    ManifestKey(
        "target.device-tree-address", KeyKind.TREE_ADDRESS, "ADDRESS", "where the boot loader loads the device tree"
    ),
    ManifestKey(
        "target.device-tree-size",
        KeyKind.SOME_BYTES,
        "BYTES",
        "the size of the device tree blob in memory (default: the size of the blob)",
    ),
    ManifestKey(
        "target.kconfig",
        KeyKind.TEXT,
        "FILE",
        "Xen's .config, for CONFIG_LLC_COLORING, CONFIG_LLC_COLORS_ORDER and others",
    ),
    ManifestKey(
        "target.loader",
        KeyKind.LOADER,
        "LOADER",
        "what starts Xen: none (Xen gets exactly this tree), u-boot or uefi (default: what the inputs show)",
    ),
    ManifestKey(
        "target.boot-cpu",
        KeyKind.COUNT,
        "MPIDR",
        "the MPIDR of the CPU on which Xen starts (default: what the board or a log says)",
    ),
    ManifestKey(
        "target.u-boot",
        KeyKind.U_BOOT,
        "VERSION",
        "the release of the U-Boot that runs the boot script (default: both cases where releases differ)",
    ),
    ManifestKey(
        "target.u-boot-shell",
        KeyKind.SHELL,
        "SHELL",
        "the shell of the U-Boot that runs the boot script: old (default) or modern",
    ),
    ManifestKey(
        "target.u-boot-overlays",
        KeyKind.FLAG,
        "FLAG",
        "whether U-Boot was built with CONFIG_OF_LIBFDT_OVERLAY, for `fdt apply` (default: both cases)",
    ),
    ManifestKey("inputs.device-tree", KeyKind.TEXT, "FILE", "the host device tree as Xen sees it, .dts or .dtb"),
    ManifestKey(
        "inputs.include",
        KeyKind.TEXTS,
        "FOLDER",
        "folders to search for files that a device tree source includes",
    ),
    ManifestKey(
        "inputs.overlays", KeyKind.TEXTS, "FILE", "device tree overlays, applied in this order", option="overlay"
    ),
    ManifestKey("inputs.boot-arguments", KeyKind.TEXT, "TEXT", "Xen's boot arguments, instead of those in /chosen"),
    ManifestKey(
        "inputs.domains",
        KeyKind.GUESTS,
        "FILE",
        "xl files in the order in which the guests are created; patterns such as guests/*.cfg are expanded; a list "
        "within the list is one guest in several files, { one-of = [...] } a guest of which one file is run at a time",
        option="domain",
    ),
    ManifestKey("inputs.image-builder", KeyKind.TEXT, "FILE", "a Xen ImageBuilder configuration, instead of /chosen"),
    ManifestKey(
        "inputs.boot-script",
        KeyKind.TEXT,
        "FILE",
        "the U-Boot script that edits the device tree and starts Xen, as text or .scr; it is followed, not executed",
    ),
    ManifestKey(
        "inputs.boot-log",
        KeyKind.TEXT,
        "FILE",
        "the output of Xen's serial console: memory banks, boot modules, place of Xen and arguments are taken from it",
    ),
    ManifestKey("inputs.uefi-config", KeyKind.TEXT, "FILE", "Xen's own configuration under UEFI, such as xen.cfg"),
    ManifestKey(
        "inputs.efi-memory-map",
        KeyKind.TEXT,
        "FILE",
        "the memory map of the firmware, as memmap in the UEFI shell prints it",
    ),
    ManifestKey(
        "inputs.grub-config",
        KeyKind.TEXT,
        "FILE",
        "GRUB's grub.cfg, whose xen_hypervisor and xen_module load Xen and its modules",
    ),
    ManifestKey(
        "inputs.system-dump",
        KeyKind.TEXT,
        "FILE",
        "the tar file made by `colorcheck collect` on a running system, or a folder with its parts",
    ),
    ManifestKey("rules.select", KeyKind.TEXTS, "RULE", "report only these rules: IDs, prefixes of IDs (CC1) or names"),
    ManifestKey(
        "rules.ignore",
        KeyKind.RULES,
        "RULE",
        "do not report these rules; refuted theorems are always reported; hiding errors requires a reason",
    ),
    ManifestKey(
        "rules.reason",
        KeyKind.TEXT,
        "TEXT",
        "the reason for select, and for entries of ignore without their own reason",
        option="silence-reason",
    ),
    ManifestKey(
        "policy.creation-order", KeyKind.ORDER, "ORDER", "whether the xl guests are created as listed or in any order"
    ),
    ManifestKey(
        "policy.prove",
        KeyKind.TEXTS,
        "THEOREM",
        "the theorems to prove, such as separation/* (default: all)",
    ),
    ManifestKey(
        "policy.objectives",
        KeyKind.TEXTS,
        "NAME",
        "the objectives of a plan, most important first: critical, weights, margin, misses, worst-misses, changes, "
        "ranges",
        option="objective",
    ),
)

SHARE_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey(
        "policy.share.domains",
        KeyKind.TEXTS,
        "NAMES",
        "the domains that may share colors with one another; Xen is called xen",
    ),
    ManifestKey("policy.share.reason", KeyKind.TEXT, "TEXT", "why this is accepted"),
)

PATH_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey("rules.path.path", KeyKind.TEXT, "PATTERN", "the files concerned, such as legacy/*.cfg"),
    ManifestKey("rules.path.ignore", KeyKind.TEXTS, "RULES", "the rules that are not reported for them"),
    ManifestKey("rules.path.reason", KeyKind.TEXT, "TEXT", "why"),
)

IGNORE_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey(
        "rules.ignore.rule", KeyKind.TEXTS, "RULES", "the rules that are not reported: IDs, prefixes of IDs or names"
    ),
    ManifestKey("rules.ignore.reason", KeyKind.TEXT, "TEXT", "why"),
)

FILE_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey("target.files.name", KeyKind.TEXT, "NAME", "the name under which the boot script loads the file"),
    ManifestKey(
        "target.files.file", KeyKind.TEXT, "FILE", "the local file with its content; a .dts or .dtso is compiled"
    ),
    ManifestKey(
        "target.files.size",
        KeyKind.SIZE,
        "BYTES",
        "its size, if the content is not here; for a source: the size of the blob",
    ),
    ManifestKey("target.files.symbols", KeyKind.FLAG, "FLAG", "compile it with symbols, as dtc -@ does"),
)

MODULE_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey("target.modules.kind", KeyKind.TEXT, "KIND", "kernel, ramdisk, device-tree, xsm, ..."),
    ManifestKey("target.modules.file", KeyKind.TEXT, "FILE", "the file that is loaded there; a .dts is compiled"),
    ManifestKey("target.modules.size", KeyKind.SIZE, "BYTES", "its size, if the file is not here"),
    ManifestKey("target.modules.address", KeyKind.SIZE, "ADDRESS", "where the boot loader loads it"),
)

NESTED: dict[str, tuple[str, ...]] = {
    "target": ("config", "environment", "files", "modules"),
    "policy": ("share",),
    "rules": ("path",),
}

DOMAIN_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey(
        "domains.NAME.critical",
        KeyKind.FLAG,
        "FLAG",
        "this domain matters most: a plan serves it first",
    ),
    ManifestKey("domains.NAME.min-colors", KeyKind.COUNT, "N", "the smallest number of colors that a plan may give it"),
    ManifestKey("domains.NAME.max-colors", KeyKind.COUNT, "N", "the largest number of colors that a plan may give it"),
    ManifestKey(
        "domains.NAME.min-cache",
        KeyKind.SIZE,
        "BYTES",
        "the smallest share of the last-level cache that a plan may give it",
    ),
    ManifestKey(
        "domains.NAME.weight",
        KeyKind.NUMBER,
        "NUMBER",
        "the weight of its colors relative to those of others in a plan",
    ),
    ManifestKey(
        "domains.NAME.miss-curve",
        KeyKind.TEXT,
        "FILE",
        "its profile, CSV or JSON: misses (or seconds) for 1, 2, ... colors",
    ),
    ManifestKey(
        "domains.NAME.max-slowdown",
        KeyKind.PERCENT,
        "PERCENT",
        "how much worse than the best value of its miss curve it may be in a plan",
    ),
    ManifestKey(
        "domains.NAME.max-misses",
        KeyKind.FACTOR,
        "FACTOR",
        "like max-slowdown, as a factor of at least 1: 1.05 is 5 % more than the best value of its miss curve",
    ),
    ManifestKey(
        "domains.NAME.restarts",
        KeyKind.COUNT,
        "N",
        "how often it must be possible to create it again before the host reboots; adds the theorem lifecycle/NAME",
    ),
    ManifestKey("domains.NAME.kernel-size", KeyKind.COUNT, "BYTES", "the size of a guest's kernel that is not here"),
)

REQUIREMENT_KEYS: tuple[ManifestKey, ...] = (
    ManifestKey(
        "requirements.ID",
        KeyKind.TEXTS,
        "PATTERN",
        "the evidence for the requirement with this ID: theorems by their IDs, such as separation/rt/* (a pair in "
        "either "
        "order) or memory/rt, and rules, such as CC307, that must find nothing",
    ),
)

SECTIONS: tuple[str, ...] = ("target", "inputs", "policy", "domains", "rules", "requirements")
