"""Counting certificates: arguments in numbers that need no solver to be checked. `kind` names theirs in documents.

All counts are frames of 4 KiB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from colorcheck.core.json_values import JsonObject, json_object

Count = Annotated[int, Meta(ge=0)]
"""A number of frames, of a color or of a state: never below 0, and a document with such a number is refused."""


class _Certificate(Struct, frozen=True, tag_field="kind"):
    def to_dict(self) -> JsonObject:
        """The certificate in a JSON document."""
        return json_object(self)


class WantedFrames(Struct, frozen=True):
    """What a domain asks for: frames, and the colors that they may have, in Xen's order."""

    pages: Count
    colors: tuple[Count, ...]


class Hall(_Certificate, frozen=True, tag="hall"):
    """Domains that together need more frames than all their colors hold."""

    domains: Mapping[str, WantedFrames]
    free_by_color: Mapping[str, Count]
    needed: Count | UnsetType = UNSET
    free: Count | UnsetType = UNSET


class Taken(Struct, frozen=True):
    """A domain's creation: what it asks for, and what is left of each color then; the last of all need not say that."""

    domain: str
    pages: Count
    colors: tuple[Count, ...]
    left: tuple[Count, ...] | UnsetType = UNSET


class Taking(_Certificate, frozen=True, tag="taking"):
    """How the frames go, creation by creation, until the last one finds too few."""

    free_by_color: tuple[Count, ...]
    steps: tuple[Taken, ...]


class Leveling(_Certificate, frozen=True, tag="leveling"):
    """How the frames go, creation by creation, and the last one finds enough."""

    free_by_color: tuple[Count, ...]
    steps: tuple[Taken, ...]


class Flow(_Certificate, frozen=True, tag="flow"):
    """What is left of a domain's colors after its rivals took the most that they can."""

    domain: str
    pages: Count
    colors: tuple[Count, ...]
    rivals: Mapping[str, WantedFrames]
    free_by_color: Mapping[str, Count]


class OrderState(Struct, frozen=True):
    """Who is created, what is free of each color, and the number of the state that each further creation leads to."""

    created: tuple[str, ...]
    free: tuple[Count, ...]
    next: Mapping[str, Count]


class Orders(_Certificate, frozen=True, tag="orders"):
    """All states that creation in any order leads to, from the first on; each has room for `domain`."""

    domain: str
    domains: Mapping[str, WantedFrames]
    colors: tuple[Count, ...]
    states: tuple[OrderState, ...]


class LeastFrames(_Certificate, frozen=True, tag="bound"):
    """That all worlds have at least so many frames of each color, and how that was found."""

    least: tuple[Count, ...] | UnsetType = UNSET
    how: str = ""


Certificate: TypeAlias = Hall | Taking | Leveling | Flow | Orders | LeastFrames
