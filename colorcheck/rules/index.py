"""The list of all rules, so that a run loads only those that may have a finding.

Most rules look at the whole deployment. Others report problems and notes of certain kinds and nothing else; they are
loaded when one of these kinds was seen.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TypeAlias

from msgspec import Struct

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.xen.kinds import Note
from colorcheck.xen.notes.boot import P2mPoolTooSmall
from colorcheck.xen.notes.colors import ColorsCut, InheritedColors
from colorcheck.xen.notes.domains import (
    BuddyHeapOpen,
    DirectMap,
    Dom0DeviceRefused,
    Dom0MemoryDefault,
    Dom0TreeFull,
    EnhancedWithoutDom0,
    GuestMemoryMissing,
    GuestMemorySmall,
    HostCrash,
    MaxmemAboveMemory,
    MemoryNotPages,
    NoDom0ForXl,
    PartialTreeRefused,
    PartialTreeUnread,
    PassthroughMemory,
    SharedMemoryRefused,
    StaticMemory,
    StaticSharedMemory,
    ToolstackCannotPopulate,
)
from colorcheck.xen.notes.machine import (
    BankOverlap,
    BankUnaligned,
    ModuleOutsideMemory,
    ModuleOverlap,
    NoMemory,
    RangeWraps,
    ReservedOverlap,
    StaticHeap,
    TooManyModules,
    TooManyRegions,
)

Kind: TypeAlias = ProblemKind | type[Note]
"""What a rule reports: problems of a kind, or notes of a class."""


class Listed(Struct, frozen=True):
    """A rule that may not be loaded yet: its module, its name, and the kinds that it reports if it does nothing else
    (`from_notes`).
    """

    module: str
    name: str
    waits_for: tuple[Kind, ...] = ()

    @property
    def id(self) -> str:
        """Its ID, which its module's name begins with."""
        return self.module.rpartition(".")[2].partition("_")[0].upper()

    def load(self) -> ModuleType:
        """The module that has the rule as `RULE`, and the words of the notes that it reports."""
        return import_module(f"colorcheck.rules.{self.module}")

    def may_report(self, kinds: Collection[Kind]) -> bool:
        """Whether the rule may have a finding where problems and notes of these kinds were seen."""
        return not self.waits_for or any(kind in kinds for kind in self.waits_for)


