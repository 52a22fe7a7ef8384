"""The manifest, `colorcheck.toml`: what is to be checked, on which board and for which Xen."""

from __future__ import annotations

from dataclasses import field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location, Passage
from colorcheck.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`[target]`: the Xen that will read the files, and where the boot loader puts things. Addresses in bytes.

    `xen` are the versions or forks' lines to check for, at least one; `memory` are (start, size) ranges for a tree
    whose memory node a boot loader fills.
    """

    xen: tuple[str, ...] = ("4.20",)
    board: str | None = None
    xen_image: str | None = None
    xen_image_size: int | None = None
    xen_address: int | None = None
    device_tree_address: int | None = None
    device_tree_size: int | None = None
    kconfig: str | None = None
    memory: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """`[[policy.share]]`: domains that may share colors with one another, and why."""

    domains: tuple[str, ...]
    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class DomainPolicy:
    """`[domains.NAME]`: what a domain asks for."""

    name: str
    location: Location
    critical: bool = False
    min_colors: int | None = None
    max_colors: int | None = None
    weight: float = 1.0
    miss_curve: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """`[policy]`: every pair of domains, Xen included, must be isolated unless `shares` allows it."""

    creation_order: str = "as-listed"  # or "any"
    shares: tuple[Share, ...] = ()
    objectives: tuple[str, ...] = ()  # of a plan, the most important first

    def share_of(self, first: str, second: str) -> Share | None:
        return next((s for s in self.shares if first in s.domains and second in s.domains), None)


@dataclass(frozen=True, slots=True)
class PathRules:
    """`[[rules.path]]`: rules that are not told for files that match the pattern `path`, and why."""

    path: str
    ignore: tuple[str, ...]
    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as written, defaults filled in.

    `keys` gives the place of the value of every key that was given (`target.xen`, `policy.share.0.reason`); `problems`
    is what is wrong with single keys. Names of files are relative to `folder`.
    """

    file: str
    folder: str
    target: Target = field(default_factory=Target)
    device_tree: str | None = None
    include: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    boot_arguments: Passage | None = None
    domains: tuple[str, ...] = ()
    image_builder: str | None = None
    policy: Policy = field(default_factory=Policy)
    domain_policies: tuple[DomainPolicy, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    path_rules: tuple[PathRules, ...] = ()
    keys: tuple[tuple[str, Location], ...] = ()
    problems: tuple[Problem, ...] = ()

    def location(self, key: str) -> Location:
        """The place of a key; of the whole file where it was not given."""
        return dict(self.keys).get(key, Location(self.file))
