"""Miss curves: costs measured per number of colors, from a CSV file."""

from __future__ import annotations

import csv
import math

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.files import read_text


def read_curve(path: str, named_at: Location) -> tuple[float, ...] | Problem:
    """Costs with 1, 2, … colors.

    Each line has a number of colors and a cost (misses, or time); a first line of words is a heading, `#` begins a
    comment. A number between two that were measured costs what the smaller one does; the first must be 1.
    """
    text = read_text(path, named_at)
    if isinstance(text, Problem):
        return text
    found: dict[int, float] = {}
    for number, line in enumerate(text.splitlines(), 1):
        fields = [field.strip() for field in next(csv.reader([line.partition("#")[0]]), [])]
        if not any(fields):
            continue
        place = Location(path, number, 1, number, len(line) + 1)
        point = _point(fields)
        if point is None and not found and not any(field[:1].isdigit() for field in fields):
            continue
        if point is None:
            return Problem(
                ProblemKind.MISS_CURVE, f'"{line.strip()}" is no point of a miss curve', place, 'write "4, 81000"'
            )
        if point[0] in found:
            return Problem(ProblemKind.MISS_CURVE, f"{point[0]} colors are given twice", place, "leave one of them")
        found[point[0]] = point[1]
    if 1 not in found:
        return Problem(
            ProblemKind.MISS_CURVE, f"{path} has no cost for 1 color", Location(path), 'begin with a line "1, cost"'
        )
    curve = [found[1]]
    for count in range(2, max(found) + 1):
        curve.append(found.get(count, curve[-1]))
    return tuple(curve)


def _point(fields: list[str]) -> tuple[int, float] | None:
    try:
        colors, cost = int(fields[0]), float(fields[1])
    except (ValueError, IndexError):
        return None
    return (colors, cost) if 0 < colors <= 4096 and cost >= 0 and math.isfinite(cost) and len(fields) == 2 else None
