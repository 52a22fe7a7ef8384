"""Xilinx's (now AMD's) branches with their own cache coloring. Their boot is not modelled.

Source: `xilinx/release-2019.2-coloring` (Xen 4.11), `xilinx/release-2020.2` (4.13, the same code up to
`xlnx_rebase_4.16`) and `xlnx_rebase_4.17`.
"""

from __future__ import annotations

from msgspec.structs import replace

from colorcheck.xen.release.boot_options import ARM_4_20
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.spelling import (
    BootOption,
    ColorProperty,
    Concept,
    ListReader,
    OptionKind,
    OtherDomains,
    PropertyKind,
)
from colorcheck.xen.release.upstream import BUDDY_ALLOC_SIZE, DOM0_MEM, LLC_COLORS, NEW_COLORS, OLDEST_TRAITS, SWITCH

_TRAITS = replace(OLDEST_TRAITS, inherits_colors=False, refused_guest_crashes_host=False, deep_tree_hangs=False)
_TRAITS_4_17 = replace(_TRAITS, inherits_colors=True)

_FIRST_XILINX_OPTIONS = (
    BootOption("way_size", Concept.WAY_SIZE, OptionKind.NUMBER),
    BootOption("xen_colors", Concept.XEN_COLORS, OptionKind.COLORS),
    BootOption("dom0_colors", Concept.DOM0_COLORS, OptionKind.COLORS),
    BootOption("buddy_size", Concept.BUDDY_SIZE, OptionKind.NUMBER),
    DOM0_MEM,
)
_LEGACY_COLORS = (
    BootOption("xen_colors", Concept.XEN_COLORS, OptionKind.COLORS, legacy=True),
    BootOption("dom0_colors", Concept.DOM0_COLORS, OptionKind.COLORS, legacy=True),
)


def _first_xilinx(name: str, title: str, aliases: tuple[str, ...], lists: ListReader, most_colors: int) -> Release:
    return Release(
        name=name,
        title=title,
        traits=_TRAITS,
        aliases=aliases,
        options=_FIRST_XILINX_OPTIONS,
        properties=(ColorProperty("colors", PropertyKind.MASK),),
        xl_keys=("colors",),
        lists=lists,
        build_switch="COLORING",
        colors_kconfig="",
        buddy_kconfig="",
        most_colors=most_colors,
        registered=ARM_4_20,
        always_on=True,
        single_colors=False,
        merges=True,
        dom0_default=OtherDomains.NONE,
        domain_default=OtherDomains.DOM0S,
    )


XILINX: tuple[Release, ...] = (
    _first_xilinx(
        "xilinx-4.11",
        "Xilinx 2019.2 (Xen 4.11)",
        ("x19", "xilinx-2019.2", "xilinx/release-2019.2-coloring"),
        ListReader.XILINX_SINGLE_MASK,
        16,
    ),
    _first_xilinx(
        "xilinx-4.13",
        "Xilinx 2020.2 to Xen 4.16",
        (
            "x20",
            "xilinx-2020.2",
            "xilinx-2020.3",
            "xilinx-2021.1",
            "xilinx-4.14",
            "xilinx-4.16",
            "xilinx/release-2020.2",
            "xilinx/release-2021.1",
            "xlnx_rebase_4.14",
            "xlnx_rebase_4.16",
        ),
        ListReader.XILINX_MASK,
        128,
    ),
    Release(
        name="xilinx-4.17",
        title="Xilinx Xen 4.17",
        aliases=("x17", "xlnx_rebase_4.17", "xilinx-2023.2", "amd-4.17"),
        options=(
            SWITCH,
            BootOption("llc-way-size", Concept.WAY_SIZE, OptionKind.SIZE, 32),
            BootOption("way_size", Concept.WAY_SIZE, OptionKind.INTEGER, 32, wins=True),
            *NEW_COLORS,
            *_LEGACY_COLORS,
            BUDDY_ALLOC_SIZE,
            DOM0_MEM,
        ),
        properties=(LLC_COLORS, ColorProperty("colors", PropertyKind.MASK, legacy=True)),
        xl_keys=("llc_colors", "colors"),
        lists=ListReader.XILINX_LIST,
        build_switch="LLC_COLORING",
        colors_kconfig="NR_LLC_COLORS",
        buddy_kconfig="BUDDY_ALLOCATOR_SIZE",
        most_colors=128,
        registered=ARM_4_20,
        ascending=True,
        traits=_TRAITS_4_17,
        property_while_off="warning",
    ),
    Release(
        name="xilinx-4.17-mpu",
        traits=_TRAITS,
        title="Xilinx Xen 4.17, Armv8-R with MPU",
        aliases=("x17m", "xilinx-4.17-r", "xilinx-4.17-armv8r"),
        options=(
            BootOption("llc-way-size", Concept.WAY_SIZE, OptionKind.INTEGER, 32),
            BootOption("way_size", Concept.WAY_SIZE, OptionKind.INTEGER, 32, wins=True),
            BootOption("xen-colors", Concept.XEN_COLORS, OptionKind.COLORS),
            BootOption("dom0-colors", Concept.DOM0_COLORS, OptionKind.COLORS),
            *_LEGACY_COLORS,
            DOM0_MEM,
        ),
        properties=(
            ColorProperty("colors", PropertyKind.LIST),
            ColorProperty("colors", PropertyKind.MASK, legacy=True),
        ),
        xl_keys=(),
        lists=ListReader.XILINX_LIST,
        build_switch="CACHE_COLORING",
        colors_kconfig="MAX_CACHE_COLORS",
        buddy_kconfig="BUDDY_ALLOCATOR_SIZE",
        most_colors=128,
        registered=ARM_4_20,
        always_on=True,
        ascending=True,
        property_while_off="warning",
    ),
)
