"""Reads device tree source as dtc does: `.dts`, `.dtsi` and overlays with `/plugin/`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.inputs.device_tree.dtc import NEWEST, Dtc
from colorcheck.inputs.device_tree.dts.files import Files
from colorcheck.inputs.device_tree.dts.freeze import blob_size, freeze
from colorcheck.inputs.device_tree.dts.include import assemble
from colorcheck.inputs.device_tree.dts.text import SourceText
from colorcheck.inputs.device_tree.tree import DeviceTree

if TYPE_CHECKING:
    from colorcheck.inputs.device_tree.dts.syntax import Source


class SourceTree(Struct, frozen=True):
    """The result of reading a source: the tree (None if there are errors), and whether it is an overlay."""

    tree: DeviceTree | None
    plugin: bool
    errors: tuple[Problem, ...]


def read_source(
    path: str, data: bytes, *, symbols: bool = False, include_dirs: Sequence[str] = (), dtc: Dtc = NEWEST
) -> SourceTree:
    """Read the source in `data`, which is the file `path`, as this release of dtc does."""
    files = Files(include_dirs)
    problems: list[Problem] = []
    text = assemble(path, data, files, problems)
    if problems:
        return SourceTree(None, False, tuple(problems))
    return parse_source(path, text, files, symbols=symbols, dtc=dtc)


def parse_source(path: str, text: SourceText, files: Files, *, symbols: bool, dtc: Dtc = NEWEST) -> SourceTree:
    from lark import UnexpectedInput

    from colorcheck.inputs.device_tree.dts.parse import parse, parse_rows

    try:
        attempt = _built(path, text, files.copy(), parse_rows(text.text), [], symbols=symbols, dtc=dtc)
        if attempt.tree is not None:
            return attempt
    except UnexpectedInput:
        pass
    # What is wrong and where is found word by word.
    problems: list[Problem] = []
    source, warnings = parse(text, problems)
    if source is None:
        return SourceTree(None, False, tuple(problems))
    return _built(path, text, files, source, warnings, symbols=symbols, dtc=dtc)


def _built(
    path: str, text: SourceText, files: Files, source: Source, warnings: list[Problem], *, symbols: bool, dtc: Dtc
) -> SourceTree:
    from colorcheck.inputs.device_tree.dts.live import Merger
    from colorcheck.inputs.device_tree.dts.resolve import resolve
    from colorcheck.inputs.device_tree.dts.values import ValueReader

    problems: list[Problem] = []
    values = ValueReader(text, files, problems, dtc)
    live = Merger(values).merge(source)
    problems += resolve(live, symbols, dtc)
    if problems:
        return SourceTree(None, live.plugin, tuple(problems))
    root = freeze(live.root)
    size = blob_size(root, len(live.reservations))
    # Whoever reads the blob takes an entry of size 0 for the end of the list.
    reservations = tuple(takewhile(lambda reservation: reservation[1], live.reservations))
    names = (path, *(name for name in files.names if name != path))
    looked_for = tuple(dict.fromkeys(files.looked_for))
    reported = (*warnings, *values.warnings)
    tree = DeviceTree(path, root, reservations, names, reported, 17, live.boot_cpu, size, looked_for)
    return SourceTree(tree, live.plugin, ())
