"""The C preprocessor, for the sources that need it: `#include`, `#define`, `#if`, through pcpp.

Every word that comes out keeps the place where it was written; a word out of a macro has the place in the macro's
definition, or in the argument that it came from.
"""

from __future__ import annotations

import copy
import io
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pcpp import Action, OutputDirective, Preprocessor

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Lines, Location
from colorcheck.inputs.device_tree.dts.directives import DIRECTIVES
from colorcheck.inputs.device_tree.dts.files import Files
from colorcheck.inputs.device_tree.dts.text import Composer, SourceText, decode

# Macros that make more words than this are a bomb; the largest trees of the Linux kernel have about 10^5 words.
MOST_WORDS = 2_000_000
DEEPEST = 80
_ODD_SPACE = re.compile(r"[\r\f\v]")


def preprocess(source: SourceText, files: Files, problems: list[Problem]) -> SourceText:
    """The text as `cpp -undef -D__DTS__` would leave it. Faults go to `problems`."""
    lines = source.segments[0].lines
    run = _Run(files, problems)
    composer = Composer()
    try:
        run.parse(lines.text, lines.file)
        origin = (lines, 0)
        while token := run.token():
            # What pcpp itself defines comes from nowhere; it is said to be where the word before it is.
            origin = getattr(token, "origin", origin)
            _append(composer, str(token.value), *origin)
    except _StopReading as stop:
        problems.append(stop.problem)
    except Exception as error:  # pcpp meets malformed input with exceptions of any kind
        what = "macros nested too deep" if isinstance(error, RecursionError) else f"malformed directive ({error})"
        problems.append(Problem(ProblemKind.PREPROCESSOR, what, run.place()))
    return composer.finish(lines)


