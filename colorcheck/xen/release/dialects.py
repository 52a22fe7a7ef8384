"""How each Xen line spells and limits cache coloring: names, kinds, defaults. Values only.

Sources: the release trees of Xen 4.20.4, 4.21.2 and 4.22.0; Xilinx `release-2019.2-coloring` (Xen 4.11),
`release-2020.2` (4.13, the same code up to `xlnx_rebase_4.16`) and `xlnx_rebase_4.17`.
"""

from __future__ import annotations

from enum import StrEnum

from colorcheck.core.suggest import did_you_mean
from colorcheck.core.value import dataclass


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


@dataclass(frozen=True, slots=True)
class BootOption:
    """An option of the boot arguments. `legacy` marks an old name that switches the 4.17 line to its legacy mode;
    `wins`: where it is not 0, it goes before the other options of its concept, wherever they stand."""

    name: str
    concept: Concept
    kind: OptionKind
    bits: int = 64
    legacy: bool = False
    wins: bool = False


class PropertyKind(StrEnum):
    LIST = "list"  # a string with a list of colors
    MASK = "mask"  # cells with one bit a color, the most significant cell first


@dataclass(frozen=True, slots=True)
class ColorProperty:
    """A property of a dom0less domain's node. `legacy`: read only in the legacy mode, and then alone."""

    name: str
    kind: PropertyKind
    legacy: bool = False


class OtherDomains(StrEnum):
    """The colors of a domain that names none."""

    ALL = "all"
    DOM0S = "dom0's"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One Xen line's spelling of cache coloring.

    `lists` names the reader of color lists (`color_lists.READERS`). `most_colors` is the default of `colors_kconfig`
    (a number of colors, or for upstream the power of two of it) or the fixed limit. `always_on`: compiled in means
    switched on. `single_colors`: a list may name a color alone, without a range. `ascending`: a list must ascend
    without repetitions, or Xen refuses it after reading. `merges`: neither order nor repetitions survive.
    `inherits`: a dom0less domain without colors takes the list of the one before it. `modelled`: boots of this line
    can be replayed.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    options: tuple[BootOption, ...]
    properties: tuple[ColorProperty, ...]
    xl_keys: tuple[str, ...]
    lists: str
    build_switch: str
    colors_kconfig: str
    buddy_kconfig: str
    most_colors: int
    always_on: bool = False
    single_colors: bool = True
    ascending: bool = False
    merges: bool = False
    inherits: bool = False
    dom0_default: OtherDomains = OtherDomains.ALL
    domain_default: OtherDomains = OtherDomains.ALL
    property_while_off: str = "panic"  # or warning
    modelled: bool = False

    def options_for(self, concept: Concept) -> tuple[BootOption, ...]:
        """The options that configure something, the preferred one first."""
        return tuple(option for option in self.options if option.concept is concept)

    def option(self, name: str) -> BootOption | None:
        return next((option for option in self.options if option.name == name), None)

    @property
    def domain_property(self) -> ColorProperty:
        """The property for new files."""
        return self.properties[0]

    @property
    def xl_key(self) -> str:
        """The key for new files."""
        return self.xl_keys[0] if self.xl_keys else ""


_DOM0_MEM = BootOption("dom0_mem", Concept.DOM0_MEMORY, OptionKind.OWN_SIZE)
_NEW_COLORS = (
    BootOption("xen-llc-colors", Concept.XEN_COLORS, OptionKind.COLORS),
    BootOption("dom0-llc-colors", Concept.DOM0_COLORS, OptionKind.COLORS),
)
_BUDDY_ALLOC_SIZE = BootOption("buddy-alloc-size", Concept.BUDDY_SIZE, OptionKind.SIZE)
_SWITCH = BootOption("llc-coloring", Concept.SWITCH, OptionKind.BOOLEAN, 8)

_UPSTREAM_OPTIONS = (
    _SWITCH,
    BootOption("llc-size", Concept.LLC_SIZE, OptionKind.SIZE, 32),
    BootOption("llc-nr-ways", Concept.LLC_WAYS, OptionKind.INTEGER, 32),
    *_NEW_COLORS,
    _BUDDY_ALLOC_SIZE,
    _DOM0_MEM,
)
_FIRST_XILINX_OPTIONS = (
    BootOption("way_size", Concept.WAY_SIZE, OptionKind.NUMBER),
    BootOption("xen_colors", Concept.XEN_COLORS, OptionKind.COLORS),
    BootOption("dom0_colors", Concept.DOM0_COLORS, OptionKind.COLORS),
    BootOption("buddy_size", Concept.BUDDY_SIZE, OptionKind.NUMBER),
    _DOM0_MEM,
)
_LEGACY_COLORS = (
    BootOption("xen_colors", Concept.XEN_COLORS, OptionKind.COLORS, legacy=True),
    BootOption("dom0_colors", Concept.DOM0_COLORS, OptionKind.COLORS, legacy=True),
)
_LLC_COLORS = ColorProperty("llc-colors", PropertyKind.LIST)


