"""The dependencies of a deployment's result besides colorcheck itself: files, sizes of files, matches of patterns."""

from __future__ import annotations

import hashlib
import os
from enum import StrEnum
from glob import has_magic
from typing import TypeAlias

from msgspec import Struct

from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.files.patterns import endings_in, listed_once
from colorcheck.files.reading import LARGEST, opened, size_of
from colorcheck.files.watching import Recorder
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.read import files_named


class DependencyKind(StrEnum):
    """The kinds of dependencies: the content or the size of a file, the matches of a pattern, or the names in a folder
    with certain endings.
    """

    CONTENT = "content"
    SIZE = "size"
    MATCHES = "matches"
    ENDINGS = "endings"


class Dependency(Struct, frozen=True):
    """A dependency of a result; `name` is that of a file or a pattern, or a folder and endings with NUL between
    them."""

    kind: DependencyKind
    name: str

    def state(self) -> State:
        """What it is now, equal as long as it means the same: a hash, a size in bytes, names; None without a file that
        may be read."""
        if self.kind is DependencyKind.MATCHES:
            return list(files_named(self.name))
        if self.kind is DependencyKind.ENDINGS:
            folder, *endings = self.name.split("\0")
            return list(endings_in(folder, tuple(endings)))
        if self.kind is DependencyKind.SIZE:
            return size_of(self.name)
        try:
            with opened(self.name) as file:
                found = hashlib.sha256()
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
                return found.hexdigest()
        except (OSError, ValueError):
            return None


_CHUNK = 1 << 16  # bytes: most files are much smaller

State: TypeAlias = str | int | list[str] | None

# Where these were met, it is not known which further files would have been read.
_ENDED_EARLY = frozenset(
    (
        ProblemKind.UNREADABLE,
        ProblemKind.TOO_LARGE,
        ProblemKind.TOO_COSTLY,
        ProblemKind.INCLUDE_CYCLE,
        ProblemKind.NO_MATCH,
    )
)


def files_of(deployment: Deployment) -> tuple[str, ...]:
    """All files of a deployment, named and included ones, whether or not they could be read."""
    manifest = deployment.manifest
    target = manifest.target
    named = [manifest.device_tree, *manifest.overlays, manifest.image_builder, target.kconfig, target.xen_image]
    named += [name for name in manifest.domains if not has_magic(name)]
    named += [target.board] if target.board and target.board.endswith(".toml") else []
    named += [policy.miss_curve for policy in manifest.domain_policies]
    found = [manifest.file, *(os.path.join(manifest.folder, name) for name in named if name)]
    found += (*deployment.tree.files, *deployment.tree.looked_for) if deployment.tree else ()
    found += [file for guest in deployment.every_guest for file in guest.files]
    found += [problem.location.file for problem in deployment.problems if os.path.isfile(problem.location.file)]
    return tuple(dict.fromkeys(os.path.normpath(name) for name in found))


def ended_early(deployment: Deployment) -> bool:
    """Whether files could not be read, so that the files they name are not known."""
    lacks_tree = deployment.manifest.device_tree is not None and deployment.tree is None
    return lacks_tree or any(problem.kind in _ENDED_EARLY for problem in deployment.problems)


class StateRecorder(Recorder):
    """Records accesses, and the state of each file just before it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[Dependency, State] = {}
        self.listings: dict[str, None] = {}
        self._noting = False

    def content(self, path: str) -> None:
        if not self._noting:
            super().content(path)
            self._note(Dependency(DependencyKind.CONTENT, os.path.normpath(path)))

    def size(self, path: str) -> None:
        if not self._noting:
            super().size(path)
            self._note(Dependency(DependencyKind.SIZE, os.path.normpath(path)))

    def pattern(self, pattern: str) -> None:
        if not self._noting:
            super().pattern(pattern)
            self._note(Dependency(DependencyKind.MATCHES, os.path.normpath(pattern)))

    def endings(self, folder: str, endings: tuple[str, ...]) -> None:
        if not self._noting:
            name = "\0".join((os.path.normpath(folder), *endings))
            self.listings[name] = None
            self._note(Dependency(DependencyKind.ENDINGS, name))

    def unchanged(self, deployment: Deployment) -> dict[Dependency, State] | None:
        """All dependencies of a deployment with their states; None if one is not known or has changed in the
        meantime.
        """
        if any(problem.kind in _ENDED_EARLY for problem in deployment.problems):
            return None
        asked = {
            *(Dependency(DependencyKind.CONTENT, name) for name in (*files_of(deployment), *self.contents)),
            *(Dependency(DependencyKind.SIZE, name) for name in self.sizes),
            *(Dependency(DependencyKind.MATCHES, name) for name in self.patterns),
            *(Dependency(DependencyKind.ENDINGS, name) for name in self.listings),
        }
        with listed_once():
            if not all(each in self.states and each.state() == self.states[each] for each in asked):
                return None
        return dict(self.states)

    def _note(self, asked: Dependency) -> None:
        if asked in self.states or (asked.kind is DependencyKind.CONTENT and _is_large(asked.name)):
            return
        self._noting = True  # what is asked to find out the state is not noted in its turn
        try:
            self.states[asked] = asked.state()
        finally:
            self._noting = False


def _is_large(path: str) -> bool:
    try:
        return os.stat(path).st_size > LARGEST
    except (OSError, ValueError):
        return False
