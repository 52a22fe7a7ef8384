"""The text of `plan --front`: a chart over two objectives, and the table of its plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from colorcheck.plan.search.front import UNITS, Front, Goal
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import printed, text, title

if TYPE_CHECKING:
    from rich.console import RenderableType

_TALL = 10
_MARKS = "123456789abcdefghijklmnopqrstuvwxyz"


def render(front: Front, style: Style) -> str:
    return printed(_parts(front, style), style)


def _parts(front: Front, style: Style) -> Iterator[RenderableType]:
    if not front.points:
        yield text(("no plan", "bold red"), f"  {front.incomplete}".rstrip())
        return
    count = len(front.points)
    word = "complete" if not front.incomplete else "incomplete"
    noun = "plan" if count == 1 else "plans"
    yield text(
        (f" {count} {noun.upper()} ", "bold green reverse"),
        f"  {word}",
        f": {front.incomplete}" if front.incomplete else "",
    )
    if len(front.goals) > 1 and count > 1:
        yield from title(
            f"{front.goals[1]} in {UNITS[front.goals[1]]} over {front.goals[0]} in {UNITS[front.goals[0]]}"
        )
        for line in picture(front, max(20, min(style.width, 80) - 12)):
            yield text(line)
        if len(front.goals) > 2:
            third = front.goals[2]
            best = "fewest" if third is Goal.CHANGES else "most"
            yield text((f"a mark is the plan with the {best} {third} there; others may be behind it", "dim"))
    yield from title("Plans")
    names = [f"{goal} ({UNITS[goal]})" for goal in front.goals]
    yield text((f"{'':>4}  " + "  ".join(name.rjust(max(len(name), 8)) for name in names) + "  colors", "dim"))
    for number, point in enumerate(front.points, 1):
        values = "  ".join(f"{v:>{max(len(name), 8)}}" for v, name in zip(point.values, names, strict=True))
        colors = "  ".join(f"{printable(name)} {own}" for name, own in point.colors)
        yield text(f"{number:>4}  {values}  ", colors)


def picture(front: Front, width: int) -> Iterator[str]:
    """A chart of the points; the first objective is the horizontal axis, the second the vertical one."""
    xs, ys = ([point.values[axis] for point in front.points] for axis in (0, 1))
    grid: dict[tuple[int, int], int] = {}
    order = sorted(range(len(xs)), key=lambda n: _rank(front, n))
    for n in order:
        grid.setdefault((_scaled(ys[n], ys, _TALL - 1), _scaled(xs[n], xs, width - 1)), n)
    for row in range(_TALL - 1, -1, -1):
        label = max(ys) if row == _TALL - 1 else min(ys) if row == 0 else ""
        cells = "".join(_mark(grid[row, column]) if (row, column) in grid else " " for column in range(width))
        yield f"{label!s:>8} |{cells}".rstrip()
    yield f"{'':>8} +{'-' * width}"
    yield f"{'':>10}{min(xs)!s}{max(xs)!s:>{max(1, width - len(str(min(xs))))}}"


def _rank(front: Front, n: int) -> int:
    if len(front.goals) < 3:
        return 0
    value = front.points[n].values[2]
    return value if front.goals[2] is Goal.CHANGES else -value


def _mark(n: int) -> str:
    return _MARKS[n] if n < len(_MARKS) else "*"


def _scaled(value: int, among: Sequence[int], top: int) -> int:
    low, high = min(among), max(among)
    return round((value - low) * top / (high - low)) if high > low else 0
