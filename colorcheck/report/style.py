"""The look of a report."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.safe import with_bytes
from colorcheck.core.source import Location
from colorcheck.files.sources import Sources, relative


class Style(Struct, frozen=True):
    """Settings that a format may take into account: `width` in columns, terminal colors, whether to omit nothing.

    `root` is the folder to which machine formats make file names relative (the repository); `unicode` false restricts
    output to ASCII. `silences` adds the comment that would silence each finding.
    """

    width: int = 100
    color: bool = False
    unicode: bool = True
    verbose: bool = False
    silences: bool = False
    root: Path = field(default_factory=Path.cwd)
    sources: Sources = field(default_factory=Sources)

    def place(self, location: Location) -> str:
        """A location for people: the file relative to `root`, its line and column."""
        return str(replace(location, file=self.relative(location.file)))

    def relative(self, file: str) -> str:
        """A file name relative to `root` with forward slashes; unchanged if it is not below `root`."""
        return relative(self.sources, self.root, file)


_SPACES = str.maketrans("\t\n\r", "   ")


def printable(text: str) -> str:
    """The text with control characters (terminal escapes in an input) made visible; newlines and tabs become spaces."""
    return text if text.isprintable() else visible(text.translate(_SPACES))


def visible(text: str, kept: str = "") -> str:
    """The text with characters that cannot be printed written as escapes, those in `kept` as they are."""
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in with_bytes(text))
