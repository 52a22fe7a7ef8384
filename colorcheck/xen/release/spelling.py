"""Types that describe a release's spelling of cache coloring: options, properties, their kinds."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class OptionKind(StrEnum):
    """How Xen reads the value of an option."""

    BOOLEAN = "boolean"
    INTEGER = "integer"  # base 0, a sign allowed, in `bits`
    SIZE = "size"  # with a unit, KiB without one, in `bits`
    COLORS = "colors"
    NUMBER = "number"  # with its own reader: base 0, 64 bits, no sign, no unit
    OWN_SIZE = "own-size"  # with its own reader: a size, 64 bits


class Concept(StrEnum):
    """What an option configures, whatever its name."""

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
    """An option of the boot arguments.

    `legacy` marks an old name that switches 4.17 to its legacy mode; `wins`: if its value is not 0, it takes precedence
    over the other options of its concept, whatever their order.
    """

    name: str
    concept: Concept
    kind: OptionKind
    bits: int = 64
    legacy: bool = False
    wins: bool = False


class PropertyKind(StrEnum):
    LIST = "list"  # a string with a list of colors
    MASK = "mask"  # cells with one bit per color, the most significant cell first


class ColorProperty(Struct, frozen=True):
    """A property of a dom0less domain's node. `legacy`: read only in the legacy mode, and then alone."""

    name: str
    kind: PropertyKind
    legacy: bool = False


class ListReader(StrEnum):
    """The readers of color lists; they are in `xen/options/color_lists.py`."""

    UPSTREAM = "upstream"
    XILINX_SINGLE_MASK = "xilinx-single-mask"  # 2019.2: ranges in one 64-bit mask
    XILINX_MASK = "xilinx-mask"  # 2020.2 to 4.16: ranges in a mask of 32-bit words
    XILINX_LIST = "xilinx-list"  # 4.17


class OtherDomains(StrEnum):
    """The colors of a domain without a list."""

    ALL = "all"
    DOM0S = "dom0's"
    NONE = "none"
