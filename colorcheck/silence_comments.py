"""Comments that silence rules: `# colorcheck: ignore[CC115] reason`, in the comment style of each input language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from colorcheck.results import Facts
from colorcheck.source import Location
from colorcheck.value import dataclass

_MARK = "colorcheck:"
_ASK = r"\s*colorcheck:\s*ignore\[(?P<rules>[^\]\n]*)\](?P<reason>[^\n]*?)"
_HASH = re.compile(rf"(?P<start>#){_ASK}\s*$")
_SLASHES = re.compile(
    rf"(?P<start>//){_ASK}\s*$|(?P<start2>/\*)\s*colorcheck:\s*ignore\[(?P<rules2>[^\]\n]*)\](?P<reason2>.*?)\*/"
)
_LARGEST = 16 << 20  # a file above this size in bytes is not searched
_SOURCES = (".dts", ".dtsi", ".dtso", ".h")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that silences: its place, the rules that it names, its reason, and the line that it speaks about."""

    location: Location
    rules: tuple[str, ...]
    reason: str
    line: int


def comments(facts: Facts) -> Iterator[Comment]:
    """Those of all input files, in order."""
    for file in dict.fromkeys(_files(facts)):
        yield from comments_of(file, _lines(file))


def comments_of(file: str, lines: list[str]) -> Iterator[Comment]:
    """Those of one file. A comment alone on its line speaks about the next line that is not a comment."""
    slashes = file.endswith(_SOURCES)
    pattern, leaders = (_SLASHES, ("//", "/*")) if slashes else (_HASH, ("#",))
    for number, line in enumerate(lines, 1):
        match = pattern.search(line) if _MARK in line else None
        if match is None:
            continue
        found = match.groupdict()
        rules = found["rules"] if found["rules"] is not None else found["rules2"]
        reason = found["reason"] if found["rules"] is not None else found["reason2"]
        about = number
        if not line[: match.start()].strip():
            about = next((n for n, text in enumerate(lines[number:], number + 1) if _code(text, leaders)), number)
        yield Comment(
            Location(file, number, match.start() + 1, number, match.end() + 1),
            tuple(name.strip() for name in rules.split(",") if name.strip()),
            reason.strip(" :-"),
            about,
        )


def _code(line: str, leaders: tuple[str, ...]) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(leaders)


def _files(facts: Facts) -> Iterator[str]:
    deployment = facts.deployment
    yield facts.manifest.file
    if deployment.tree is not None:
        yield deployment.tree.file
        yield from deployment.tree.files
    yield from (guest.file for guest in deployment.guests)
    if deployment.image_builder is not None:
        yield deployment.image_builder.file


def _lines(file: str) -> list[str]:
    """The lines of a text file that has such a comment; none of any other."""
    path = Path(file)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return []
        data = path.read_bytes()
    except (OSError, ValueError):
        return []
    return data.decode("utf-8", "replace").split("\n") if _MARK.encode() in data else []
