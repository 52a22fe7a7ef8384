"""Which board a deployment is for: the one that is named, else the one that its device tree names or describes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.core.value import dataclass
from colorcheck.hardware.board import Board, Cluster
from colorcheck.hardware.catalogue import Catalogue
from colorcheck.hardware.cores import core_named
from colorcheck.hardware.geometry import board_from_device_tree
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import strings

QEMU_VIRT = "linux,dummy-virt"
GENERIC = "armv8"


@dataclass(frozen=True, slots=True)
class Choice:
    """The board, how it was found (`named`, `compatible`, `device-tree`, `none`), and what is to be said about it."""

    board: Board | None
    how: str
    problems: tuple[Problem, ...] = ()


def choose_board(
    name: str | None,
    location: Location,
    tree: DeviceTree | None,
    catalogue: Catalogue,
    folder: str = ".",
    *,
    boot_cpu: int | None = None,
) -> Choice:
    """The board of a deployment.

    `name` is what `[target] board` says and `location` where; a file of that name is looked up in `folder`. Without a
    name the device tree decides: a board of the catalogue by the root's `compatible`, or what the tree itself
    describes. Numbers that the tree has and the catalogue contradicts are a problem of kind `board-contradicts-tree`.
    `boot_cpu` is the MPIDR of the CPU on which Xen starts, where the inputs say it; else the board's sources may.
    """
    described, problems = board_from_device_tree(tree, boot_cpu) if tree else (None, ())
    if name is not None:
        found = catalogue.find(name, location, folder)
        if isinstance(found, Problem):
            # A misspelled name must not fall back on something else that happens to fit.
            return Choice(None, "none", (found,))
        described = _started(found, described, tree, boot_cpu)
        said = (*_kept(problems), *_about(catalogue, found, described, tree, location))
        return Choice(_complete(found, described), "named", said)
    if tree is None:
        return Choice(None, "none", (Problem("no-board", "no board is named, and there is no device tree", location),))
    known = match(tree, described, catalogue)
    if known is None:
        return Choice(described, "device-tree" if described else "none", problems)
    described = _started(known, described, tree, boot_cpu)
    place = tree.root.properties.get("compatible")
    told = Problem(
        "board-by-compatible",
        f"no board is named; the device tree's compatible says {known.name} ({known.title})",
        place.location if place else tree.root.location,
        f'write board = "{known.name}" under [target] to fix it',
    )
    return Choice(
        _complete(known, described), "compatible", (told, *_kept(problems), *_about(catalogue, known, described, tree))
    )


def _started(known: Board, described: Board | None, tree: DeviceTree | None, boot_cpu: int | None) -> Board | None:
    """What the tree describes, on the boot CPU that is documented for the board where the inputs name none."""
    if boot_cpu is not None or known.boot_mpidr is None or tree is None:
        return described
    return board_from_device_tree(tree, known.boot_mpidr)[0]


def match(tree: DeviceTree, described: Board | None, catalogue: Catalogue) -> Board | None:
    """The board of the catalogue that the tree's root `compatible` names; for QEMU's `virt`, by the boot CPU.

    Later revisions of a board may keep its name and have other cores; those are not taken for it.
    """
    names = strings(tree.root.properties.get("compatible"))
    if QEMU_VIRT not in names:
        found = catalogue.by_compatible(names)
        return found if found and (described is None or _other_cores(found, described) is None) else None
    name = f"qemu-virt-{described.boot_cluster.cores}" if described else ""
    return catalogue.board(name) if name in catalogue.names() else None


def _other_cores(known: Board, described: Board) -> str | None:
    """The kinds of cores in the tree, in words, if they are not the board's; generic kinds say nothing."""
    mine, theirs = ({cluster.cores for cluster in board.clusters} for board in (known, described))
    return None if mine == theirs or GENERIC in theirs else " and ".join(sorted(theirs))


def _kept(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """What a tree says wrongly matters whatever the board; what it leaves out does not, once the board is known."""
    dropped = ("device-tree-no-geometry", "device-tree-no-cpus", "device-tree-completed", "device-tree-system-cache")
    return tuple(problem for problem in problems if problem.kind not in dropped)


def _complete(known: Board, described: Board | None) -> Board:
    """The known board with what the tree knows better: its memory, and which CPUs its clusters have.

    The clusters come in the order of the tree, the boot CPU's first. Where tree and board do not have the same
    clusters, CPUs are not numbered, so that any CPU may be in any of several clusters.
    """
    if described is None:
        return known
    clusters = tuple(_matched(known, described))
    if len(clusters) != len(known.clusters):
        clusters = tuple(replace(c, cpus=(), n_cores=None) for c in known.clusters)
    core = core_named(clusters[0].cores)
    moved = clusters[0].cores != known.boot_cluster.cores and core is not None
    fitting = len(clusters) == len(described.clusters)
    return replace(
        known,
        boot_known=described.boot_known if fitting else known.boot_known and len(known.clusters) == 1,
        dram=described.dram or known.dram,
        clusters=clusters,
        pa_bits=core.pa_bits if moved and core else known.pa_bits,
        pa_bits_sources=core.pa_bits_sources if moved and core else known.pa_bits_sources,
    )


def _matched(known: Board, described: Board) -> Iterator[Cluster]:
    """For each cluster of the tree, an unused one of the board with the same cores, with the tree's CPUs."""
    unused = list(known.clusters)
    for cluster in described.clusters:
        generic = len(known.clusters) == len(described.clusters) == 1
        same = next((own for own in unused if generic or own.cores == cluster.cores), None)
        if same is None:
            return
        unused.remove(same)
        yield replace(same, cpus=cluster.cpus, n_cores=len(cluster.cpus) or None, mpidrs=cluster.mpidrs)


def _about(
    catalogue: Catalogue,
    known: Board,
    described: Board | None,
    tree: DeviceTree | None,
    location: Location | None = None,
) -> Iterator[Problem]:
    """Where board and tree contradict each other, and where an emulated machine is not the silicon it stands for.

    Such a machine runs with the silicon's tree, so that tree is no evidence against it.
    """
    for text in silicon_differences(known, catalogue):
        yield Problem("board-not-silicon", text, location or Location(known.name))
    if described is None or tree is None or known.silicon:
        return
    place = location or tree.root.location
    other = _other_cores(known, described)
    if other is not None:
        yield Problem(
            "board-contradicts-tree",
            f"the device tree has {other} cores, which are not those of the board {known.name}",
            place,
            "name the board that the device tree is for",
        )
    kinds = {cluster.cores: cluster for cluster in known.clusters}
    for theirs in {cluster.cores: cluster for cluster in described.clusters}.values():
        mine = kinds.get(theirs.cores)
        if mine is None:
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


def silicon_differences(board: Board, catalogue: Catalogue) -> tuple[str, ...]:
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
