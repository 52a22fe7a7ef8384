"""Texts for a terminal through rich: as wide, as colorful and as plain as the style asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import StringIO
from typing import TYPE_CHECKING

from colorcheck.report.style import Style

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


def printed(parts: Iterable[RenderableType], style: Style) -> str:
    """The parts one below the other, without blanks at the ends of lines."""
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
        console.print(part)
    whole = "\n".join(line.rstrip() for line in target.getvalue().split("\n"))
    return whole if style.unicode else _ascii(whole)


def text(*pieces: str | tuple[str, str]) -> Text:
    """A line of pieces, each plain or with its style; folded where it is too long."""
    from rich.text import Text

    made = Text(overflow="fold")
    for piece in pieces:
        made.append(*((piece,) if isinstance(piece, str) else piece))
    return made


def indented(first: str, rest: Text, style: str = "") -> RenderableType:
    """A text whose further lines stand under its first one, behind the label `first`."""
    from rich.table import Table

    grid = Table.grid(padding=0)
    grid.add_column(width=len(first), no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(text((first, style)), rest)
    return grid


def title(words: str) -> Iterator[Text]:
    """An empty line and a heading."""
    yield text("")
    yield text((words, "bold underline"))


_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "∅": "0", "·": ".", "…": "~", "█": "#", "░": "-", "─": "-", "–": "-", "∀": "A"}
)


def _ascii(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
