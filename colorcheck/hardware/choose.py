"""Chooses the board of a deployment: the one that is named, otherwise the one that its device tree names or
describes.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.hardware.board import Board
from colorcheck.hardware.catalogue import Catalogue
from colorcheck.hardware.geometry import board_from_device_tree
from colorcheck.hardware.merge import complete, contradiction, different_cores, on_any_board, pairs
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.device_tree.tree_walk import string, strings

QEMU_VIRT = "linux,dummy-virt"


class BoardChoice(Struct, frozen=True):
    """The board, how it was found (`named`, `compatible`, `soc`, `device-tree`, `none`), and problems."""

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
) -> BoardChoice:
    """The board of a deployment.

    `name` is the value of `[target] board`, at `location`; a file of that name is looked up in `folder`. Without a
    name, the device tree decides: a board of the catalogue by the root's `compatible`, the caches and clusters of its
    SoC with the tree's own memory, or the board that the tree itself describes. Numbers in the tree that contradict the
    catalogue are a problem of kind `board-contradicts-tree`. `boot_cpu` is the MPIDR of the CPU on which Xen starts, if
    the inputs give it; otherwise the board's documentation may.
    """
    described, problems = board_from_device_tree(tree, boot_cpu) if tree else (None, ())
    if name is not None:
        found = catalogue.find(name, location, folder)
        if isinstance(found, Problem):
            # A misspelled name must not silently select another board.
            return BoardChoice(None, "none", (found,))
        described = _started(found, described, tree, boot_cpu)
        said = (*_kept(problems, found), *_about(catalogue, found, described, tree, location))
        return BoardChoice(complete(found, described), "named", said)
    if tree is None:
        return BoardChoice(
            None,
            "none",
            (Problem(ProblemKind.NO_BOARD, "no board is specified, and there is no device tree", location),),
        )
    known, how = match(tree, described, catalogue)
    if known is None:
        return BoardChoice(described, "device-tree" if described else "none", problems)
    described = _started(known, described, tree, boot_cpu)
    place = tree.root.properties.get("compatible")
    shown = Problem(
        ProblemKind.BOARD_BY_COMPATIBLE,
        f"no board is specified; the device tree's compatible says {known.name} ({known.title})",
        place.location if place else tree.root.location,
        f'write board = "{known.name}" under [target] to fix it',
    )
    said = (*_kept(problems, known), *_about(catalogue, known, described, tree))
    return BoardChoice(complete(known, described), how, (shown, *said) if how == "compatible" else said)


def _started(known: Board, described: Board | None, tree: DeviceTree | None, boot_cpu: int | None) -> Board | None:
    """The board described by the tree, with the boot CPU documented for the board if the inputs give none."""
    if boot_cpu is not None or known.boot_mpidr is None or tree is None:
        return described
    return board_from_device_tree(tree, known.boot_mpidr)[0]


def match(tree: DeviceTree, described: Board | None, catalogue: Catalogue) -> tuple[Board | None, str]:
    """The board of the catalogue that the tree's root `compatible` names (`compatible`), else that of its SoC (`soc`).

    For QEMU's `virt` the boot CPU decides. Later revisions of a board or SoC may have the same name but different
    cores; they do not match.
    """
    names = strings(tree.root.properties.get("compatible"))
    if QEMU_VIRT in names:
        name = f"qemu-virt-{described.boot_cluster.cores}" if described else ""
        return (catalogue.board(name), "compatible") if name in catalogue.names() else (None, "none")
    found = catalogue.by_compatible(names)
    if found and (described is None or not different_cores(found, described)):
        return found, "compatible"
    soc = catalogue.by_soc(names)
    if soc and (described is None or not different_cores(soc, described)):
        return on_any_board(soc, string(tree.root, "model") or ""), "soc"
    return None, "none"


def _kept(problems: tuple[Problem, ...], known: Board) -> tuple[Problem, ...]:
    """The problems of a tree that matter for a known board: wrong values, but not missing ones.

    A cache behind the last-level one that the board does not have also matters.
    """
    dropped = {"device-tree-no-geometry", "device-tree-no-cpus", "device-tree-completed"}
    if known.system_cache is not None:
        dropped.add("device-tree-system-cache")
    return tuple(problem for problem in problems if problem.kind not in dropped)


def _about(
    catalogue: Catalogue,
    known: Board,
    described: Board | None,
    tree: DeviceTree | None,
    location: Location | None = None,
) -> Iterator[Problem]:
    """Problems for contradictions between board and tree, and for emulated machines that differ from the real board.

    Such a machine runs with the real board's tree, so the tree does not contradict it.
    """
    for text in silicon_differences(known, catalogue):
        yield Problem(ProblemKind.BOARD_NOT_SILICON, text, location or Location(known.name))
    if described is None or tree is None or known.silicon:
        return
    place = location or tree.root.location
    other = different_cores(known, described)
    if other:
        yield Problem(
            ProblemKind.BOARD_CONTRADICTS_TREE,
            f"the device tree has {other}, which differ from those of the board {known.name}",
            place,
            "specify the board that the device tree is for",
        )
    for each in dict.fromkeys(text for mine, theirs in pairs(known, described) for text in contradiction(mine, theirs)):
        yield Problem(
            ProblemKind.BOARD_CONTRADICTS_TREE,
            f"{each[0]} on the board {known.name}, but {each[1]} in the device tree",
            place,
            "find out which is right: Xen's boot messages show what it probed",
        )


def silicon_differences(board: Board, catalogue: Catalogue) -> tuple[str, ...]:
    """The differences between the caches of an emulated machine and the real hardware."""
    if not board.silicon or board.silicon not in catalogue.names():
        return ()
    real = catalogue.board(board.silicon)
    found = []
    for emulated, silicon in zip(board.clusters, real.clusters, strict=False):
        mine, theirs = (cluster.llc.nr_colors if cluster.llc else None for cluster in (emulated, silicon))
        if mine != theirs:
            found.append(
                f"{board.title} reports {mine} colors, {real.title} has {theirs}: a configuration for one does not "
                f"suit the other"
            )
    return tuple(found)
