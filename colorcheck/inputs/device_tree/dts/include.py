"""`/include/ "file"`: one text from all the files of a source, as dtc's scanner sees it."""

from __future__ import annotations

import re

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Lines, Location
from colorcheck.inputs.device_tree.dts.directives import DIRECTIVES
from colorcheck.inputs.device_tree.dts.files import Files
from colorcheck.inputs.device_tree.dts.markers import follow_markers
from colorcheck.inputs.device_tree.dts.text import BOUNDARY, Composer, Segment, SourceText, decode

DEEPEST = 200
_DIRECTIVE_LINE = re.compile(rf"^[ \t]*#[ \t]*(?:{DIRECTIVES})(?![\w,.+*#?@-]|[ \t]*[=;])", re.MULTILINE)
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
    source = _one_file(path, decode(data))
    if needs_preprocessor(source.text):
        from colorcheck.inputs.device_tree.dts.preprocess import preprocess

        source = preprocess(source, files, problems)
    else:
        source = follow_markers(source, files.looked_for)
    return _Assembler(files, problems).whole(source, path)


def needs_preprocessor(text: str) -> bool:
    """Whether a line of the text is for the C preprocessor; dtc alone would refuse such a text."""
    return "#" in text and _DIRECTIVE_LINE.search(text) is not None


def _one_file(path: str, text: str) -> SourceText:
    return SourceText(text, (Segment(0, Lines(path, text), 0),))


class _Assembler:
    def __init__(self, files: Files, problems: list[Problem]) -> None:
        self.files = files
        self.problems = problems
        self.composer = Composer()

    def whole(self, source: SourceText, path: str) -> SourceText:
        if "/include/" not in source.text:
            return source
        self._splice(source, (path,))
        return self.composer.finish(source.segments[0].lines)

    def _splice(self, source: SourceText, chain: tuple[str, ...]) -> None:
        """Append `source`, its includes replaced; `chain` are the files of which one includes the next."""
        done = 0
        for word in _WORDS.finditer(source.text):
            if word["name"] is None:
                continue
            self.composer.append_part(source, done, word.start())
            done = word.end()
            where = source.location(word.start("name"), word.end("name"))
            self._include(self.files.find(word["name"], source.file(word.start())), where, chain)
        self.composer.append_part(source, done, len(source.text))

    def _include(self, path: str, where: Location, chain: tuple[str, ...]) -> None:
        if path in chain or len(chain) > DEEPEST:
            route = " → ".join((*chain, path)[-4:])
            self.problems.append(
                Problem(ProblemKind.INCLUDE_CYCLE, f"endless include: {route}", where, "break the cycle")
            )
            return
        data = self.files.read(path, where)
        if isinstance(data, Problem):
            if data.kind is not ProblemKind.TOO_LARGE or not any(known.kind == data.kind for known in self.problems):
                self.problems.append(data)
            return
        inner = follow_markers(_one_file(path, decode(data)), self.files.looked_for)
        lines = inner.segments[0].lines
        self.composer.append(BOUNDARY, lines, 0)
        self._splice(inner, (*chain, path))
        self.composer.append(BOUNDARY, lines, len(inner.text))
