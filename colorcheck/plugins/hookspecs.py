"""The hooks for plugins: what a plugin may add to colorcheck.

A plugin is a module or object named by an entry point of the group `colorcheck`. It implements any of these hooks::

    import colorcheck.plugins as colorcheck

    @colorcheck.hook
    def colorcheck_boards():
        return {"my-board": lambda: colorcheck.read_board(TEXT, "my-board")}

Every hook takes no arguments and returns quickly; the work is done by the functions that it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pluggy

if TYPE_CHECKING:
    from colorcheck.hardware.board import Board
    from colorcheck.inputs.translation import InputReader
    from colorcheck.rules.rule import Rule
    from colorcheck.verification.results import Verification

GROUP = "colorcheck"
spec = pluggy.HookspecMarker(GROUP)
hook = pluggy.HookimplMarker(GROUP)


ReportFormat: TypeAlias = "Callable[[Verification], str]"


@spec
def colorcheck_boards() -> Mapping[str, Callable[[], Board]]:  # type: ignore[empty-body]
    """Boards by name, each with a function that creates it, called only when the board is requested."""


@spec
def colorcheck_rules() -> Iterable[Rule]:  # type: ignore[empty-body]
    """Rules, run after the built-in ones. IDs are letters and digits, such as `MY101`, and must be unique."""


@spec
def colorcheck_report_formats() -> Mapping[str, ReportFormat]:  # type: ignore[empty-body]
    """Report formats by the name that `--format` takes: the text that is printed for a verification."""


@spec
def colorcheck_input_readers() -> Mapping[str, InputReader]:  # type: ignore[empty-body]
    """Readers of further input formats, by the ending of the file's name (`.yaml`): its name and bytes to text."""
