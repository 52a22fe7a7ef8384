"""Upstream's point releases, each described by its changes from the one before it.

Source: the release trees of Xen 4.20.0, 4.20.4, 4.21.0, 4.21.2 and 4.22.0, and the development branch at c447b7308b
(2026-08-20), whose cache coloring is that of 4.22.0. Adding a release: one value here, and its golden boots.
"""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.core.units import MIB
from colorcheck.xen.release.boot_options import ARM_4_20, ARM_4_21
from colorcheck.xen.release.domain_properties import DOMAIN_4_20, DOMAIN_4_21, DOMAIN_4_22
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.spelling import BootOption, ColorProperty, Concept, ListReader, OptionKind, PropertyKind
from colorcheck.xen.release.traits import BankOrder, CacheProbe, FrameTableRounding, Traits
from colorcheck.xen.release.xl_keys import XL_4_20, XL_4_21, XL_4_22

_4_20_0 = Traits(
    frame_table_rounding=FrameTableRounding.BLOCKS,
    dom0_bank_order=BankOrder.SIZE,
    first_bank_minimum=0,
    dom0_end_short_by_a_page=True,
    inherits_colors=True,
    rejected_list_remains=True,
    number_needs_digits=False,
    color_of_128_is_rejected_when_read=False,
    cache_probe=CacheProbe.DOWNWARDS,
    toolstack_can_populate=True,
    refused_guest_crashes_host=True,
    xenstore_page_at_boot=False,
    reads_vcpu_nodes=False,
    traps_unmapped_accesses=False,
    skipped_cpus_keep_their_number=True,
    hardware_domain_by_node=False,
    deep_tree_hangs=True,
    secondary_vcpu_failure_is_fatal=False,
    guest_tree=4096,
    dom0_tree_grows=144,
    refuses_gic_phandle=False,
    empty_reg_asserts=False,
    static_memory_needs_build_option=False,
    dom0_named_with_colors="domain 0",
    dom0_named_in_setup="DOM0",
    efi_banks_are_joined=False,
    usual_image_size=0x174000,
)

_4_20_4 = replace(
    _4_20_0,
    color_of_128_is_rejected_when_read=True,
    deep_tree_hangs=False,
    secondary_vcpu_failure_is_fatal=True,
    skipped_cpus_keep_their_number=False,
)

_4_21_0 = replace(
    _4_20_0,
    dom0_end_short_by_a_page=False,
    inherits_colors=False,
    refused_guest_crashes_host=False,
    xenstore_page_at_boot=True,
    reads_vcpu_nodes=True,
    traps_unmapped_accesses=True,
    hardware_domain_by_node=True,
    dom0_named_with_colors="d0",
    dom0_named_in_setup="d0",
    efi_banks_are_joined=True,
    usual_image_size=0x17C000,
)

_4_21_2 = replace(
    _4_21_0,
    color_of_128_is_rejected_when_read=True,
    deep_tree_hangs=False,
    secondary_vcpu_failure_is_fatal=True,
    skipped_cpus_keep_their_number=False,
)

_4_22_0 = replace(
    _4_21_2,
    frame_table_rounding=FrameTableRounding.PAGES,
    dom0_bank_order=BankOrder.ADDRESS,
    first_bank_minimum=128 * MIB,
    rejected_list_remains=False,
    number_needs_digits=True,
    cache_probe=CacheProbe.UPWARDS,
    toolstack_can_populate=False,
    guest_tree=2048 + 128 * 128,
    dom0_tree_grows=144 + 256 * 16,
    refuses_gic_phandle=True,
    empty_reg_asserts=True,
    skipped_cpus_keep_their_number=True,
)

_4_23_UNSTABLE = replace(
    _4_22_0,
    static_memory_needs_build_option=True,
    skipped_cpus_keep_their_number=False,
)

SWITCH = BootOption("llc-coloring", Concept.SWITCH, OptionKind.BOOLEAN, 8)
BUDDY_ALLOC_SIZE = BootOption("buddy-alloc-size", Concept.BUDDY_SIZE, OptionKind.SIZE)
DOM0_MEM = BootOption("dom0_mem", Concept.DOM0_MEMORY, OptionKind.OWN_SIZE)
LLC_COLORS = ColorProperty("llc-colors", PropertyKind.LIST)
NEW_COLORS = (
    BootOption("xen-llc-colors", Concept.XEN_COLORS, OptionKind.COLORS),
    BootOption("dom0-llc-colors", Concept.DOM0_COLORS, OptionKind.COLORS),
)
_OPTIONS = (
    SWITCH,
    BootOption("llc-size", Concept.LLC_SIZE, OptionKind.SIZE, 32),
    BootOption("llc-nr-ways", Concept.LLC_WAYS, OptionKind.INTEGER, 32),
    *NEW_COLORS,
    BUDDY_ALLOC_SIZE,
    DOM0_MEM,
)


_OPTIONS_4_21 = (*_OPTIONS, BootOption("pdx-compress", Concept.COMPRESSION, OptionKind.BOOLEAN, 8))


def _release(
    name: str,
    traits: Traits,
    options: tuple[BootOption, ...],
    registered: frozenset[str],
    series: str,
    *,
    guest_keys: frozenset[str] = frozenset(),
    domain_keys: frozenset[str] = frozenset(),
) -> Release:
    return Release(
        name=name,
        title=f"Xen {name}",
        traits=traits,
        aliases=(),
        options=options,
        properties=(LLC_COLORS,),
        xl_keys=("llc_colors",),
        lists=ListReader.UPSTREAM,
        build_switch="LLC_COLORING",
        colors_kconfig="LLC_COLORS_ORDER",
        buddy_kconfig="BUDDY_ALLOCATOR_SIZE",
        most_colors=128,
        registered=registered,
        series=series,
        modelled=True,
        guest_keys=guest_keys,
        domain_keys=domain_keys,
    )


UPSTREAM: tuple[Release, ...] = (
    _release("4.20.0", _4_20_0, _OPTIONS, ARM_4_20, "4.20", guest_keys=XL_4_20, domain_keys=DOMAIN_4_20),
    _release("4.20.4", _4_20_4, _OPTIONS, ARM_4_20, "4.20", guest_keys=XL_4_20, domain_keys=DOMAIN_4_20),
    _release("4.21.0", _4_21_0, _OPTIONS_4_21, ARM_4_21, "4.21", guest_keys=XL_4_21, domain_keys=DOMAIN_4_21),
    _release("4.21.2", _4_21_2, _OPTIONS_4_21, ARM_4_21, "4.21", guest_keys=XL_4_21, domain_keys=DOMAIN_4_21),
    _release("4.22.0", _4_22_0, _OPTIONS_4_21, ARM_4_21, "4.22", guest_keys=XL_4_22, domain_keys=DOMAIN_4_22),
    _release("4.23-unstable", _4_23_UNSTABLE, _OPTIONS_4_21, ARM_4_21, "4.23"),
)
"""All modelled upstream releases, the oldest first. This is the only list of them."""

OLDEST_TRAITS = _4_20_0
