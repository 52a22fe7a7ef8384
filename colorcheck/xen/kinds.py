"""Small values used by the whole model: kinds of domains, origins of colors, failures and notes."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from colorcheck.core.json_values import JsonObject, json_value
from colorcheck.core.source import Location


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
    """Why a boot ends or a domain is not created; the values appear as `class` in JSON documents."""

    BUDDY_TOO_SMALL = "buddy-too-small"
    COLORS_WHILE_DISABLED = "colors-while-disabled"
    DIRECT_MAP = "direct-map"
    DOM0_COLORS = "dom0-colors"
    DOMAIN_COLORS = "domain-colors"
    DOMAIN_MEMORY = "domain-memory"
    GEOMETRY = "geometry"
    HANG = "hang"  # Xen neither continues nor prints anything
    HOST_PANIC = "host-panic"
    OTHER = "other"
    RELOCATION = "relocation"
    STATIC_MEMORY = "static-memory"
    XEN_COLORS = "xen-colors"
    XL_REJECTS = "xl-rejects"


class MapUse(StrEnum):
    """The uses of frames after boot."""

    BOOT_ALLOCATION = "boot-allocation"
    BUDDY = "buddy"
    COLOR_HEAP = "color-heap"
    LOST = "lost"
    MODULE = "module"
    RESERVED = "reserved"
    XEN = "xen"


class Failure(Struct, frozen=True):
    """Why Xen panics or a domain is not created.

    `kind` is a class of interfaces.md (relocation, geometry, xen-colors, dom0-colors, domain-colors,
    colors-while-disabled, static-memory, direct-map, domain-memory, buddy-too-small, hang, other; for guests
    xl-rejects, domain-colors, domain-memory, host-panic); `message` is what Xen or xl prints.
    """

    kind: FailureKind
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"class": str(self.kind), "message": self.message}


class Note(Struct, frozen=True):
    """Something in the configuration that Xen or xl treats in a way its author may not expect.

    Each kind is a class of its own in `xen/notes/`, with its figures as fields. `domain` is the name of the domain
    concerned, `xen`, or empty. `KIND` is the name of the kind in JSON documents, `DETAILS` names the fields that only
    the note's words need, and documents leave out. A note has no text: the rule that reports it has one.
    """

    KIND: ClassVar[str] = ""
    DETAILS: ClassVar[frozenset[str]] = frozenset()
    location: Location
    domain: str

    @property
    def kind(self) -> str:
        return self.KIND

    @property
    def figures(self) -> JsonObject:
        """The fields of the kind for documents: the witness of a finding."""
        own = (name for name in self.__struct_fields__ if name not in {"location", "domain", *self.DETAILS})
        return {name.rstrip("_"): json_value(getattr(self, name)) for name in own}
