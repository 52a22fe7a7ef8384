"""Texts for a terminal through rich, in the width and colors of the style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.safe import Painted, safe
from colorcheck.report.style import Style

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text


def printed(parts: Iterable[RenderableType], style: Style) -> str:
    """The parts one after the other, without trailing blanks; `Painted` if it has terminal colors."""
    screen = _Screen(style)
    for part in parts:
        screen.print(text(part) if isinstance(part, str) else part)
    whole = "\n".join(line.rstrip() for line in screen.written.getvalue().split("\n"))
    whole = whole if style.unicode else _ascii(whole)
    return Painted(whole) if style.color else whole


class _Screen:
    """Texts bypass rich's layout, which takes most of the time of a long report and does not change them; only colors
    and tables need its console.
    """

    def __init__(self, style: Style) -> None:
        self.style = style
        self.written = StringIO()

    @cached_property
    def console(self) -> Console:
        from rich.console import Console

        return Console(
            file=self.written,
            width=self.style.width,
            force_terminal=self.style.color,
            no_color=not self.style.color,
            color_system="truecolor" if self.style.color else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def print(self, part: RenderableType) -> None:
        from rich.text import Text

        if isinstance(part, Text):
            lines: Iterable[Text] = _folded(part, self.style.width)
        elif isinstance(part, Indented):
            lines = part.lines(self.style.width)
        else:
            self.console.print(part)
            return
        for line in lines:
            self.written.write(self._escaped(line) if line.spans and self.style.color else line.plain)
            self.written.write("\n")

    def _escaped(self, line: Text) -> str:
        from rich.color import ColorSystem

        pieces = line.render(self.console)
        return "".join(
            style.render(words, color_system=ColorSystem.TRUECOLOR) if style else words for words, style, _ in pieces
        )


def _folded(line: Text, width: int) -> Iterable[Text]:
    if line.cell_len <= width and line.plain.isprintable():
        return (line,)
    return line.wrap(None, width, overflow=line.overflow)  # type: ignore[arg-type]  # only justified text needs one


def text(*pieces: str | tuple[str, str]) -> Text:
    """A line of pieces, each plain or with a style; folded if it is too long."""
    from rich.text import Text

    made = Text(overflow="fold")
    for piece in pieces:
        words, *mood = (piece,) if isinstance(piece, str) else piece
        made.append(safe(words), *mood)
    return made


class Indented(Struct, frozen=True):
    """A text after a label, with hanging indentation."""

    label: Text
    rest: Text

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        return self.lines(options.max_width)

    def lines(self, width: int) -> Iterator[Text]:
        """The lines, each of at most `width` columns."""
        blank = " " * self.label.cell_len
        for number, line in enumerate(_folded(self.rest, max(width - self.label.cell_len, 8))):
            yield (text(blank) if number else self.label.copy()).append_text(line)


def indented(first: str, rest: Text, style: str = "") -> Indented:
    """A text after the label `first`, with hanging indentation."""
    return Indented(text((first, style)), rest)


def title(words: str) -> Iterator[Text]:
    """An empty line and a heading."""
    yield text("")
    yield text((words, "bold underline"))


_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "∅": "0", "·": ".", "…": "~", "█": "#", "░": "-", "─": "-", "–": "-", "∀": "A"}
)


def _ascii(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
