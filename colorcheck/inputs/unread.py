"""Inputs that were named and not read: nothing may be concluded about their possible content."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.inputs.manifest.manifest import Manifest

KINDS = frozenset(
    {
        ProblemKind.BINARY,
        ProblemKind.CUT_OFF,
        ProblemKind.DAMAGED,
        ProblemKind.ENCODING,
        ProblemKind.INCLUDE_CYCLE,
        ProblemKind.KCONFIG_LINE,
        ProblemKind.LFS_POINTER,
        ProblemKind.MACRO_BOMB,
        ProblemKind.NEEDS_SHELL,
        ProblemKind.NOT_FOLLOWED,
        ProblemKind.NO_MATCH,
        ProblemKind.OTHER_KIND,
        ProblemKind.OUTSIDE,
        ProblemKind.OVERLAY,
        ProblemKind.PLUGIN_READER,
        ProblemKind.PREPROCESSOR,
        ProblemKind.SEMANTIC,
        ProblemKind.SYNTAX,
        ProblemKind.TOO_COSTLY,
        ProblemKind.TOO_DEEP,
        ProblemKind.TOO_LARGE,
        ProblemKind.UNREADABLE,
        ProblemKind.UNREAD_GUEST,
        ProblemKind.UNREAD_REST,
        ProblemKind.VERSION,
    }
)
"""Kinds of problems that mean that something was not read."""


class Scope(StrEnum):
    """The possible subject of the unread part."""

    TREE = "device-tree"  # what Xen is handed: tree, arguments, modules, domains
    GUESTS = "guests"  # the guests of xl
    BUILD = "build"  # how Xen was built
    IMAGE = "xen-image"  # the binary of Xen, and other files of which only the size counts
    NOTHING = "nothing"  # nothing that a theorem reads, such as a curve of cache misses


_SCOPES = (
    ("inputs.domains", Scope.GUESTS),
    ("target.kconfig", Scope.BUILD),
    ("target.xen-image", Scope.IMAGE),
    ("target.xen-attested", Scope.NOTHING),
    ("target.modules", Scope.IMAGE),
    ("target.files", Scope.IMAGE),
    ("domains.", Scope.NOTHING),
)


class Unread(Struct, frozen=True):
    """A part of the inputs that was not read, and what it could have been about."""

    scope: Scope
    problem: Problem


def unread(manifest: Manifest, problems: Iterable[Problem], guests: Collection[str]) -> Iterator[Unread]:
    """The parts that were not read because of these problems; `guests` are the names of the guests' files that were
    read.

    A guest's file that xl itself refuses was read: xl does not create the guest.
    """
    for problem in problems:
        if problem.kind in KINDS and not (problem.kind is ProblemKind.SYNTAX and problem.location.file in guests):
            yield Unread(_scope(manifest, problem, guests), problem)


def _scope(manifest: Manifest, problem: Problem, guests: Collection[str]) -> Scope:
    place = problem.location
    if place.file in guests:
        return Scope.GUESTS
    kconfig = manifest.target.kconfig
    if kconfig and place.file == os.path.normpath(os.path.join(manifest.folder, kconfig)):
        return Scope.BUILD
    for key, where in manifest.keys:
        if where == place:
            return next((scope for start, scope in _SCOPES if key.startswith(start)), Scope.TREE)
    return Scope.TREE
