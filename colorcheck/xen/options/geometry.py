"""Whether coloring is on, how many colors there are, and Xen's own: `llc_coloring_init` (xen/common/llc-coloring.c)."""

from __future__ import annotations

from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.core.units import PAGE
from colorcheck.hardware.board import Board, Cache, CacheKind, Cluster
from colorcheck.xen.kinds import Failure, FailureKind, Note
from colorcheck.xen.notes.colors import ColorsCut, GeometryHalfGiven, GeometryUnknown, WaySizeDiffers
from colorcheck.xen.options.options import BootArguments
from colorcheck.xen.release.spelling import Concept
from colorcheck.xen.release.traits import CacheProbe


class OptionGeometry(Struct, frozen=True):
    """`nr_colors` is None if coloring is off or the cache is not known. `way_size` is in bytes."""

    coloring: bool
    way_size: int | None
    nr_colors: int | None
    location: Location
    notes: tuple[Note, ...] = ()
    panic: Failure | None = None


def probed_cache(board: Board | None, probe: CacheProbe) -> Cache | None:
    """The cache that Xen's probe selects on the boot CPU (`get_llc_way_size`).

    It only sees caches in CLIDR_EL1. None if it finds none, or if the boot CPU is not known and the clusters' caches
    differ (`probe_is_open`).
    """
    found = _probes(board, probe)
    return found[0] if found and not probe_is_open(board, probe) else None


def probe_is_open(board: Board | None, probe: CacheProbe) -> bool:
    """Whether the probe depends on a boot CPU that is not known."""
    return len({cache and cache.way_size for cache in _probes(board, probe)}) > 1


def _probes(board: Board | None, probe: CacheProbe) -> list[Cache | None]:
    """The result of the probe on each cluster that may be the boot CPU's."""
    if board is None:
        return []
    return [_probe(cluster, board, probe) for cluster in board.clusters[: 1 if board.boot_known else None]]


def _probe(cluster: Cluster, board: Board, probe: CacheProbe) -> Cache | None:
    listed = [c for c in (cluster.l1d, cluster.l1i, cluster.private_l2, cluster.llc, board.system_cache) if c]
    by_level: dict[int, list[Cache]] = {}
    for cache in listed:
        if cache.in_clidr:
            by_level.setdefault(cache.level, []).append(cache)
    found = None
    for level in range(1, 8):
        here = by_level.get(level)
        if here is None and level > 1 and probe is CacheProbe.UPWARDS:
            break
        found = next((cache for cache in here or () if cache.kind is CacheKind.UNIFIED), found)
    return found


def geometry(
    arguments: BootArguments, board: Board | None, most_colors: int, built_in: bool, logged: int | None = None
) -> OptionGeometry:
    """The geometry that Xen derives from its options and the cache of its boot CPU.

    `most_colors` is 2^CONFIG_LLC_COLORS_ORDER; `logged` the way size in bytes from a boot log, for a board whose cache
    is not known.
    """
    switch = arguments.in_force(Concept.SWITCH)
    sizes = [arguments.in_force(concept) for concept in (Concept.LLC_SIZE, Concept.LLC_WAYS)]
    location = next((option.location for option in (switch, *sizes) if option), arguments.location)
    given = bool(arguments.llc_size and arguments.llc_nr_ways) and arguments.llc_coloring is not False
    if not built_in or not (given or arguments.llc_coloring or arguments.release.always_on):
        return OptionGeometry(False, None, None, location)
    if not arguments.release.modelled:
        return _other_line(arguments, board, location, most_colors, logged)
    notes: list[Note] = []
    probed = probed_cache(board, arguments.release.traits.cache_probe)
    if not given and (arguments.llc_size or arguments.llc_nr_ways):
        name = "llc-size" if arguments.llc_size else "llc-nr-ways"
        place = next((option.location for option in sizes if option), location)
        notes.append(GeometryHalfGiven(place, "", given=name))
    way = arguments.llc_size // arguments.llc_nr_ways if given else probed.way_size if probed else logged
    if way is None:
        return _unknown(
            None if probe_is_open(board, arguments.release.traits.cache_probe) else board, probed, location, notes
        )
    if given and probed and probed.way_size and probed.way_size != way:
        notes.append(WaySizeDiffers(location, "", given=way, probed=probed.way_size))
    return _colors(way, most_colors, location, notes)


def _other_line(
    arguments: BootArguments, board: Board | None, location: Location, most_colors: int, logged: int | None
) -> OptionGeometry:
    """The geometry of a fork: the way size given in one option, otherwise the outermost cache that the CPU lists.

    The first releases round a way up to a power of two; 4.17 does not round, and adds a byte to its old option
    `way_size`.
    """
    option = arguments.in_force(Concept.WAY_SIZE)
    probed = probed_cache(board, arguments.release.traits.cache_probe)
    way = arguments.way_size or (probed.way_size if probed else logged)
    place = option.location if option else location
    if way is None:
        return _unknown(None, None, place, [])
    if arguments.release.merges:
        way, least = 1 << (way - 1).bit_length(), 2
    else:
        least = 2 if arguments.release.options_for(Concept.SWITCH) else 1
        way += bool(option and option.spec and option.spec.wins)
    if not least <= way // PAGE <= most_colors:
        message = f"Number of LLC colors ({way // PAGE}) not in range [{least}, {most_colors}]"
        return OptionGeometry(True, None, None, place, (), Failure(FailureKind.GEOMETRY, message))
    return OptionGeometry(True, way // PAGE * PAGE, way // PAGE, place)


def _unknown(board: Board | None, probed: Cache | None, location: Location, notes: list[Note]) -> OptionGeometry:
    """The result if the probe finds nothing, or if its result is not known."""
    if board is not None and board.clusters and probed is None:
        panic = Failure(FailureKind.GEOMETRY, "LLC probing failed and 'llc-size' or 'llc-nr-ways' missing")
        return OptionGeometry(True, None, None, location, tuple(notes), panic)
    notes.append(GeometryUnknown(location, ""))
    return OptionGeometry(True, None, None, location, tuple(notes))


def _colors(way: int, most_colors: int, location: Location, notes: list[Note]) -> OptionGeometry:
    found, text = way // PAGE, ""
    if way % PAGE:
        text = "LLC way size must be a multiple of PAGE_SIZE"
    elif found & (found - 1):
        text = f"Number of LLC colors ({found}) isn't a power of 2"
    elif found > most_colors:
        notes.append(ColorsCut(location, "", found=found, taken=most_colors))
        found = most_colors
    elif found < 2:
        text = f"Number of LLC colors {found} < 2"
    panic = Failure(FailureKind.GEOMETRY, text) if text else None
    return OptionGeometry(True, way, None if panic else found, location, tuple(notes), panic)


def refused(colors: tuple[int, ...], nr_colors: int) -> str:
    """Why Xen refuses a list of colors (`check_colors`); empty if it accepts it."""
    beyond = next((color for color in colors if color >= nr_colors), None)
    if beyond is not None:
        return f"LLC color {beyond} >= {nr_colors} (max allowed)"
    return f"{len(colors)} colors, but only {nr_colors} exist" if len(colors) > nr_colors else ""
