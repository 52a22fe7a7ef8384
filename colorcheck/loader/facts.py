"""Facts about the boot, each with its origin, and open facts.

An open fact is *finite* (its values are listed), *ranged* (an interval) or *opaque* (its possible values
cannot be listed).
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from colorcheck.core.source import Location

UNREAD_TREE = "device tree "
"""Before the name of a file: that the script takes a device tree from it, and it is not here. That may change
anything."""


class Origin(StrEnum):
    """Where the value of a fact comes from. There is no other kind: no placeholder and no usual value."""

    GIVEN = "given"  # a place in a file
    FOLLOWED = "followed"  # a command of a boot script, or what a boot loader does by itself
    MEASURED = "measured"  # a line of a boot log, a dump of a running system
    DOCUMENTED = "documented"  # a release's own default
    OPEN = "open"


class Span(Struct, frozen=True):
    """The values of a ranged fact: from `low` up to, not including, `high`, all multiples of `step`."""

    low: int
    high: int
    step: int = 1


class Fact(Struct, frozen=True):
    """A known fact: its stable name, its value, its origin and its location."""

    what: str
    value: object
    origin: Origin
    location: Location


class OpenFact(Struct, frozen=True):
    """A fact that the inputs do not give.

    `what` is a stable name (`u-boot command bdinfo at boot.cmd:12`), `why` a sentence, `settle` the lines of a
    manifest that would settle it, to paste. `values` are the possible ones: a tuple, a `Span`, or None if they
    cannot be listed.
    """

    what: str
    why: str
    settle: tuple[str, ...]
    location: Location
    values: tuple[object, ...] | Span | None = None

    @property
    def opaque(self) -> bool:
        return self.values is None

    @property
    def undecided(self) -> bool:
        """Whether it matters: False if only one value is possible."""
        return not isinstance(self.values, tuple) or len(self.values) != 1

    def to_dict(self) -> dict[str, object]:
        return {
            "what": self.what,
            "why": self.why,
            "settle": list(self.settle),
            "location": self.location.to_dict(),
        }
