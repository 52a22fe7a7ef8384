"""Finds and reads the files that a source names, with a limit on their total size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.core.units import MIB, size
from colorcheck.files.reading import Unreadable, is_file, is_pointer, opened, pointer
from colorcheck.inputs.files import problem_of

# The largest trees of the Linux kernel are about 1 MiB of source once all includes are in; Xen takes 2 MiB of blob.
LARGEST = 8 * MIB
OPENING = 512

_INCLUDED = "put the file there, or name its folder in include of [inputs]"


class Files:
    """All files of one tree. `names` are those that took part, in the order in which they were first read.

    `looked_for` are names of files that were not there, or that were read for places only: one that comes or changes
    can change what is read.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.folders = tuple(folders)
        self.names: list[str] = []
        self.looked_for: list[str] = []
        self._left = LARGEST

    def copy(self) -> Files:
        """The same files so far, from which on both can read what the other does not."""
        made = Files(self.folders)
        made.names, made.looked_for, made._left = list(self.names), list(self.looked_for), self._left
        return made

    def find(self, name: str, beside: str) -> str:
        """The path of `name`: next to the file that names it, otherwise in the first of `folders` that has it."""
        for folder in (str(Path(beside).parent), *self.folders):
            found = str(Path(folder, name))
            if is_file(found):
                return found
            self.looked_for.append(found)
        return str(Path(beside).parent / name)

    def read(self, path: str, named_at: Location, offset: int = 0, length: int | None = None) -> bytes | Problem:
        """The bytes of a file, or why there are none; `named_at` is the place of its name."""
        wanted = LARGEST + 1 if length is None else min(length, LARGEST + 1)
        try:
            with opened(path) as file:
                file.seek(min(offset, 1 << 62))
                data = file.read(wanted)
        except Unreadable as error:
            self.looked_for.append(path)
            found = problem_of(error, named_at)
            return replace(found, help=_INCLUDED) if self.names and not found.help else found
        except (OSError, ValueError) as error:
            self.looked_for.append(path)
            reason = getattr(error, "strerror", None) or str(error)
            return Problem(ProblemKind.UNREADABLE, f"cannot read {path}: {reason}", named_at)
        if is_pointer(data):
            return problem_of(pointer(path, data), named_at)
        # A file that is read again and again costs its opening too.
        self._left -= len(data) + OPENING
        if self._left < 0:
            total = f"more than {size(LARGEST)}"
            return Problem(
                ProblemKind.TOO_LARGE,
                f"{path}: the files of this device tree add up to {total}",
                named_at,
                "specify the right file",
            )
        if path not in self.names:
            self.names.append(path)
        return data
