"""Requirements with their evidence, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.report.marks import SIGNS, STYLES, of_standing
from colorcheck.report.style import printable
from colorcheck.report.terminal.terminal import indented, text, title
from colorcheck.report.view import requirement_lines
from colorcheck.verification.results import Verification

if TYPE_CHECKING:
    from rich.console import RenderableType


def requirements(verification: Verification) -> Iterator[RenderableType]:
    """A line for each requirement, followed by the reasons if it is not met."""
    if verification.requirements:
        yield from title("Requirements")
    for requirement in verification.requirements:
        mood = of_standing(requirement.standing)
        head, *rest = requirement_lines(requirement)
        yield indented(
            f"{SIGNS[mood]} ", text(printable(requirement.id), (f"  {printable(head)}", "dim")), STYLES[mood]
        )
        for line in rest:
            yield indented("    ", text(printable(line)))
