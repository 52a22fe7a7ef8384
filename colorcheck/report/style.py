"""How a report is to look, and the texts of the files that it quotes."""

from __future__ import annotations

from dataclasses import field, replace
from pathlib import Path

from colorcheck.core.source import Location
from colorcheck.core.value import dataclass

_LARGEST = 4 << 20  # a file above this size in bytes is not quoted


@dataclass(slots=True)
class Sources:
    """Lines of the input files, read when they are first asked for.

    `folder` is where relative names start; `texts` can hold texts that stand in no file (and tests).
    """

    folder: Path = field(default_factory=Path)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def line(self, location: Location) -> str | None:
        """The first line of the location; None where the file has no such line or cannot be read as text."""
        lines = self.lines(location.file)
        return lines[location.line - 1] if 0 < location.line <= len(lines) else None

    def lines(self, file: str) -> list[str]:
        """All lines of a file without their ends; none where it cannot be read."""
        if file not in self.texts:
            self.texts[file] = self._read(file)
        return self.texts[file]

    def _read(self, file: str) -> list[str]:
        path = self.folder / file
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST:
                return []
            return path.read_text(encoding="utf-8", errors="replace").split("\n")
        except (OSError, ValueError):
            return []


@dataclass(frozen=True, slots=True)
class Style:
    """What a format may take into account: `width` in columns, terminal colors, whether to leave nothing out.

    `root` is the folder that machine formats make file names relative to (the repository); `unicode` false keeps
    to ASCII.
    """

    width: int = 100
    color: bool = False
    unicode: bool = True
    verbose: bool = False
    root: Path = field(default_factory=Path.cwd)
    sources: Sources = field(default_factory=Sources)

    def place(self, location: Location) -> str:
        """A location for people: the file relative to `root`, and the line and column in it."""
        return str(replace(location, file=self.relative(location.file)))

    def relative(self, file: str) -> str:
        """A file name relative to `root` with forward slashes; as it is where it does not lie below."""
        path = Path(file)
        if not path.is_absolute():
            path = self.sources.folder / path
        try:
            return path.absolute().relative_to(self.root.absolute()).as_posix()
        except ValueError:
            return Path(file).as_posix()


def printable(text: str) -> str:
    """The text with control characters (terminal escapes in an input) made visible; newlines and tabs become spaces."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c in "\t\n\r" else c.encode("unicode_escape").decode() for c in text
    )