class _StopReading(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _append(composer: Composer, value: str, lines: Lines, offset: int) -> None:
    if lines.text.startswith(value, offset) or _ODD_SPACE.sub(" ", lines.text[offset : offset + len(value)]) == value:
        composer.append(lines.text[offset : offset + len(value)], lines, offset)
    else:
        composer.append(value, lines, offset, min(offset + 1, len(lines.text)))


class _Evaluator:
    """pcpp's own, but for shifts that would fill the memory with one number."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, tokens: Any, **names: Any) -> Any:
        words = [str(token.value) for token in tokens if token.value.strip()]
        for shift, amount in pairwise(words):
            if shift == "<<" and not re.fullmatch(r"(?:0x0*[0-3]?[0-9a-f]|[0-5]?[0-9]|6[0-3])[uUlL]*", amount):
                raise ValueError("<< must be followed by a plain number below 64")
        return self.inner(tokens, **names)


class _Run(Preprocessor):  # type: ignore[misc]
    """pcpp with places, limits, and problems instead of printed messages."""

    def __init__(self, files: Files, problems: list[Problem]) -> None:
        super().__init__()
        self.files = files
        self.problems = problems
        self.words = 0
        self.open_files: list[Lines] = []
        self.evaluator: Any = _Evaluator(self.evaluator)
        self.define("__DTS__ 1")
        for name in ("__PCPP__", "__DATE__", "__TIME__"):
            self.macros.pop(name, None)
        for folder in files.folders:
            self.add_path(folder)
        self.lastdirective: Any = None

    def place(self) -> Location:
        """Where the last directive is."""
        if self.lastdirective is None:
            return Location(self.open_files[0].file if self.open_files else "")
        lines, offset = self.lastdirective.origin
        found: Location = lines.location(offset, offset + len(str(self.lastdirective.value)))
        return found

    def fault(self, kind: ProblemKind, message: str, where: Location, advice: str = "") -> None:
        self.problems.append(Problem(kind, message, where, advice))

    # ---- what pcpp calls

    def parsegen(self, text: str, source: Any = None, abssource: Any = None) -> Iterator[Any]:
        name = self._name(source, abssource)
        if len(self.open_files) > DEEPEST:
            what = f"endless include: {name} is included inside itself, or {DEEPEST} files deep"
            raise _StopReading(Problem(ProblemKind.INCLUDE_CYCLE, what, self.place(), "break the cycle"))
        self.open_files.append(Lines(name or "", text))
        yield from super().parsegen(text, source, abssource)
        self.open_files.pop()

    def group_lines(self, text: str, abssource: Any) -> Iterator[list[Any]]:
        """The words of each line, unlike pcpp's with nothing stripped, so that offsets are those of the file."""
        lines = self.open_files[-1]
        lexer = self.lexer.clone()
        lexer.input(_ODD_SPACE.sub(" ", text) + ("" if text.endswith("\n") else "\n"))
        lexer.lineno = 1
        line: list[Any] = []
        while token := lexer.token():
            token.source = abssource
            token.origin = (lines, token.lexpos)
            line.append(token)
            if token.type in self.t_WS and token.value == "\n":
                yield self._as_text(line)
                line = []
        if line:
            yield self._as_text(line)

    def _name(self, source: str, abssource: str) -> str:
        """The name as the user would write it: relative if the main file's name is relative."""
        if not self.open_files or os.path.isabs(self.open_files[0].file):
            return abssource if self.open_files else source
        return os.path.relpath(abssource)

    def _as_text(self, line: list[Any]) -> list[Any]:
        """A line like `#size-cells = <N>;` is text: an empty word before its # keeps it from being a directive."""
        words = [token for token in line if token.type not in self.t_WS][:2]
        if words and words[0].value == "#" and len(words) > 1 and words[1].value not in DIRECTIVES.split("|"):
            empty = copy.copy(words[0])
            empty.value = ""
            line.insert(0, empty)
        return line

    def expand_macros(self, tokens: list[Any], expanding_from: Any = ()) -> list[Any]:
        made: list[Any] = super().expand_macros(tokens, list(expanding_from))
        self.words += len(made)
        if self.words > MOST_WORDS:
            what = f"macros expand this file to more than {MOST_WORDS} words"
            raise _StopReading(Problem(ProblemKind.MACRO_BOMB, what, self.place(), "remove the macros that multiply"))
        return made

    def on_error(self, file: Any, line: Any, message: str) -> None:  # noqa: ARG002 - pcpp's signature
        self.fault(ProblemKind.PREPROCESSOR, message, self.place())

    def on_directive_handle(self, directive: Any, tokens: Any, passed: Any, before: Any) -> bool:  # noqa: ARG002
        self.lastdirective = directive
        if directive.value == "include" and not tokens:
            self.fault(ProblemKind.PREPROCESSOR, "#include does not name a file", self.place())
        return True

    def on_directive_unknown(self, directive: Any, tokens: Any, passed: Any, before: Any) -> Any:  # noqa: ARG002
        self.lastdirective = directive
        text = "".join(str(token.value) for token in tokens)
        if directive.value == "error":
            self.fault(ProblemKind.PREPROCESSOR, f"#error {text}", self.place())
        return True

    def on_unknown_macro_function_in_expr(self, name: str) -> Any:
        self.fault(
            ProblemKind.PREPROCESSOR, f"{name}(…) is used in a condition, but {name} is not a macro", self.place()
        )
        return lambda _value: 0

    def on_file_open(self, is_system_include: Any, path: str) -> io.StringIO:  # noqa: ARG002
        data = self.files.read(self._name(path, path), self.place())
        if isinstance(data, Problem):
            if data.kind is ProblemKind.UNREADABLE:
                raise OSError(data.message)
            raise _StopReading(data)
        return io.StringIO(decode(data), newline="")

    def on_include_not_found(self, malformed: Any, is_system: Any, folder: Any, path: str) -> None:  # noqa: ARG002
        what = f"malformed #include {path}" if malformed else f"the included file {path} is not there"
        self.fault(
            ProblemKind.UNREADABLE, what, self.place(), "" if malformed else "specify the folder that contains it"
        )
        raise OutputDirective(Action.IgnoreAndRemove)
