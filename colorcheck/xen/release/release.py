"""A release of Xen as a value: its spelling of cache coloring, its boot options, and its traits."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.xen.release.spelling import BootOption, ColorProperty, Concept, ListReader, OtherDomains
from colorcheck.xen.release.traits import Traits


class Release(Struct, frozen=True):
    """A Xen that the model knows: a point release, or a fork's branch.

    `name` is the name in inputs and reports; `stands_for` the release that models its behavior, if it is a different
    one ("4.20" stands for the newest modelled 4.20.x, "4.20.2" for the modelled one before it). `series` is upstream's
    stable branch ("4.20"), empty for a fork. `registered` are its other boot options. `lists` is the reader of color
    lists. `most_colors` is the default of `colors_kconfig` (a number of colors, or for upstream its power of two) or
    the fixed limit. `always_on`: if built in, coloring is on. `single_colors`: a list may contain single colors, not
    only ranges. `ascending`: a list must ascend without repetitions, or Xen refuses it after reading. `merges`: neither
    order nor repetitions survive. `modelled`: boots of this release can be replayed. `guest_keys` are all keys that
    its xl reads from a guest's file, `domain_keys` all properties that it reads in a dom0less domain's node; empty if
    they are not known.
    """

    name: str
    title: str
    traits: Traits
    aliases: tuple[str, ...]
    options: tuple[BootOption, ...]
    properties: tuple[ColorProperty, ...]
    xl_keys: tuple[str, ...]
    lists: ListReader
    build_switch: str
    colors_kconfig: str
    buddy_kconfig: str
    most_colors: int
    registered: frozenset[str]
    series: str = ""
    stands_for: str = ""
    always_on: bool = False
    single_colors: bool = True
    ascending: bool = False
    merges: bool = False
    dom0_default: OtherDomains = OtherDomains.ALL
    domain_default: OtherDomains = OtherDomains.ALL
    property_while_off: str = "panic"  # or warning
    modelled: bool = False
    guest_keys: frozenset[str] = frozenset()
    domain_keys: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        return hash(self.name)

    def options_for(self, concept: Concept) -> tuple[BootOption, ...]:
        """The options for a concept, the preferred one first."""
        return tuple(option for option in self.options if option.concept is concept)

    def option(self, name: str) -> BootOption | None:
        return next((option for option in self.options if option.name == name), None)

    @property
    def modelled_as(self) -> str:
        """The release that models its behavior: itself, or the one that it stands for."""
        return self.stands_for or self.name

    @property
    def domain_property(self) -> ColorProperty:
        """The property for new files."""
        return self.properties[0]

    @property
    def xl_key(self) -> str:
        """The key for new files."""
        return self.xl_keys[0] if self.xl_keys else ""
