"""The texts of `--help` in the width of the terminal."""

from __future__ import annotations

import argparse
import textwrap

from colorcheck.core.pattern import pattern

_EXAMPLE = pattern(r"( +\S.*? {2,})(\S.*)")
_LEAST = 24  # columns of a description that stays beside its command


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Wraps paragraphs, keeps indented lines apart, and leaves room for the longest command name."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            self._action_max_length += self._indent_increment  # argparse does not count the indentation of commands

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "".join(f"{indent}{line}".rstrip() + "\n" for line in wrapped(text, width - len(indent)))


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text that has paragraphs and, indented by blanks, lines of a command and its description."""
    lines: list[str] = []
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line and not line.startswith(" ") and not line.endswith(":"):
            paragraph.append(line)
            continue
        lines += textwrap.wrap(" ".join(paragraph), width, break_on_hyphens=False)
        paragraph = []
        lines += _indented(line, width)
    return lines[:-1]


def _indented(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    parts = _EXAMPLE.fullmatch(line)
    if parts is None:
        lead = " " * (len(line) - len(line.lstrip()))
        return textwrap.wrap(line, width, subsequent_indent=f"{lead}    ", break_on_hyphens=False)
    command, said = parts.groups()
    if width - len(command) >= _LEAST:
        return textwrap.wrap(said, width, initial_indent=command, subsequent_indent=" " * len(command))
    lead = " " * (len(command) - len(command.lstrip()) + 4)
    return [command.rstrip(), *textwrap.wrap(said, width, initial_indent=lead, subsequent_indent=lead)]
