"""Which board a deployment is for: the one that is named, else the one that its device tree names or describes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from colorcheck.diagnostic import Problem
from colorcheck.hardware import catalogue
from colorcheck.hardware.board import Board, Cluster
from colorcheck.hardware.geometry import board_from_device_tree
from colorcheck.inputs.tree import DeviceTree
from colorcheck.inputs.tree_walk import strings
from colorcheck.source import Location

QEMU_VIRT = "linux,dummy-virt"


@dataclass(frozen=True, slots=True)
class Choice:
    """The board, how it was found (`named`, `compatible`, `device-tree`, `none`), and what is to be said about it."""

    board: Board | None
    how: str
    problems: tuple[Problem, ...] = ()


def choose_board(name: str | None, location: Location, tree: DeviceTree | None, folder: str = ".") -> Choice:
    """The board of a deployment.

    `name` is what `[target] board` says and `location` where; a file of that name is looked up in `folder`. Without a
    name the device tree decides: a board of the catalogue by the root's `compatible`, or what the tree itself
    describes. Numbers that the tree has and the catalogue contradicts are a problem of kind `board-contradicts-tree`.
    """
    described, problems = board_from_device_tree(tree) if tree else (None, ())
    if name is not None:
        found = catalogue.find(name, location, folder)
        if isinstance(found, Problem):
            # A misspelled name must not fall back on something else that happens to fit.
            return Choice(None, "none", (found,))
        said = (*_kept(problems), *_about(found, described, tree, location))
        return Choice(_complete(found, described), "named", said)
    if tree is None:
        return Choice(None, "none", (Problem("no-board", "no board is named, and there is no device tree", location),))
    known = match(tree)
    if known is None:
        return Choice(described, "device-tree" if described else "none", problems)
    place = tree.root.properties.get("compatible")
    told = Problem(
        "board-by-compatible",
        f"no board is named; the device tree's compatible says {known.name} ({known.title})",
        place.location if place else tree.root.location,
        f'write board = "{known.name}" under [target] to fix it',
    )
    return Choice(_complete(known, described), "compatible", (told, *_kept(problems), *_about(known, described, tree)))


def match(tree: DeviceTree) -> Board | None:
    """The board of the catalogue that the tree's root `compatible` names; for QEMU's `virt`, by the boot CPU."""
    names = strings(tree.root.properties.get("compatible"))
    if QEMU_VIRT not in names:
        return catalogue.by_compatible(names)
    described, _ = board_from_device_tree(tree)
    name = f"qemu-virt-{described.boot_cluster.cores}" if described else ""
    return catalogue.board(name) if name in catalogue.names() else None


def _kept(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """What a tree says wrongly matters whatever the board; what it leaves out does not, once the board is known."""
    dropped = ("device-tree-no-geometry", "device-tree-no-cpus", "device-tree-completed", "device-tree-system-cache")
    return tuple(problem for problem in problems if problem.kind not in dropped)


def _complete(known: Board, described: Board | None) -> Board:
    """The known board, with the CPUs that the tree counts where the catalogue cannot know them (QEMU)."""
    if described is None or known.boot_cluster.n_cores is not None or len(known.clusters) != 1:
        return known
    cpus = tuple(cpu for cluster in described.clusters for cpu in cluster.cpus)
    cluster = replace(known.clusters[0], cpus=cpus, n_cores=len(cpus))
    return replace(known, clusters=(cluster,))


def _about(
    known: Board, described: Board | None, tree: DeviceTree | None, location: Location | None = None
) -> Iterator[Problem]:
    """Where board and tree contradict each other, and where an emulated machine is not what it stands for."""
    if described is not None and tree is not None:
        yield from _contradictions(known, described, tree, location)
    yield from (
        Problem("board-not-silicon", text, location or Location(tree.file if tree else known.name))
        for text in silicon_differences(known)
    )


def _contradictions(known: Board, described: Board, tree: DeviceTree, location: Location | None) -> Iterator[Problem]:
    place = location or tree.root.location
    for mine, theirs in _paired(known.clusters, described.clusters):
        if mine.cores != theirs.cores:
            yield Problem(
                "board-contradicts-tree",
                f"the board {known.name} has {mine.cores} cores, the device tree {theirs.cores}",
                place,
                "name the board that the device tree is for",
            )
            continue
        ways = [cluster.llc.way_size if cluster.llc else None for cluster in (mine, theirs)]
        if None not in ways and ways[0] != ways[1]:
            yield Problem(
                "board-contradicts-tree",
                f"the way of the last-level cache of {mine.cores} has {ways[0]} bytes on the board {known.name}, but "
                f"{ways[1]} in the device tree",
                place,
                "find out which is right: Xen's boot messages say what it probed",
            )


def _paired(known: tuple[Cluster, ...], described: tuple[Cluster, ...]) -> Iterator[tuple[Cluster, Cluster]]:
    """Clusters of the same cores; the boot clusters where no cores agree."""
    kinds = {cluster.cores: cluster for cluster in known}
    pairs = {c.cores: (kinds[c.cores], c) for c in described if c.cores in kinds}
    yield from pairs.values()
    if not pairs and known and described:
        yield known[0], described[0]


def silicon_differences(board: Board) -> tuple[str, ...]:
    """How the caches of an emulated machine differ from the hardware that it stands for."""
    if not board.silicon or board.silicon not in catalogue.names():
        return ()
    real = catalogue.board(board.silicon)
    found = []
    for emulated, silicon in zip(board.clusters, real.clusters, strict=False):
        mine, theirs = (cluster.llc.nr_colors if cluster.llc else None for cluster in (emulated, silicon))
        if mine != theirs:
            found.append(
                f"{board.title} reports {mine} colors, {real.title} has {theirs}: a configuration that works on one is "
                "not one for the other"
            )
    return tuple(found)
