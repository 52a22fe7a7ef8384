"""The text of `replay`: the memory map, the color heap, and what each domain took from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.report.panels import memory
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import indented, printed, text, title
from colorcheck.report.view import PAGE, size
from colorcheck.results import Outlook, Verification
from colorcheck.xen.system import Boot

if TYPE_CHECKING:
    from rich.console import RenderableType


def render(verification: Verification, style: Style) -> str:
    """One section for each Xen, then the memory of the domains."""
    return printed(_parts(verification, style), style)


def _parts(verification: Verification, style: Style) -> Iterator[RenderableType]:
    for outlook in verification.facts.outlooks:
        yield from _outlook(outlook)
    yield from memory(verification.facts, style)


def _outlook(outlook: Outlook) -> Iterator[RenderableType]:
    boot = outlook.boot
    if boot is None:
        yield from title(f"Xen {outlook.line}: its boot could not be worked out")
        return
    yield from title(f"Xen {outlook.line} {boot.outcome}")
    if boot.panic:
        yield indented("✗ ", text(f"{printable(boot.panic.message)} ({boot.panic.kind})"), "bold red")
    yield from _map(boot)
    yield from _heaps(boot)


def _map(boot: Boot) -> Iterator[RenderableType]:
    for part in boot.memory_map:
        span = f"{part.start * PAGE:#014x} - {part.end * PAGE:#014x}"
        yield text((f"{span}  ", "dim"), f"{size(part.pages):>10}  {part.use:<16} ", (printable(part.label), "dim"))


def _heaps(boot: Boot) -> Iterator[RenderableType]:
    if not boot.free_initial:
        return
    yield text("")
    yield text(
        f"buddy heap {size(boot.buddy_initial_pages)}, of that {size(boot.buddy_reserved_pages)} reserved; "
        f"color heap {size(sum(boot.free_initial))}"
    )
    yield text(("color   frames at first   frames left", "dim"))
    for color, (first, left) in enumerate(zip(boot.free_initial, boot.free_final, strict=True)):
        yield text(f"{color:>5} {first:>17} {left:>13}")
