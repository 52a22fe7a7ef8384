"""The text of `replay --at`: the frames of one domain, their colors and cache sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import PAGE, size_of_pages
from colorcheck.hardware.board import Board
from colorcheck.hardware.index import KnownIndex, UnknownIndex
from colorcheck.replay.places import ColorPlace, places, spread, stretches
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.memory_map import rows, to_scale
from colorcheck.report.terminal.memory_picture import shares
from colorcheck.report.terminal.terminal import indented, text, title
from colorcheck.xen.booted import Boot

if TYPE_CHECKING:
    from rich.console import RenderableType

_FIRST = 3  # frames listed per color
_COLORS = 32  # colors that are listed individually


def whereabouts(boot: Boot, board: Board | None, owner: str, style: Style) -> Iterator[RenderableType]:
    """The frames of a domain, or of `xen`; one sentence if it has none."""
    try:
        found = places(boot, owner)
    except KeyError:
        yield indented("? ", text(f"this boot does not reach {printable(owner)}"), "bold yellow")
        return
    built = next((built for built in boot.built if built.domain.name == owner), None)
    if built is not None and not built.created:
        reason = built.failure.message if built.failure else "not built"
        yield indented("✗ ", text(f"{printable(owner)} is not created: {printable(reason)}"), "bold red")
    if not found:
        yield indented("? ", text(f"{printable(owner)} has no frames"), "bold yellow")
        return
    drawn = to_scale(boot, style)
    frames = sum(place.count for place in found)
    yield from title(
        f"The {frames} frames ({size_of_pages(frames)}) of {printable(owner)}, a cell is {size_of_pages(drawn.scale)}"
    )
    yield from rows(shares(drawn, spread(found, drawn.spans()), style.unicode))
    yield text("")
    for low, high, count in stretches(boot, found):
        span = f"{low * PAGE:#014x} - {(high + 1) * PAGE:#014x}"
        yield text((f"{span}  ", "dim"), f"{count:>9} frames, {size_of_pages(count)}")
    yield from _colors(found, _index(board), style)


def _index(board: Board | None) -> KnownIndex | None:
    llc = board.boot_cluster.llc if board else None
    return None if llc is None or isinstance(llc.index, UnknownIndex) else llc.index


def _colors(found: tuple[ColorPlace, ...], index: KnownIndex | None, style: Style) -> Iterator[RenderableType]:
    yield from title("By color: frames, the first ones allocated, cache sets")
    shown = found if style.verbose else found[:_COLORS]
    for place in shown:
        first = " ".join(f"{mfn * PAGE:#x}" for mfn in place.first(_FIRST))
        sets = f"sets {ColorSet.of(place.cache_sets(index))}" if index else "sets unknown: the index is not documented"
        yield text(f"{place.color:>5} {place.count:>9}  ", (first, "cyan"), " … ", (sets, "dim"))
    if len(shown) < len(found):
        yield text((f"and {len(found) - len(shown)} more colors (--verbose lists all)", "dim"))
    if index:
        owned = frozenset().union(*(place.cache_sets(index) for place in found))
        yield text((f"together {len(owned)} of the {index.n_sets} sets of the last-level cache", "dim"))
