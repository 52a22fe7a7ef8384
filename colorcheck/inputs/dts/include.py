"""`/include/ "file"`: one text from all the files of a source, as dtc's scanner sees it."""

from __future__ import annotations

import re

from colorcheck.diagnostic import Problem
from colorcheck.inputs.dts.files import Files
from colorcheck.inputs.dts.text import BOUNDARY, Composer, SourceText, Segment, decode
from colorcheck.source import Lines

DEEPEST = 200
_WORDS = re.compile(
    r'/include/[ \t\n\v\f\r]*+"(?P<name>[^"\\]*+(?:\\[^\n][^"\\]*+)*+)"'
    r'|"[^"\\]*+(?:\\[^\n][^"\\]*+)*+"'
    r"|/\*[^*]*+\*++(?:[^*/][^*]*+\*++)*+/"
    r"|//[^\n]*+\n"
    r"|'[^']*(?:(?<=\\)'[^']*)*'"
)


def assemble(path: str, data: bytes, files: Files, problems: list[Problem]) -> SourceText:
    """The text of the file with what it includes."""
    files.names.append(path)
    whole = SourceText(decode(data), ())
    lines = Lines(path, whole.text)
    whole = SourceText(whole.text, (Segment(0, lines, 0),))
    if "/include/" not in whole.text:
        return whole
    composer = Composer()
    _splice(whole, lines, (path,), composer, files, problems)
    return composer.finish(lines)


def _splice(
    source: SourceText,
    lines: Lines,
    chain: tuple[str, ...],
    composer: Composer,
    files: Files,
    problems: list[Problem],
) -> None:
    """Append `source` to the composer, its includes replaced; `chain` are the files that are being included."""
    done = 0
    for word in _WORDS.finditer(source.text):
        if word["name"] is None:
            continue
        composer.append_part(source, done, word.start())
        done = word.end()
        where = source.location(word.start("name"), word.end("name"))
        found = files.find(word["name"], source.file(word.start()))
        if found in chain or len(chain) > DEEPEST:
            route = " → ".join((*chain[chain.index(found) if found in chain else 0 :], found)[-4:])
            problems.append(Problem("include-cycle", f"{found} includes itself: {route}", where, "break the cycle"))
            return
        data = files.read(found, where)
        if isinstance(data, Problem):
            problems.append(data)
            continue
        text = decode(data)
        inner = Lines(found, text)
        composer.append(BOUNDARY, inner, 0)
        _splice(SourceText(text, (Segment(0, inner, 0),)), inner, (*chain, found), composer, files, problems)
        composer.append(BOUNDARY, inner, len(text))
    composer.append_part(source, done, len(source.text))
