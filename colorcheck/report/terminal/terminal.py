"""Texts for a terminal through rich, in the width and colors of the style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    from rich.console import Console

    target = StringIO()
    console = Console(
        file=target,
        width=style.width,
        force_terminal=style.color,
        no_color=not style.color,
        color_system="truecolor" if style.color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        _print(text(part) if isinstance(part, str) else part, style.width, console, target)
    whole = "\n".join(line.rstrip() for line in target.getvalue().split("\n"))
    whole = whole if style.unicode else _ascii(whole)
    return Painted(whole) if style.color else whole


def _print(part: RenderableType, width: int, console: Console, target: StringIO) -> None:
    """Print a part; texts bypass rich's layout, which takes most of the time of a long report and does not change
    them.
    """
    from rich.text import Text

    if isinstance(part, Text):
        lines: Iterable[Text] = _folded(part, console, width)
    elif isinstance(part, Indented):
        lines = part.lines(console, width)
    else:
        console.print(part)
        return
    for line in lines:
        target.write(_escaped(line, console) if line.spans and not console.no_color else line.plain)
        target.write("\n")


def _folded(line: Text, console: Console, width: int) -> Iterable[Text]:
    fits = line.cell_len <= width and line.plain.isprintable()
    return (line,) if fits else line.wrap(console, width, overflow=line.overflow)


def _escaped(line: Text, console: Console) -> str:
    from rich.color import ColorSystem

    pieces = line.render(console)
    return "".join(
        style.render(words, color_system=ColorSystem.TRUECOLOR) if style else words for words, style, _ in pieces
    )


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

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        return self.lines(console, options.max_width)

    def lines(self, console: Console, width: int) -> Iterator[Text]:
        """The lines, each of at most `width` columns."""
        blank = " " * self.label.cell_len
        for number, line in enumerate(_folded(self.rest, console, max(width - self.label.cell_len, 8))):
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
