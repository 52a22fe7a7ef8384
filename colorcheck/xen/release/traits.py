"""The behavior in which releases of Xen differ, trait by trait. No other code depends on the name of a release.

To add a trait: a field here with its meaning and source, its first value in the oldest release (`upstream.py`), and a
`replace` in each release that changed it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class FrameTableRounding(StrEnum):
    """The size of the frame table. Source: `setup_frametable_mappings`, `init_frametable` (xen/arch/arm)."""

    BLOCKS = "blocks"  # one table for the whole span of memory, in blocks of 2 MiB, or of 32 MiB from there on
    PAGES = "pages"  # a chunk for each run of groups of 1 GiB that hold memory, in pages (10d417b8b6, 4.22.0)


class BankOrder(StrEnum):
    """The order in which dom0's banks fill up. Source: `allocate_memory_11` and `allocate_memory` (xen/arch/arm)."""

    SIZE = "size"  # the largest first
    ADDRESS = "address"  # the lowest first (de99f32635, af11b93e3e, 4.22.0)


class CacheProbe(StrEnum):
    """The cache that the probe selects. Source: `get_llc_way_size` (xen/arch/arm/llc-coloring.c)."""

    DOWNWARDS = "downwards"  # from level 7 down, the first unified cache
    UPWARDS = "upwards"  # from level 1 up to the first level without a cache, the last unified one (2fca0ebcd1, 4.22.0)


class Traits(Struct, frozen=True):
    """The traits of one release. Each names the function that decides, and the commit and release that changed it."""

    frame_table_rounding: FrameTableRounding

    dom0_bank_order: BankOrder

    first_bank_minimum: int
    """The minimum size in bytes of dom0's first bank (unless all its memory is less); 0 if there is no minimum.
    `allocate_hwdom_memory`; de99f32635, af11b93e3e: 4.22.0 asks for 128 MiB."""

    dom0_end_short_by_a_page: bool
    """Each piece of dom0's address space ends one page early. `find_unallocated_memory`; until 4.20."""

    inherits_colors: bool
    """A dom0less domain without `llc-colors` gets the list of the one before it. `create_domUs`; 2da5f616e0, 4.21.0."""

    rejected_list_remains: bool
    """The colors of a rejected list that were read before the error remain in effect. `parse_color_config`; 16558646c8,
    4.22.0 resets it."""

    number_needs_digits: bool
    """A missing number in a list is an error; before, it is read as 0. `parse_color_config`; 174381dfbc, 4.22.0."""

    color_of_128_is_rejected_when_read: bool
    """A color above the limit of the build (CONFIG_LLC_COLORS_ORDER) is an error when the list is read; before, it is
    stored, and the check of the colors stops the boot. `parse_color_config`; cba8a584de, dc28f531e6 (backports
    eb2c288ae1, c9ba169b93): 4.20.4, 4.21.2, 4.22.0."""

    cache_probe: CacheProbe

    toolstack_can_populate: bool
    """A toolstack can get memory for a guest while coloring is on. `alloc_domheap_pages` with keep_scrub; 009401506e,
    4.22.0 broke it."""

    refused_guest_crashes_host: bool
    """Xen crashes when a guest whose colors it refused is destroyed. `domain_llc_coloring_free`; ce45951cbe,
    576fca515e, 4.21.0."""

    xenstore_page_at_boot: bool
    """An enhanced dom0less domain gets a page of its colors for Xenstore at boot. `alloc_xenstore_page`; 4.21.0."""

    reads_vcpu_nodes: bool
    """Children `xen,vcpu` of a domain's node pin its vCPUs. `domain_vcpu_affinity`; 4.21.0."""

    traps_unmapped_accesses: bool
    """The property `trap-unmapped-accesses` of a dom0less domain is read. `arch_parse_dom0less_node`; 4.21.0."""

    skipped_cpus_keep_their_number: bool
    """A CPU node without a supported enable-method leaves a gap in the numbers; otherwise the next CPU takes its
    number. `dt_smp_init_cpus`; ccde3773c1 (backports 77015ef70d, f53ec9edb6): 4.20.4, 4.21.2, after 4.22.0.
    """

    hardware_domain_by_node: bool
    """A dom0less domain can be the hardware domain (`capabilities`), which never reads dom0's options.
    `parse_dom0less_node`; 4.21.0."""

    deep_tree_hangs: bool
    """Xen hangs at boot if a node is more than 15 levels below the root; other releases ignore the node.
    `device_tree_for_each_node`, DEVICE_TREE_MAX_DEPTH; 3b717f57dc (backports a0c5fde6f7, a455b73ddb): fixed in 4.20.4,
    4.21.2, 4.22.0.
    """

    secondary_vcpu_failure_is_fatal: bool
    """If a vCPU of a dom0less domain cannot be created, the boot stops; before, the domain runs with fewer.
    `construct_domain`; e3aa330017 (backports 94d2902c8c, f26f5e8352): 4.20.4, 4.21.2, 4.22.0.
    """

    guest_tree: int
    """The size in bytes of the buffer for the device tree of a dom0less domain.

    DOMU_DTB_SIZE; 4.22.0 counts the vCPUs.
    """

    dom0_tree_grows: int
    """Bytes by which Xen's tree for dom0 may exceed the host's. DOM0_FDT_EXTRA_SIZE; 4.22.0 counts the banks."""

    refuses_gic_phandle: bool
    """The phandles of a partial device tree must leave one below 0xfde8, Xen's own for the interrupt controller.
    `domain_handle_dtb_boot_module`; a010efd323, 4.22.0."""

    empty_reg_asserts: bool
    """A device whose `reg` has size 0 stops a debug build. `rangeset_remove_range`; 4.22.0."""

    static_memory_needs_build_option: bool
    """`xen,static-mem` is refused by a Xen that was built without CONFIG_STATIC_MEMORY. e888192d13, after 4.22.0."""

    dom0_named_with_colors: str
    """Xen's name for dom0 when it refuses its colors. `dom0_set_llc_colors`; "d0" from 4.21.0."""

    dom0_named_in_setup: str
    """Xen's name for dom0 when it cannot be set up. `create_dom0`; "d0" from 4.21.0."""

    efi_banks_are_joined: bool
    """Adjacent entries of the firmware's memory map become one bank.
    `efi_process_memory_map_bootinfo`; 4.21.0."""

    usual_image_size: int
    """`_end - _start` in bytes of the build with which the memory model was measured."""

    def differing(self, other: Traits) -> tuple[str, ...]:
        """The names of the traits in which two releases differ."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) != getattr(other, name))
