"""The words in which a release's spelling of cache coloring is described: options, properties, their kinds."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class OptionKind(StrEnum):
    """How Xen reads the value of an option."""

    BOOLEAN = "boolean"
    INTEGER = "integer"  # base 0, a sign allowed, in `bits`
    SIZE = "size"  # with a unit, KiB without one, in `bits`
    COLORS = "colors"
    NUMBER = "number"  # read by a function of its own: base 0, 64 bits, no sign, no unit
    OWN_SIZE = "own-size"  # read by a function of its own: as a size, 64 bits


class Concept(StrEnum):
    """What is configured, whatever its name."""

    SWITCH = "switch"
    LLC_SIZE = "llc-size"
    LLC_WAYS = "llc-ways"
    WAY_SIZE = "way-size"
    XEN_COLORS = "xen-colors"
    DOM0_COLORS = "dom0-colors"
    BUDDY_SIZE = "buddy-size"
    DOM0_MEMORY = "dom0-memory"
    COMPRESSION = "compression"  # of frame numbers


class BootOption(Struct, frozen=True):
    """An option of the boot arguments. `legacy` marks an old name that switches the 4.17 line to its legacy mode;
    `wins`: where it is not 0, it goes before the other options of its concept, wherever they are."""

    name: str
    concept: Concept
    kind: OptionKind
    bits: int = 64
    legacy: bool = False
    wins: bool = False


class PropertyKind(StrEnum):
    LIST = "list"  # a string with a list of colors
    MASK = "mask"  # cells with one bit a color, the most significant cell first


class ColorProperty(Struct, frozen=True):
    """A property of a dom0less domain's node. `legacy`: read only in the legacy mode, and then alone."""

    name: str
    kind: PropertyKind
    legacy: bool = False


class ListReader(StrEnum):
    """Which reader of color lists a release has; `xen/options/color_lists.py` has them."""

    UPSTREAM = "upstream"
    XILINX_SINGLE_MASK = "xilinx-single-mask"  # 2019.2: ranges in one 64-bit mask
    XILINX_MASK = "xilinx-mask"  # 2020.2 to 4.16: ranges in a mask of 32-bit words
    XILINX_LIST = "xilinx-list"  # 4.17


class OtherDomains(StrEnum):
    """The colors of a domain that names none."""

    ALL = "all"
    DOM0S = "dom0's"
    NONE = "none"
