"""The manifest, `colorcheck.toml`: what to check, on which board and for which Xen."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location, Passage


class Loader(StrEnum):
    """What starts Xen: `NONE` hands over exactly the tree that the manifest names."""

    NONE = "none"
    U_BOOT = "u-boot"
    UEFI = "uefi"


class Variable(Struct, frozen=True):
    """`[target.environment]`: a variable of U-Boot as it is before the script begins."""

    name: str
    value: Passage
    location: Location


class TargetFile(Struct, frozen=True):
    """`[[target.files]]`: a file that the boot script loads under `name`; `file` has its content, `size` in bytes."""

    name: str
    location: Location
    file: str | None = None
    size: int | None = None
    symbols: bool = False


class TargetModule(Struct, frozen=True):
    """`[[target.modules]]`: what the boot loader puts into memory; `kind` as in the device tree, without a prefix."""

    location: Location
    kind: str | None = None
    file: str | None = None
    size: int | None = None
    address: int | None = None


class BuildOption(Struct, frozen=True):
    """`[target.config]`: an option of Xen's build, without CONFIG_; True and False are y and "not set"."""

    name: str
    value: bool | int | str
    location: Location


class Target(Struct, frozen=True):
    """`[target]`: the Xen that will read the files, and the addresses at which the boot loader loads things. Addresses
    in bytes.

    `xen` are the versions or forks' lines to check for, at least one; `memory` are (start, size) ranges for a tree
    whose memory node a boot loader fills. `loader` is None if it is not stated, `boot_cpu` an MPIDR,
    `u_boot` the year and month of its release.
    """

    xen: tuple[str, ...] = ("4.20",)
    board: str | None = None
    xen_image: str | None = None
    xen_image_size: int | None = None
    xen_attested: str | None = None
    xen_address: int | None = None
    device_tree_address: int | None = None
    device_tree_size: int | None = None
    kconfig: str | None = None
    memory: tuple[tuple[int, int], ...] | None = None
    loader: Loader | None = None
    boot_cpu: int | None = None
    u_boot: tuple[int, int] | None = None
    modern_shell: bool = False
    config: tuple[BuildOption, ...] = ()
    environment: tuple[Variable, ...] | None = None
    overlays: bool | None = None
    files: tuple[TargetFile, ...] = ()
    modules: tuple[TargetModule, ...] = ()


class Share(Struct, frozen=True):
    """`[[policy.share]]`: domains that may share colors with one another, and why."""

    domains: tuple[str, ...]
    reason: str
    location: Location


class DomainPolicy(Struct, frozen=True):
    """`[domains.NAME]`: the requirements of a domain.

    `restarts` is how often it must be creatable again before the host reboots; `kernel_size` the bytes of a kernel that
    is not available here; `min_cache` bytes of the last-level cache. `tolerance` is how much worse than the best of its
    miss curve it may be (0.1 is 10 %), from `max-slowdown` or `max-misses`, the smaller of the two.
    """

    name: str
    location: Location
    critical: bool = False
    min_colors: int | None = None
    max_colors: int | None = None
    weight: float = 1.0
    miss_curve: str | None = None
    restarts: int | None = None
    kernel_size: int | None = None
    min_cache: int | None = None
    tolerance: float | None = None


class PlanPolicy(Struct, frozen=True):
    """`[policy]`: every pair of domains, Xen included, must be isolated unless `shares` allows it."""

    creation_order: str = "as-listed"  # or "any"
    shares: tuple[Share, ...] = ()
    objectives: tuple[str, ...] = ()  # of a plan, the most important first
    prove: tuple[str, ...] = ("*",)  # patterns of the theorems that are asked
    restarts: tuple[tuple[str, int], ...] = ()  # of each domain that says so in [domains]

    def share_of(self, first: str, second: str) -> Share | None:
        return next((s for s in self.shares if first in s.domains and second in s.domains), None)


class Ignored(Struct, frozen=True):
    """An entry of `[rules] ignore`: rules by ID, beginning of an ID or name, and why; no reason where none is given."""

    rules: tuple[str, ...]
    location: Location
    reason: str = ""


class PathRules(Struct, frozen=True):
    """`[[rules.path]]`: rules that are not reported for files that match the pattern `path`, and why."""

    path: str
    ignore: tuple[str, ...]
    reason: str
    location: Location


class StatedRequirement(Struct, frozen=True):
    """A key of `[requirements]`: the ID of a requirement, and patterns of the theorems and rules that show it.

    A theorem is named by its ID (`separation/rt/*`, of a pair in either order), a rule by its ID, the beginning of its
    ID or its name: the rule must find nothing.
    """

    id: str
    patterns: tuple[str, ...]
    location: Location


class Manifest(Struct, frozen=True):
    """A manifest as written, defaults filled in.

    `keys` gives the place of the value of every key that was given (`target.xen`, `policy.share.0.reason`); `problems`
    is what is wrong with single keys. Names of files are relative to `folder`.
    `guest_parts` are for each of `domains` what is put after its file: further files, arguments of `xl create`;
    `guest_numbers` which entry of the list each is of; the files of an entry in `one_of`, its patterns included, are
    alternatives, of which one is run at a time.
    """

    file: str
    folder: str
    target: Target = field(default_factory=Target)
    device_tree: str | None = None
    include: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    boot_arguments: Passage | None = None
    domains: tuple[str, ...] = ()
    guest_parts: tuple[tuple[str, ...], ...] = ()
    guest_numbers: tuple[int, ...] = ()
    one_of: frozenset[int] = frozenset()
    image_builder: str | None = None
    boot_script: str | None = None
    boot_log: str | None = None
    uefi_config: str | None = None
    efi_memory_map: str | None = None
    system_dump: str | None = None
    grub_config: str | None = None
    policy: PlanPolicy = field(default_factory=PlanPolicy)
    domain_policies: tuple[DomainPolicy, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[Ignored, ...] = ()
    silence_reason: str = ""
    path_rules: tuple[PathRules, ...] = ()
    requirements: tuple[StatedRequirement, ...] = ()
    keys: tuple[tuple[str, Location], ...] = ()
    problems: tuple[Problem, ...] = ()

    def location(self, key: str) -> Location:
        """The place of a key; of the whole file where it was not given."""
        return dict(self.keys).get(key, Location(self.file))