LISTED: tuple[Listed, ...] = (
    Listed("reading.cc001_syntax", "syntax", (ProblemKind.SYNTAX, ProblemKind.MANIFEST_SYNTAX)),
    Listed(
        "reading.cc002_unreadable",
        "unreadable",
        (
            ProblemKind.UNREADABLE,
            ProblemKind.ENCODING,
            ProblemKind.TOO_LARGE,
            ProblemKind.TOO_COSTLY,
            ProblemKind.NO_MATCH,
        ),
    ),
    Listed("reading.cc003_include", "include", (ProblemKind.INCLUDE_CYCLE, ProblemKind.MACRO_BOMB)),
    Listed("reading.cc004_manifest_key", "manifest-key", (ProblemKind.MANIFEST_KEY,)),
    Listed("reading.cc005_manifest_value", "manifest-value", (ProblemKind.MANIFEST_VALUE,)),
    Listed(
        "reading.cc006_damaged_blob", "damaged-blob", (ProblemKind.CUT_OFF, ProblemKind.VERSION, ProblemKind.DAMAGED)
    ),
    Listed("reading.cc007_device_tree_meaning", "device-tree-meaning", (ProblemKind.SEMANTIC,)),
    Listed("reading.cc008_device_tree_rest", "device-tree-rest", (ProblemKind.UNREAD_REST,)),
    Listed("reading.cc009_too_deep", "too-deep", (ProblemKind.TOO_DEEP,)),
    Listed("reading.cc010_not_utf8", "not-utf8", (ProblemKind.NOT_UTF8,)),
    Listed("reading.cc011_needs_a_shell", "needs-a-shell", (ProblemKind.NEEDS_SHELL,)),
    Listed("reading.cc012_kconfig", "kconfig", (ProblemKind.KCONFIG_LINE, ProblemKind.KCONFIG_TWICE)),
    Listed("reading.cc013_xen_image", "xen-image", (ProblemKind.XEN_IMAGE,)),
    Listed("reading.cc014_other_kind", "other-kind", (ProblemKind.OTHER_KIND,)),
    Listed("reading.cc015_line_ends", "line-ends", (ProblemKind.LINE_ENDS,)),
    Listed(
        "reading.cc020_boot_script_command",
        "boot-script-command",
        (ProblemKind.U_BOOT_COMMAND, ProblemKind.U_BOOT_FDT, ProblemKind.U_BOOT_LOAD),
    ),
    Listed("reading.cc021_boot_script_syntax", "boot-script-syntax", (ProblemKind.U_BOOT_SYNTAX,)),
    Listed(
        "reading.cc022_boot_script_stops", "boot-script-stops", (ProblemKind.BOOT_SCRIPT_STOPS, ProblemKind.U_BOOT_BOOT)
    ),
    Listed("reading.cc023_boot_script_open", "boot-script-open", (ProblemKind.BOOT_SCRIPT_OPEN,)),
    Listed("reading.cc024_boot_script_beside", "boot-script-beside", (ProblemKind.BOOT_SCRIPT_BESIDE,)),
    Listed("reading.cc025_given_beside_script", "given-beside-script", (ProblemKind.GIVEN_BESIDE_FOLLOWED,)),
    Listed("reading.cc026_log_contradicts", "log-contradicts", (ProblemKind.LOG_CONTRADICTS,)),
    Listed("reading.cc027_tree_of_dom0", "tree-of-dom0", (ProblemKind.TREE_OF_DOM0,)),
    Listed("reading.cc099_input", "input"),
    Listed("files.cc101_list_rejected", "list-rejected"),
    Listed("files.cc102_missing_number", "missing-number"),
    Listed("files.cc103_octal_number", "octal-number"),
    Listed("files.cc104_option_cut_off", "option-cut-off"),
    Listed("files.cc105_unknown_option", "unknown-option"),
    Listed("files.cc106_half_geometry", "half-geometry"),
    Listed("files.cc107_bad_boolean", "bad-boolean"),
    Listed("files.cc108_option_twice", "option-twice"),
    Listed("files.cc109_value_rejected", "value-rejected"),
    Listed("files.cc110_size_without_unit", "size-without-unit"),
    Listed("files.cc111_xl_colors_not_a_list", "xl-colors-not-a-list"),
    Listed("files.cc112_xl_text_dropped", "xl-text-dropped"),
    Listed("files.cc113_xl_key", "xl-key"),
    Listed("files.cc114_xl_number", "xl-number"),
    Listed("files.cc115_duplicate_color", "duplicate-color"),
    Listed("files.cc116_xen_color_order", "xen-color-order"),
    Listed("files.cc117_tree_colors_type", "tree-colors-type"),
    Listed("files.cc118_empty_list", "empty-list"),
    Listed("files.cc119_xl_rejects", "xl-rejects"),
    Listed("files.cc120_xl_key_twice", "xl-key-twice"),
    Listed("files.cc121_built_without_coloring", "built-without-coloring"),
    Listed("files.cc122_tree_colors_rejected", "tree-colors-rejected"),
    Listed("files.cc123_colors_while_off", "colors-while-off"),
    Listed("files.cc124_arguments_not_xens", "arguments-not-xens"),
    Listed("files.cc125_tab_in_arguments", "tab-in-arguments"),
    Listed("files.cc127_colors_cut", "colors-cut", (ColorsCut,)),
    Listed("files.cc128_coloring_off", "coloring-off"),
    Listed("files.cc129_option_elsewhere", "option-elsewhere"),
    Listed("files.cc130_property_elsewhere", "property-elsewhere"),
    Listed("files.cc131_arguments_list", "arguments-list"),
    Listed("files.cc132_xl_value_kind", "xl-value-kind"),
    Listed("files.cc133_domain_property", "domain-property-ignored"),
    Listed("files.cc134_domain_value", "domain-value-ignored"),
    Listed("releases.cc201_unknown_xen", "unknown-xen"),
    Listed("releases.cc202_other_dialect_option", "other-dialect-option"),
    Listed("releases.cc203_other_dialect_property", "other-dialect-property"),
    Listed("releases.cc204_other_dialect_xl_key", "other-dialect-xl-key"),
    Listed("releases.cc205_base_differs", "base-differs"),
    Listed("releases.cc206_versions_disagree", "versions-disagree"),
    Listed("releases.cc207_legacy_mode", "legacy-mode"),
    Listed("releases.cc208_list_must_ascend", "list-must-ascend"),
    Listed("releases.cc210_xen_assumed", "xen-assumed"),
    Listed("releases.cc211_host_crash", "host-crash", (HostCrash,)),
    Listed("releases.cc212_toolstack_cannot_populate", "toolstack-cannot-populate", (ToolstackCannotPopulate,)),
    Listed("releases.cc213_inherited_colors", "inherited-colors", (InheritedColors,)),
    Listed("releases.cc214_no_first_bank", "no-first-bank"),
    Listed(
        "releases.cc215_image_builder_colors",
        "image-builder-colors",
        (ProblemKind.DROPPED_COLORS, ProblemKind.RANGE_ONLY, ProblemKind.MASK_TOO_WIDE),
    ),
    Listed(
        "releases.cc216_image_builder_keys",
        "image-builder-keys",
        (
            ProblemKind.BEYOND_NUM_DOMUS,
            ProblemKind.DOM0_KEYS,
            ProblemKind.NOT_A_NUMBER,
            ProblemKind.NOT_FOLLOWED,
            ProblemKind.UNKNOWN_KEY,
        ),
    ),
    Listed("releases.cc217_hardware_domain_colors", "hardware-domain-colors"),
    Listed("releases.cc218_image_builder_sizes", "image-builder-sizes", (ProblemKind.FILE_SIZE_ASSUMED,)),
    Listed("releases.cc219_deep_tree", "deep-tree"),
    Listed("releases.cc220_point_releases_differ", "point-releases-differ"),
    Listed("domains.cc301_color_out_of_range", "color-out-of-range"),
    Listed("domains.cc302_domain_without_colors", "domain-without-colors"),
    Listed("domains.cc303_same_name", "same-name"),
    Listed("domains.cc304_policy_unknown_domain", "policy-unknown-domain"),
    Listed("domains.cc305_policy_color_count", "policy-color-count"),
    Listed("domains.cc306_share_without_effect", "share-without-effect"),
    Listed("domains.cc307_dma_without_iommu", "dma-without-iommu"),
    Listed("domains.cc308_passthrough", "passthrough"),
    Listed("domains.cc309_domain_incomplete", "domain-incomplete"),
    Listed("domains.cc310_needs_dom0", "needs-dom0", (NoDom0ForXl, EnhancedWithoutDom0)),
    Listed("domains.cc311_hardware_domain", "hardware-domain"),
    Listed("domains.cc319_device_not_in_tree", "device-not-in-tree"),
    Listed("isolation.cc401_shared_colors", "shared-colors"),
    Listed("isolation.cc402_colors_meet", "colors-meet"),
    Listed("isolation.cc403_not_decided", "not-decided"),
    Listed("isolation.cc404_vacuous", "vacuous-theorem"),
    Listed("isolation.cc405_refuted", "refuted-theorem"),
    Listed("isolation.cc406_memory_given", "memory-given"),
    Listed("memory.cc501_memory_does_not_fit", "memory-does-not-fit"),
    Listed("memory.cc502_order_of_creation", "order-of-creation"),
    Listed("memory.cc503_relocation", "no-room-to-relocate"),
    Listed("memory.cc504_reserve_too_small", "reserve-too-small"),
    Listed("memory.cc505_reserve_too_large", "reserve-too-large"),
    Listed("memory.cc506_lowest_region", "lowest-region-uncolored"),
    Listed("memory.cc507_dom0_low_memory", "dom0-no-low-memory"),
    Listed("memory.cc508_dom0_first_bank", "dom0-first-bank"),
    Listed("memory.cc509_lowest_region_takes_all", "lowest-region-takes-all"),
    Listed("memory.cc510_static_memory", "static-memory", (StaticMemory, ProblemKind.STATIC_MEMORY)),
    Listed("memory.cc511_direct_map", "direct-map", (DirectMap,)),
    Listed("memory.cc512_static_shared_memory", "static-shared-memory", (StaticSharedMemory,)),
    Listed("memory.cc513_static_heap", "static-heap", (StaticHeap,)),
    Listed("memory.cc514_p2m_pool", "p2m-pool-too-small", (P2mPoolTooSmall,)),
    Listed("memory.cc515_module_outside_memory", "module-outside-memory", (ModuleOutsideMemory,)),
    Listed(
        "memory.cc516_modules_overlap",
        "ranges-overlap",
        (
            ModuleOverlap,
            ReservedOverlap,
            BankOverlap,
            RangeWraps,
            TooManyRegions,
            TooManyModules,
            ProblemKind.DEVICE_TREE_MEMORY,
        ),
    ),
    Listed("memory.cc517_open_fact", "open-fact"),
    Listed("memory.cc518_no_memory", "no-memory", (NoMemory,)),
    Listed("memory.cc519_not_whole_pages", "not-whole-pages", (MemoryNotPages, BankUnaligned)),
    Listed("memory.cc520_dom0_memory_default", "dom0-memory-default", (Dom0MemoryDefault,)),
    Listed("memory.cc521_passthrough_memory", "passthrough-memory", (PassthroughMemory,)),
    Listed(
        "memory.cc522_guest_cannot_be_built",
        "guest-cannot-be-built",
        (MaxmemAboveMemory, GuestMemorySmall, GuestMemoryMissing),
    ),
    Listed("memory.cc523_restarts", "restarts"),
    Listed("memory.cc524_dom0_may_balloon", "dom0-may-balloon"),
    Listed("memory.cc525_dom0_devices", "dom0-devices", (Dom0DeviceRefused, Dom0TreeFull)),
    Listed("memory.cc526_partial_tree", "partial-tree", (PartialTreeUnread,)),
    Listed("memory.cc527_shared_memory", "shared-memory-refused", (SharedMemoryRefused,)),
    Listed("memory.cc528_buddy_heap", "buddy-heap-open", (BuddyHeapOpen,)),
    Listed("memory.cc529_partial_tree_refused", "partial-tree-refused", (PartialTreeRefused,)),
    Listed("memory.cc530_boot_modules", "boot-modules"),
    Listed("memory.cc599_xen_stops", "xen-stops"),
    Listed("hardware.cc601_board_unknown", "board-unknown"),
    Listed("hardware.cc602_geometry", "geometry"),
    Listed(
        "hardware.cc603_tree_contradicts_manual",
        "tree-contradicts-manual",
        (ProblemKind.DEVICE_TREE_GEOMETRY, ProblemKind.DEVICE_TREE_SHARING, ProblemKind.DEVICE_TREE_CACHE_LEVEL),
    ),
    Listed(
        "hardware.cc604_tree_completed",
        "tree-completed",
        (ProblemKind.DEVICE_TREE_COMPLETED, ProblemKind.DEVICE_TREE_PRIVATE_CACHE),
    ),
    Listed("hardware.cc605_not_silicon", "not-silicon", (ProblemKind.BOARD_NOT_SILICON,)),
    Listed("hardware.cc606_not_colorable", "not-colorable"),
    Listed("hardware.cc607_clusters_differ", "clusters-differ"),
    Listed("hardware.cc608_l1_share", "l1-share"),
    Listed("hardware.cc609_dram_banks", "dram-banks"),
    Listed("hardware.cc610_board_contradicts_tree", "board-contradicts-tree", (ProblemKind.BOARD_CONTRADICTS_TREE,)),
    Listed("attestation.cc701_log_differs", "log-differs"),
    Listed("attestation.cc702_evidence_of_another_xen", "evidence-of-another-xen", (ProblemKind.XEN_ATTESTED,)),
    Listed("attestation.cc703_xen_differs", "xen-differs"),
    Listed("silence.cc801_silence_without_reason", "silence-without-reason"),
    Listed("silence.cc802_silence_unused", "silence-unused"),
    Listed("silence.cc803_silence_unknown_rule", "silence-unknown-rule"),
    Listed("silence.cc804_cannot_be_silenced", "cannot-be-silenced"),
    Listed("silence.cc805_hidden_without_reason", "hidden-without-reason"),
    Listed("requirements.cc810_no_evidence", "no-evidence"),
    Listed("requirements.cc811_requirement_not_met", "requirement-not-met"),
    Listed("tool.cc901_rule_crash", "rule-crash"),
    Listed("tool.cc902_untold_note", "untold-note"),
    Listed("tool.cc903_plugin", "plugin", (ProblemKind.PLUGIN, ProblemKind.PLUGIN_READER)),
)


@cache
def _by_id() -> dict[str, Listed]:
    return {listed.id: listed for listed in LISTED}


def kinds_of(rule: str) -> tuple[Kind, ...]:
    """The kinds that the rule with this ID waits for."""
    return _by_id()[rule].waits_for


@cache
def waiting() -> dict[Kind, Listed]:
    """The rule that waits for a kind, by the kind."""
    return {kind: listed for listed in LISTED for kind in listed.waits_for}
