"""Numbers in the node of a dom0less domain at which Xen stops, and the memory of grant tables of other sizes.

Source: `create_domUs` (xen/arch/arm/dom0less-build.c, 4.20), from 4.21 `parse_dom0less_node`,
`arch_parse_dom0less_node` (dom0less-bindings.c, dom0less-build.c); `domain_create`, `arch_sanitise_domain_config`,
`grant_table_init`, `domain_vgic_init`; measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.inputs.device_tree.tree import Node
from colorcheck.inputs.device_tree.tree_walk import cell
from colorcheck.xen.kinds import Failure, FailureKind
from colorcheck.xen.notes.domains import PropertyRefused
from colorcheck.xen.options.grants import INT_MAX, GrantLimits
from colorcheck.xen.release.traits import Traits

_WORD = 1 << 32
_VERSIONS = 0xF  # the bits of `max_grant_version` that count
_MOST_VERSION = 1  # of arm64 (GNTTAB_MAX_VERSION)
_MOST_SPIS, _RANK = 988, 32
_TRAP = "trap-unmapped-accesses"


class HostLimits(Struct, frozen=True):
    """Limits of a domain outside of its node: grant tables (None if Xen is built without), the most vCPUs."""

    grants: GrantLimits | None
    most_vcpus: int


def refused_property(node: Node, traits: Traits, host: HostLimits) -> tuple[Failure, PropertyRefused] | None:
    """The panic over the first number that Xen does not accept, and the note about it."""
    for name, value, panic in (*_when_read(node, traits), *_when_created(node, host)):
        return _refused(node, name, value, panic)
    return None


def _refused(node: Node, name: str, value: int, panic: str) -> tuple[Failure, PropertyRefused]:
    place = node.properties[name].value_location
    return Failure(FailureKind.OTHER, panic), PropertyRefused(place, node.name, name, value, panic)


def console_without_interrupt(node: Node) -> tuple[Failure, PropertyRefused] | None:
    """The panic where `vpl011` finds no interrupt, since `nr_spis` leaves none: it comes once the domain has its memory
    (`init_vuart`)."""
    spis = cell(node, "nr_spis")
    if spis is None or "vpl011" not in node.properties or _rounded(spis):
        return None
    return _refused(node, "nr_spis", spis, f"Could not set up domain {node.name} (rc = -22)")


def _rounded(spis: int) -> int:
    """Whole ranks of interrupts, in 32 bits."""
    return -(-spis // _RANK) * _RANK % _WORD


def grants_of(node: Node, grants: GrantLimits) -> GrantLimits:
    """The domain's grant tables; numbers of 32 bits, with a sign, below 0 the defaults."""
    frames, maptrack = cell(node, "max_grant_frames"), cell(node, "max_maptrack_frames")
    return replace(
        grants,
        frames=grants.frames if frames is None else frames,
        maptrack=grants.maptrack if maptrack is None else maptrack,
    )


def _when_read(node: Node, traits: Traits) -> Iterator[tuple[str, int, str]]:
    for name in ("max_grant_frames", "max_maptrack_frames"):
        number = cell(node, name)
        if number is not None and number > INT_MAX:
            yield name, number, f"{name} ({number}) overflow"
    trapped = cell(node, _TRAP) if traits.traps_unmapped_accesses else None
    if trapped is not None and trapped > 1:
        yield _TRAP, trapped, f"{_TRAP}: supported values are 0 or 1"


def _when_created(node: Node, host: HostLimits) -> Iterator[tuple[str, int, str]]:
    refused = f"Error creating domain {node.name} (rc = -22)"
    vcpus, spis = cell(node, "cpus"), cell(node, "nr_spis")
    if vcpus is not None and vcpus > host.most_vcpus:
        yield "cpus", vcpus, refused
    if spis is not None and _rounded(spis) > _MOST_SPIS:
        yield "nr_spis", spis, refused
    version = cell(node, "max_grant_version")
    if host.grants is not None and version is not None and not 1 <= version & _VERSIONS <= _MOST_VERSION:
        yield "max_grant_version", version, refused
    if host.grants is not None and cell(node, "max_grant_frames") == 0:
        yield "max_grant_frames", 0, refused
