"""Files in formats of plugins: their reader returns text in a format that colorcheck reads itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location

TranslationKind: TypeAlias = Literal["xl", "device-tree", "image-builder"]


class Translation(Struct, frozen=True):
    """What an input reader returns for a file: text of one of the kinds (`device-tree` is source).

    Places in findings are places in this text, under the name of the file that it was made from.
    """

    kind: TranslationKind
    text: str


InputReader: TypeAlias = Callable[[str, bytes], Translation | Problem]
"""From a file's name and bytes to text, or to a problem that says what is wrong with the file."""

Readers: TypeAlias = Mapping[str, InputReader]
"""Readers by the ending of the file's name, with its dot."""


def reader_of(readers: Readers, path: str) -> InputReader | None:
    return readers.get(os.path.splitext(path)[1].lower())


def translated(reader: InputReader, path: str, data: bytes, kind: str) -> str | Problem:
    """The text into which a reader translates a file; a problem of kind `plugin-reader` if it returns nothing of this
    kind."""
    try:
        found = reader(path, data)
    except Exception as error:
        return _unusable(path, f"failed: {type(error).__name__}: {error}")
    if isinstance(found, Problem):
        return found
    if not isinstance(found, Translation) or not isinstance(found.text, str):
        return _unusable(path, f"returned a {type(found).__name__}, not a Translation")
    if found.kind != kind:
        return _unusable(path, f"returned text of the kind {found.kind!r}, but {kind!r} is needed here")
    return found.text


def _unusable(path: str, what: str) -> Problem:
    message = f"the plugin that reads {os.path.splitext(path)[1]} files {what}"
    return Problem(
        ProblemKind.PLUGIN_READER, message, Location(path), "the file was not read; fix or uninstall the plugin"
    )
