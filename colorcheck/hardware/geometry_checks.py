"""Compares caches in a device tree with the manuals of the cores."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.hardware.board import Cache, CacheKind
from colorcheck.hardware.cpu_tree import CacheNode, Cpu, TreeGeometry
from colorcheck.hardware.index import IndexFunction, Linear, UnknownIndex

NAME_A_BOARD = (
    'specify a board ([target] board = "…"; see `colorcheck board list`), or give Xen the numbers with llc-size and '
    "llc-nr-ways"
)
Checked = tuple[TreeGeometry, int | None, tuple[Problem, ...]]


def checked(entry: CacheNode | None, cpu: Cpu, allowed: tuple[int, ...], is_llc: bool) -> Checked:
    """The reliable numbers of a cache, its ways, and problems.

    `allowed` are the numbers of ways in the core's manual; empty if not known. If the manual has only one, missing sets
    or size are derived from it.
    """
    given = entry.geometry if entry else TreeGeometry()
    line = given.line or (cpu.core.line if cpu.core else None)
    full = replace(given, line=line)
    if entry is None or not given.given:
        return full, _only(allowed), _missing(entry, cpu) if is_llc else ()
    fault = _fault(full, allowed, cpu)
    if fault:
        message = f"{entry.node.path}: {fault}"
        help_ = (
            f"the tree is wrong about this cache, so its sets are treated as unknown; {NAME_A_BOARD}" if is_llc else ""
        )
        kind = ProblemKind.DEVICE_TREE_GEOMETRY if is_llc else ProblemKind.DEVICE_TREE_PRIVATE_CACHE
        return TreeGeometry(line=line), _only(allowed), (Problem(kind, message, entry.node.location, help_),)
    if full.ways is not None:
        return full, full.ways, ()
    return _completed(full, entry, cpu, allowed, is_llc)


def _only(allowed: tuple[int, ...]) -> int | None:
    return allowed[0] if len(allowed) == 1 else None


def _fault(numbers: TreeGeometry, allowed: tuple[int, ...], cpu: Cpu) -> str:
    """Why numbers cannot be right; empty if nothing contradicts them."""
    size, sets, line, ways = numbers.size, numbers.sets, numbers.line, numbers.ways
    if line is not None and (line & (line - 1) or not 16 <= line <= 2048):
        return f"a line of {line} bytes is not possible for a cache"
    if line is not None and cpu.core and cpu.core.line and line != cpu.core.line:
        return f"a line of {line} bytes contradicts the manual of {cpu.name}, which says {cpu.core.line}"
    if sets is not None and sets & (sets - 1) and cpu.core is not None:
        return f"{sets} sets are not a power of two"
    if ways is None:
        return ""
    if ways == 0:
        return f"{size} bytes are not a whole number of ways of {sets} sets with lines of {line} bytes"
    if allowed and ways not in allowed:
        known = " or ".join(str(number) for number in allowed)
        return (
            f"{size} bytes in {sets} sets with lines of {line} bytes make {ways} ways, but the manual of {cpu.name} "
            f"lists {known}"
        )
    return ""


def _missing(entry: CacheNode | None, cpu: Cpu) -> tuple[Problem, ...]:
    if entry is None:
        message = f"there is no cache node for {cpu.node.path} ({cpu.name}), so its last-level cache is unknown"
        return (Problem(ProblemKind.DEVICE_TREE_NO_GEOMETRY, message, cpu.node.location, NAME_A_BOARD),)
    message = f"{entry.node.path}, the last-level cache of {cpu.name}, has neither cache-size nor cache-sets"
    return (Problem(ProblemKind.DEVICE_TREE_NO_GEOMETRY, message, entry.node.location, NAME_A_BOARD),)


def _completed(numbers: TreeGeometry, entry: CacheNode, cpu: Cpu, allowed: tuple[int, ...], is_llc: bool) -> Checked:
    """Complete the numbers if one is missing and the manual has only one number of ways.

    Sets without a size cannot be compared with a manual with several numbers of ways: they are treated as unknown.
    """
    ways, line = _only(allowed), numbers.line
    if ways is None or line is None:
        unchecked = bool(allowed) and numbers.size is None and numbers.sets is not None
        kept = replace(numbers, sets=None) if unchecked else numbers
        return kept, None, _incomplete(entry, cpu, unchecked) if is_llc and kept.sets is None else ()
    if numbers.sets is not None:
        return replace(numbers, size=numbers.sets * line * ways), ways, ()
    sets, rest = divmod(numbers.size or 0, line * ways)
    if rest or sets & (sets - 1) or not sets:
        message = f"{entry.node.path}: {numbers.size} bytes cannot be a cache with the {ways} ways of {cpu.name}"
        kind = ProblemKind.DEVICE_TREE_GEOMETRY if is_llc else ProblemKind.DEVICE_TREE_PRIVATE_CACHE
        return TreeGeometry(line=line), ways, (Problem(kind, message, entry.node.location, NAME_A_BOARD),)
    message = f"{entry.node.path} lacks cache-sets: its size and the {ways} ways of {cpu.name} imply {sets}"
    problem = Problem(ProblemKind.DEVICE_TREE_COMPLETED, message, entry.node.location, f"write cache-sets = <{sets}>")
    return replace(numbers, sets=sets), ways, (problem,) if is_llc else ()


def _incomplete(entry: CacheNode, cpu: Cpu, unchecked: bool) -> tuple[Problem, ...]:
    lacks = "cache-size, so nothing confirms its cache-sets" if unchecked else "cache-sets"
    message = f"{entry.node.path}, the last-level cache of {cpu.name}, lacks {lacks}"
    return (Problem(ProblemKind.DEVICE_TREE_NO_GEOMETRY, message, entry.node.location, NAME_A_BOARD),)


def l1_checked(cpu: Cpu, kind: CacheKind, allowed: tuple[int, ...]) -> tuple[Cache | None, tuple[Problem, ...]]:
    """The first-level data or instruction cache in a CPU node; None if it is absent or contradicts the manual."""
    given = cpu.l1d if kind is CacheKind.DATA else cpu.l1i
    if not given.given:
        return None, ()
    fault = _fault(given, allowed, cpu)
    if fault:
        message = f"{cpu.node.path}, L1 {kind} cache: {fault}"
        help_ = "the share of this cache that colors leave is not reported; the last-level cache is not affected"
        return None, (Problem(ProblemKind.DEVICE_TREE_PRIVATE_CACHE, message, cpu.node.location, help_),)
    found = Cache(1, given.size, given.ways, given.line, given.sets, _l1_index(cpu, kind, given), kind, 1)
    return found, ()


def _l1_index(cpu: Cpu, kind: CacheKind, numbers: TreeGeometry) -> IndexFunction:
    """Physical for the data caches of A53, A57 and A72 and the instruction caches of A57 and A72 (their manuals)."""
    both = (CacheKind.DATA, CacheKind.INSTRUCTION)
    physical = {"cortex-a53": (CacheKind.DATA,), "cortex-a57": both, "cortex-a72": both}
    if kind in physical.get(cpu.name, ()) and numbers.line and numbers.sets:
        return Linear(numbers.line, numbers.sets)
    return UnknownIndex(f"not known to be indexed with physical addresses in {cpu.name}")


def cluster_problems(cpus: tuple[Cpu, ...], llc: CacheNode | None, users: int) -> Iterator[Problem]:
    """Problems for a last-level cache that is shared by too many or different CPUs."""
    first = cpus[0]
    if llc is None or first.core is None:
        return
    most = first.core.cores_most
    if most is not None and users > len(cpus):
        yield Problem(
            ProblemKind.DEVICE_TREE_SHARING,
            f"{llc.node.path} is the L2 of {first.name} and of cores of a different kind; each cluster has its own",
            llc.node.location,
            "give each cluster its own L2 node",
        )
    elif most is not None and len(cpus) > most:
        yield Problem(
            ProblemKind.DEVICE_TREE_SHARING,
            f"{llc.node.path} is the L2 of {len(cpus)} CPUs, but a cluster of {first.name} has at most {most}",
            llc.node.location,
            "give each cluster its own L2 node",
        )
