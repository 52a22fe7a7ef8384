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


HANG = "hang"
"""The kind of failure with which Xen neither goes on nor says anything."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why Xen panics or a domain is not created.

    `kind` is a class of interfaces.md (relocation, geometry, xen-colors, dom0-colors, domain-colors,
    colors-while-disabled, static-memory, direct-map, domain-memory, buddy-too-small, hang, other; for guests
    xl-rejects, domain-colors, domain-memory, host-panic); `message` is what Xen or xl prints.
    """

    kind: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"class": self.kind, "message": self.message}


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
