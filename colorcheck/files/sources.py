"""The texts of files for quotes in reports and for fingerprints."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field

from colorcheck.core.source import Location
from colorcheck.core.units import MIB
from colorcheck.files.reading import Unreadable, text

_LARGEST = 4 * MIB  # a file above this size in bytes is not quoted


class Sources(Struct):
    """Lines of the input files, read when they are first asked for.

    `folder` is where relative names start; `texts` can hold texts that are in no file (and tests); of files that are
    not among `inputs`, where these are given, there are no lines.
    """

    folder: Path = field(default_factory=Path)
    texts: dict[str, list[str]] = field(default_factory=dict)
    inputs: frozenset[str] | None = None

    def line(self, location: Location) -> str | None:
        """The first line of the location; None if the file has no such line or cannot be read as text."""
        lines = self.lines(location.file)
        return lines[location.line - 1] if 0 < location.line <= len(lines) else None

    def lines(self, file: str) -> list[str]:
        """All lines of a file without their ends; none if it cannot be read."""
        if file not in self.texts:
            self.texts[file] = self._read(file)
        return self.texts[file]

    def _read(self, file: str) -> list[str]:
        if self.inputs is not None and file not in self.inputs:
            return []
        try:
            return text(self.folder / file, _LARGEST).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        except Unreadable:
            return []

    def of(self, inputs: Iterable[str]) -> Sources:
        """The same restricted to these files: a report quotes only files that were read as inputs."""
        return Sources(self.folder, self.texts, frozenset(inputs))


def relative(sources: Sources, root: Path, file: str) -> str:
    """A file name relative to `root` with forward slashes; unchanged if it is not below `root`."""
    path = Path(file)
    if not path.is_absolute():
        path = sources.folder / path
    try:
        return path.absolute().relative_to(root.absolute()).as_posix()
    except ValueError:
        return Path(file).as_posix()


class Names(Protocol):
    """The texts of files, and the root to which their names are relative."""

    @property
    def sources(self) -> Sources: ...

    def relative(self, file: str) -> str: ...
