"""The lines as a fix changes them: a whole line is easier to read than a replacement for a part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Edit
from colorcheck.core.source import Location
from colorcheck.files.edits import OverlapError, edited
from colorcheck.files.sources import Sources
from colorcheck.report.style import printable
from colorcheck.report.terminal.excerpt import fitted


class Correction(Struct, frozen=True):
    """The line at `location` after the fix, cut to fit, with the new part in `new`. If the line cannot be shown (a
    blob, a fix of several lines), `whole` is not set, and `new` is the text to write.
    """

    location: Location
    before: str
    new: str
    after: str
    whole: bool = True

    def pieces(self) -> Iterator[str | tuple[str, str]]:
        """The words with their styles in a terminal."""
        if not self.whole:
            yield from (("write ", "dim"), (printable(self.new) or "(nothing)", "green"))
        elif self.before or self.new or self.after:
            yield from (self.before, (self.new, "green"), self.after)
        else:
            yield ("(the line goes away)", "green")


def corrections(fix: Sequence[Edit], sources: Sources, width: int) -> Iterator[Correction]:
    """The corrected lines in the order of the fix, each at most `width` columns wide."""
    for (file, line), grouped in groupby(fix, key=lambda edit: (edit.location.file, edit.location.line)):
        edits = sorted(grouped, key=lambda edit: edit.location.column)
        shown = _line(edits, sources, width)
        if shown is None:
            yield from (Correction(edit.location, "", edit.new_text, "", whole=False) for edit in edits)
        else:
            yield replace(shown, location=Location(file, line, edits[0].location.column))


def _line(edits: Sequence[Edit], sources: Sources, width: int) -> Correction | None:
    first, last = edits[0].location, edits[-1].location
    old = sources.line(first)
    alone = all(edit.location.line == edit.location.end_line and "\n" not in edit.new_text for edit in edits)
    if old is None or not alone:
        return None
    try:
        new = edited(old, [replace(edit, location=replace(edit.location, line=1, end_line=1)) for edit in edits])
    except OverlapError:
        return None
    kept = len(old) - (last.end_column - 1)  # characters behind the last edit
    start, end = first.column - 1, len(new) - kept
    shown = fitted(first.line, (new[:start], new[start:end], new[end:]), width)
    stop = shown.start + shown.length
    return Correction(first, shown.text[: shown.start], shown.text[shown.start : stop], shown.text[stop:])