def _upstream(version: str, lists: str, *, inherits: bool = False) -> Dialect:
    return Dialect(
        name=version,
        title=f"Xen {version}",
        aliases=(f"xen-{version}", f"xen {version}", f"v{version}", f"upstream-{version}", f"RELEASE-{version}.0"),
        options=_UPSTREAM_OPTIONS,
        properties=(_LLC_COLORS,),
        xl_keys=("llc_colors",),
        lists=lists,
        build_switch="LLC_COLORING",
        colors_kconfig="LLC_COLORS_ORDER",
        buddy_kconfig="BUDDY_ALLOCATOR_SIZE",
        most_colors=128,
        inherits=inherits,
        modelled=True,
    )


def _first_xilinx(name: str, title: str, aliases: tuple[str, ...], lists: str, most_colors: int) -> Dialect:
    return Dialect(
        name=name,
        title=title,
        aliases=aliases,
        options=_FIRST_XILINX_OPTIONS,
        properties=(ColorProperty("colors", PropertyKind.MASK),),
        xl_keys=("colors",),
        lists=lists,
        build_switch="COLORING",
        colors_kconfig="",
        buddy_kconfig="",
        most_colors=most_colors,
        always_on=True,
        single_colors=False,
        merges=True,
        dom0_default=OtherDomains.NONE,
        domain_default=OtherDomains.DOM0S,
    )


DIALECTS: tuple[Dialect, ...] = (
    _upstream("4.20", "upstream", inherits=True),
    _upstream("4.21", "upstream"),
    _upstream("4.22", "upstream-strict"),
    _first_xilinx(
        "xilinx-4.11",
        "Xilinx 2019.2 (Xen 4.11)",
        ("x19", "xilinx-2019.2", "xilinx/release-2019.2-coloring"),
        "xilinx-single-mask",
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
        "xilinx-mask",
        128,
    ),
    Dialect(
        name="xilinx-4.17",
        title="Xilinx Xen 4.17",
        aliases=("x17", "xlnx_rebase_4.17", "xilinx-2023.2", "amd-4.17"),
        options=(
            _SWITCH,
            BootOption("llc-way-size", Concept.WAY_SIZE, OptionKind.SIZE, 32),
            BootOption("way_size", Concept.WAY_SIZE, OptionKind.INTEGER, 32, wins=True),
            *_NEW_COLORS,
            *_LEGACY_COLORS,
            _BUDDY_ALLOC_SIZE,
            _DOM0_MEM,
        ),
        properties=(_LLC_COLORS, ColorProperty("colors", PropertyKind.MASK, legacy=True)),
        xl_keys=("llc_colors", "colors"),
        lists="xilinx-list",
        build_switch="LLC_COLORING",
        colors_kconfig="NR_LLC_COLORS",
        buddy_kconfig="BUDDY_ALLOCATOR_SIZE",
        most_colors=128,
        ascending=True,
        inherits=True,
        property_while_off="warning",
    ),
    Dialect(
        name="xilinx-4.17-mpu",
        title="Xilinx Xen 4.17, Armv8-R with MPU",
        aliases=("x17m", "xilinx-4.17-r", "xilinx-4.17-armv8r"),
        options=(
            BootOption("llc-way-size", Concept.WAY_SIZE, OptionKind.INTEGER, 32),
            BootOption("way_size", Concept.WAY_SIZE, OptionKind.INTEGER, 32, wins=True),
            BootOption("xen-colors", Concept.XEN_COLORS, OptionKind.COLORS),
            BootOption("dom0-colors", Concept.DOM0_COLORS, OptionKind.COLORS),
            *_LEGACY_COLORS,
            _DOM0_MEM,
        ),
        properties=(
            ColorProperty("colors", PropertyKind.LIST),
            ColorProperty("colors", PropertyKind.MASK, legacy=True),
        ),
        xl_keys=(),
        lists="xilinx-list",
        build_switch="CACHE_COLORING",
        colors_kconfig="MAX_CACHE_COLORS",
        buddy_kconfig="BUDDY_ALLOCATOR_SIZE",
        most_colors=128,
        always_on=True,
        ascending=True,
        property_while_off="warning",
    ),
)

NAMES: tuple[str, ...] = tuple(dialect.name for dialect in DIALECTS)

_BY_NAME = {name.lower(): dialect for dialect in DIALECTS for name in (dialect.name, *dialect.aliases)}


class UnknownDialectError(ValueError):
    """No Xen line of that name is known."""


def find_dialect(name: str) -> Dialect | None:
    """The dialect of a Xen version or of a fork's line; a patch level (`4.20.1`) does not matter."""
    plain = name.strip().lower()
    return _BY_NAME.get(plain) or _BY_NAME.get(".".join(plain.split(".")[:2]))


def dialect_of(name: str) -> Dialect:
    """As `find_dialect`; raises `UnknownDialectError`, which names the nearest known one."""
    found = find_dialect(name)
    if found is None:
        known = f"known are {', '.join(NAMES)}"
        raise UnknownDialectError(f'unknown Xen version "{name}": {did_you_mean(name, _BY_NAME, known)}')
    return found
