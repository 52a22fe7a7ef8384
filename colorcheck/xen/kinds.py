"""Small values that the whole model speaks in: kinds of domains, where colors come from, failures and notes."""

from __future__ import annotations

from enum import StrEnum

from colorcheck.core.source import Location
from colorcheck.core.value import dataclass


class DomainKind(StrEnum):
    DOM0 = "dom0"
    DOM0LESS = "dom0less"
    XL = "xl"


class ColorSource(StrEnum):
    """Where a domain's colors come from."""

    GIVEN = "given"
    DEFAULT = "default"
    INHERITED = "inherited"
    REMAINS = "remains-of-a-rejected-list"


class FailureKind(StrEnum):
    """Why a boot ends or a domain is not created; the words stand in JSON documents as `class`."""

    BUDDY_TOO_SMALL = "buddy-too-small"
    COLORS_WHILE_DISABLED = "colors-while-disabled"
    DIRECT_MAP = "direct-map"
    DOM0_COLORS = "dom0-colors"
    DOMAIN_COLORS = "domain-colors"
    DOMAIN_MEMORY = "domain-memory"
    GEOMETRY = "geometry"
    HANG = "hang"  # Xen neither goes on nor says anything
    HOST_PANIC = "host-panic"
    OTHER = "other"
    RELOCATION = "relocation"
    STATIC_MEMORY = "static-memory"
    XEN_COLORS = "xen-colors"
    XL_REJECTS = "xl-rejects"


class MapUse(StrEnum):
    """What frames are used for after boot."""

    BOOT_ALLOCATION = "boot-allocation"
    BUDDY = "buddy"
    COLOR_HEAP = "color-heap"
    LOST = "lost"
    MODULE = "module"
    RESERVED = "reserved"
    XEN = "xen"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why Xen panics or a domain is not created.

    `kind` is a class of interfaces.md (relocation, geometry, xen-colors, dom0-colors, domain-colors,
    colors-while-disabled, static-memory, direct-map, domain-memory, buddy-too-small, hang, other; for guests
    xl-rejects, domain-colors, domain-memory, host-panic); `message` is what Xen or xl prints.
    """

    kind: FailureKind
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"class": str(self.kind), "message": self.message}


@dataclass(frozen=True, slots=True)
class Note:
    """Something in the configuration that Xen or xl treats in a way its author may not expect.

    `kind` is the short name by which a rule takes it up; `domain` the name of the domain concerned, `xen`, or empty.
    `data` are further facts for the rule's message, by name.
    """

    kind: str
    message: str
    location: Location
    domain: str = ""
    data: tuple[tuple[str, object], ...] = ()

    def get(self, name: str) -> object:
        return dict(self.data).get(name)
