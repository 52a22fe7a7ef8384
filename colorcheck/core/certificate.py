"""Counting certificates: proofs in numbers that can be checked without a solver. `kind` names their class in documents.

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
    """The need of a domain: frames, and the colors that they may have, in Xen's order."""

    pages: Count
    colors: tuple[Count, ...]


class Hall(_Certificate, frozen=True, tag="hall"):
    """Domains that together need more frames than all their colors hold."""

    domains: Mapping[str, WantedFrames]
    free_by_color: Mapping[str, Count]
    needed: Count | UnsetType = UNSET
    free: Count | UnsetType = UNSET


class Taken(Struct, frozen=True):
    """A domain's creation: its need, and the frames left of each color afterwards, which the last creation may omit."""

    domain: str
    pages: Count
    colors: tuple[Count, ...]
    left: tuple[Count, ...] | UnsetType = UNSET


class Taking(_Certificate, frozen=True, tag="taking"):
    """The allocation of frames, creation by creation, until the last one finds too few."""

    free_by_color: tuple[Count, ...]
    steps: tuple[Taken, ...]


class Leveling(_Certificate, frozen=True, tag="leveling"):
    """The allocation of frames, creation by creation; the last one finds enough."""

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
    """The created domains, the free frames of each color, and the number of the next state for each further
    creation.
    """

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
    """A lower bound on the frames of each color in all worlds, and how it was found."""

    least: tuple[Count, ...] | UnsetType = UNSET
    how: str = ""


Certificate: TypeAlias = Hall | Taking | Leveling | Flow | Orders | LeastFrames
