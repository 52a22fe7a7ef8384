"""Line markers (`# 12 "board.dts"`), which give the original locations in a preprocessed text.

They are followed where the file they name is there; columns are exact where the line is still as it was written.
"""

from __future__ import annotations

import os
import re

from colorcheck.core.pattern import pattern
from colorcheck.core.source import Lines
from colorcheck.core.units import MIB
from colorcheck.files.reading import contents_if_any
from colorcheck.inputs.device_tree.dts.text import Segment, SourceText, decode

_MARKER = pattern(r'^#(?:line)?[ \t]+([0-9]{1,9})[ \t]+"([^"\\\n]+)"[^\n]*$', re.MULTILINE)
_LARGEST = 16 * MIB


def follow_markers(source: SourceText, looked_for: list[str]) -> SourceText:
    """The same text with the places that its line markers give; `source` is one whole file.

    Names of files that are looked for are added to `looked_for`.
    """
    text = source.text
    markers = list(_MARKER.finditer(text)) if text.startswith("#") or "\n#" in text else []
    own = source.segments[0].lines
    segments = [Segment(0, own, 0)]
    files: dict[str, Lines | None] = {}
    for index, marker in enumerate(markers):
        start = min(marker.end() + 1, len(text))
        stop = markers[index + 1].start() if index + 1 < len(markers) else len(text)
        if marker[2] not in files:
            files[marker[2]] = _lines(marker[2], os.path.dirname(own.file), looked_for)
        named = files[marker[2]]
        if named is None:
            segments.append(Segment(start, own, start))
        else:
            segments += _line_by_line(text, start, stop, named, int(marker[1]))
    return SourceText(text, tuple(segments)) if len(segments) > 1 else source


def _line_by_line(text: str, start: int, stop: int, lines: Lines, number: int) -> list[Segment]:
    found = []
    while start < stop:
        end = text.find("\n", start, stop) + 1 or stop
        first, last = lines.line(number)
        now, before = text[start:end].strip(), lines.text[first:last].strip()
        begin = lines.text.find(before, first)
        if now and now == before:
            indent = text.find(now, start) - start
            found += [Segment(start, lines, begin, begin), Segment(start + indent, lines, begin)]
        else:
            found.append(Segment(start, lines, begin, begin + len(before)))
        start, number = end, number + 1
    return found


def _lines(name: str, folder: str, looked_for: list[str]) -> Lines | None:
    for path in (os.path.join(folder, name), name):
        looked_for.append(path)
        lines = _read(path)
        if lines is not None:
            return lines
    return None


def _read(path: str) -> Lines | None:
    """The text of a file that a marker names; it is read for its places only."""
    data = contents_if_any(path, _LARGEST)
    return None if data is None else Lines(path, decode(data))
