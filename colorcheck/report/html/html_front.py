"""The Pareto front as a page: a chart of its points over two objectives, shaded by the third, and a table of its
plans.
"""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h

from colorcheck.plan.search.front import UNITS, Front, Goal
from colorcheck.report.html.page import footer, page, scroll, sideways, table

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 360, 80, 50


def page_of(front: Front, manifest: str) -> str:
    """A whole page."""
    word = "complete" if not front.incomplete else f"incomplete: {front.incomplete}"
    head = h.header[h.h1["Front of plans"], h.p[f"{manifest}: {len(front.points)} plans, {word}"]]
    return page("colorcheck: front of plans", [head, h.main("#main")[section(front)], footer()])


def section(front: Front) -> list[h.Node]:
    """The chart and the table."""
    rows = [
        h.tr[
            h.th(scope="row")[str(number)],
            [h.td[str(value)] for value in point.values],
            h.td["; ".join(f"{name} {colors}" for name, colors in point.colors)],
        ]
        for number, point in enumerate(front.points, 1)
    ]
    heads = ("Plan", *(f"{goal} ({UNITS[goal]})" for goal in front.goals), "Colors")
    drawn = len(front.goals) > 1 and front.points
    picture = (sideways("The picture is wide"), scroll("Front of plans, as a picture")[svg(front)]) if drawn else None
    darker = (
        f"Darker: {'fewer' if front.goals[2] is Goal.CHANGES else 'more'} {front.goals[2]}." if _shaded(front) else ""
    )
    legend = h.p[f"The numbers are those of the plans in the table. {darker}".strip()] if drawn else None
    return [picture, legend, table("Plans", heads, rows)]


def svg(front: Front) -> h.Element:
    """The chart; points that are better in the third objective are darker."""
    label = "Front of plans; the table has the same values"
    return h.svg(viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img", aria_label=label)[
        list(_drawn(front))
    ]


def _drawn(front: Front) -> Iterator[h.Node]:
    xs, ys = ([point.values[axis] for point in front.points] for axis in (0, 1))
    yield h.path(d=f"M{LEFT} 10V{HEIGHT - BOTTOM}H{WIDTH - 10}", fill="none", stroke="currentColor")
    for goal, (x, y) in zip(front.goals, ((WIDTH // 2, HEIGHT - 8), (LEFT + 8, 20)), strict=False):
        yield h.text(x=x, y=y, fill="currentColor")[f"{goal} in {UNITS[goal]}"]
    for value in sorted({min(xs), max(xs)}):
        place = {"x": f"{_x(value, xs):.1f}", "y": str(HEIGHT - 28), "text-anchor": "middle"}
        yield h.text(place, fill="currentColor")[str(value)]
    for value in sorted({min(ys), max(ys)}):
        place = {"x": str(LEFT - 6), "y": f"{_y(value, ys):.1f}", "text-anchor": "end"}
        yield h.text(place, fill="currentColor")[str(value)]
    for number, point in enumerate(front.points, 1):
        amounts = zip(front.goals, point.values, strict=True)
        reported = ", ".join(f"{goal} {value} {UNITS[goal]}" for goal, value in amounts)
        spot = {"cx": f"{_x(point.values[0], xs):.1f}", "cy": f"{_y(point.values[1], ys):.1f}", "r": "5"}
        paint = {"fill": "#1d4ed8", "fill-opacity": f"{_shade(front, number - 1):.2f}", "stroke": "#1d4ed8"}
        yield h.circle(spot, paint)[h.title[f"{number}: {reported}"]]
        beside = {"x": f"{_x(point.values[0], xs) + 9:.1f}", "y": f"{_y(point.values[1], ys) + 5:.1f}"}
        yield h.text(beside, fill="currentColor")[str(number)]


def _x(value: int, among: list[int]) -> float:
    return LEFT + 20 + _part(value, among) * (WIDTH - LEFT - 60)


def _y(value: int, among: list[int]) -> float:
    return HEIGHT - BOTTOM - 20 - _part(value, among) * (HEIGHT - BOTTOM - 50)


def _part(value: int, among: list[int]) -> float:
    low, high = min(among), max(among)
    return (value - low) / (high - low) if high > low else 0.5


def _shaded(front: Front) -> bool:
    return len(front.goals) > 2


def _shade(front: Front, number: int) -> float:
    if not _shaded(front):
        return 1.0
    values = [point.values[2] for point in front.points]
    part = _part(values[number], values)
    return 0.15 + 0.85 * (1 - part if front.goals[2] is Goal.CHANGES else part)
