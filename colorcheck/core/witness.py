"""Witnesses: counterexamples to claims, one class for each kind. Their fields are the keys in documents.

Addresses and sizes are in bytes, pages and frames are numbers of 4 KiB.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from colorcheck.core.json_values import Json, JsonObject, json_object


class Witness(Struct, frozen=True):
    """The evidence for a refutation or a finding, in numbers and names."""

    def to_dict(self) -> JsonObject:
        """The witness in a JSON document."""
        return json_object(self)


class PlainWitness(Witness, frozen=True):
    """The witness of a plugin, or the figures of a note: arbitrary keys and values."""

    values: Mapping[str, Json]

    def to_dict(self) -> JsonObject:
        return dict(self.values)


class FramesThatMeet(Witness, frozen=True):
    """Two addresses in different frames that fall into one set of a cache; None if its number is unknown."""

    cache: str
    addresses: tuple[int, int]
    frames: tuple[int, int]
    colors: tuple[int, int]
    set: int | None


class FoldedColors(Witness, frozen=True):
    """Colors of the cache, which has only `modulo` of them, that two domains share though Xen's colors differ."""

    modulo: int
    colors_of_cache: tuple[int, ...]


class MemoryByAddress(Witness, frozen=True):
    """The range that a domain is given by address, regardless of colors."""

    domain: str
    start: int
    end: int


class CacheLine(Witness, frozen=True):
    """A line of memory: its owner, frame, color and physical address."""

    owner: str
    mfn: int
    color: int
    address: int


class LineMeeting(Witness, frozen=True):
    """Two lines of two owners that fall into one set of the cache."""

    first: CacheLine
    second: CacheLine
    set: int


class PairWitness(Witness, frozen=True):
    """Why a pair is not separated: colors of Xen that both have, or others, frames that meet, and what replay finds."""

    shared_colors: tuple[int, ...] | None = None
    folded: FoldedColors | None = None
    meeting: FramesThatMeet | None = None
    given: MemoryByAddress | None = None
    replay: LineMeeting | None = None

    def to_dict(self) -> JsonObject:
        """The parts side by side, those that it lacks left out."""
        found: JsonObject = {} if self.shared_colors is None else {"shared_colors": list(self.shared_colors)}
        for part in (self.folded, self.meeting, self.given):
            found |= part.to_dict() if part is not None else {}
        return found | ({"replay": self.replay.to_dict()} if self.replay is not None else {})


class MissingFrames(Witness, frozen=True):
    """A domain that needs more frames than its colors have left."""

    domain: str
    needed_pages: int
    available_pages: int
    missing_pages: int | UnsetType = UNSET
    free_by_color: Mapping[str, int] | UnsetType = UNSET


class FailingOrder(Witness, frozen=True):
    """An order of creation in which a domain, the last, finds too few frames; what replay adds once it has run it."""

    order: tuple[str, ...]
    domain: str
    needed_pages: int
    missing_pages: int | UnsetType = UNSET
    free_pages: Mapping[int, int] | UnsetType = UNSET
    runs_out_first: int | UnsetType | None = UNSET


class FailingCreation(Witness, frozen=True):
    """The creation of a guest, by its number, that finds too few frames after these."""

    domain: str
    fails: int
    needed_pages: int
    order: tuple[str, ...]


class MisplacedFrame(Witness, frozen=True):
    """A frame of Xen's region that something else uses."""

    frame: int
    used_as: str
