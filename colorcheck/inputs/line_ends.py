"""Line ends of DOS, which some readers take for a part of the text: one problem for a file, not one for each line."""

from __future__ import annotations

import re
from collections.abc import Callable

from colorcheck.core.diagnostic import Edit, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Lines, Location
from colorcheck.inputs.xl.xl_values import XlFile

_MOST_EDITS = 2000  # lines of a file that is mended


def carriage_returns(text: str, file: str, then: str) -> Problem:
    """The lines end in CR LF; the fix removes the carriage returns."""
    lines = Lines(file, text)
    places = [lines.location(match.start(), match.start() + 1) for match in re.finditer(r"\r(?=\n)", text)]
    first = places[0] if places else Location(file)
    message = f"{len(places)} line{' ends' if len(places) == 1 else 's end'} in CR LF: {then}"
    fix = tuple(Edit(place, "") for place in places) if len(places) <= _MOST_EDITS else ()
    return Problem(ProblemKind.LINE_ENDS, message, first, f"convert it to Unix line endings: dos2unix {file}", fix)


def with_line_ends(text: str, file: str, guest: XlFile, read: Callable[[str, str], XlFile]) -> tuple[Problem, ...]:
    """The problems of an xl file; those that its line ends alone make are one."""
    if "\r\n" not in text or not guest.errors:
        return guest.problems
    rest = read(text.replace("\r\n", "\n"), file).problems
    return (carriage_returns(text, file, "xl treats the CR as an error and refuses the file"), *rest)
