"""Texts for a terminal through rich: as wide, as colorful and as plain as the style asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import StringIO
from typing import TYPE_CHECKING

from colorcheck.report.style import Style
from colorcheck.value import dataclass

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text


def printed(parts: Iterable[RenderableType], style: Style) -> str:
    """The parts one below the other, without blanks at the ends of lines."""
    from rich.console import Console, Group

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
    console.print(Group(*(text(part) if isinstance(part, str) else part for part in parts)))
    whole = "\n".join(line.rstrip() for line in target.getvalue().split("\n"))
    return whole if style.unicode else _ascii(whole)


def text(*pieces: str | tuple[str, str]) -> Text:
    """A line of pieces, each plain or with its style; folded where it is too long."""
    from rich.text import Text

    made = Text(overflow="fold")
    for piece in pieces:
        made.append(*((piece,) if isinstance(piece, str) else piece))
    return made


@dataclass(frozen=True, slots=True)
class Indented:
    """A text whose further lines stand under its first one, behind a label."""

    label: Text
    rest: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        blank = " " * self.label.cell_len
        width = max(options.max_width - self.label.cell_len, 8)
        for number, line in enumerate(self.rest.wrap(console, width, overflow="fold")):
            yield (text(blank) if number else self.label).copy().append_text(line)


def indented(first: str, rest: Text, style: str = "") -> Indented:
    """A text whose further lines stand under its first one, behind the label `first`."""
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
