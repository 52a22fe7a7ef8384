"""Guests whose file xl refuses because of the line with their colors: the file as if that line were fixed."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.files.edits import read_original
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.xl.xl import XlFile, XlList, read_xl

_COLORS = re.compile(r"^[ \t]*[\"']?(llc[-_. ]?colou?rs)[\"']?(?=[ \t]*\+?=)", re.IGNORECASE)
_KEY = "llc_colors"


class RepairedFile(Struct, frozen=True):
    """A file as it would be read, the line to replace for that (without its end), and the replacement."""

    file: XlFile
    line: Location
    text: str

    def with_value(self, value: str) -> str:
        """The line with another value; the rest is unchanged."""
        setting = self.file.setting(_KEY)
        written = setting.written.location if setting and isinstance(setting.written, XlList) else None
        if written is None or (written.line, written.end_line) != (self.line.line, self.line.line):
            return f"{_KEY} = {value}"
        return self.text[: written.column - 1] + value + self.text[written.end_column - 1 :]


def repaired(file: str) -> RepairedFile | None:
    """The file with its line of colors fixed; None if it can be read unchanged, or if that line is not the fault.

    The key is corrected if that suffices, otherwise the line is treated as giving no colors.
    """
    original = read_original(file)
    if isinstance(original, Problem) or not read_xl(original.text, file).errors:
        return None
    lines = original.text.split("\n")
    for number, line in enumerate(lines):
        written = line.rstrip("\r")
        if not _COLORS.match(written):
            continue
        for instead in (_COLORS.sub(_KEY, written), f"{_KEY} = []"):
            read = read_xl("\n".join([*lines[:number], instead, *lines[number + 1 :]]), file)
            if not read.errors:
                return RepairedFile(read, Location(file, number + 1, 1, number + 1, len(written) + 1), instead)
    return None


def with_repaired_guests(deployment: Deployment) -> Deployment:
    """The deployment as it would be with these lines fixed, so that memory and colors of its guests are known."""
    guests = tuple(found.file if file.errors and (found := repaired(file.file)) else file for file in deployment.guests)
    return replace(deployment, guests=guests)
