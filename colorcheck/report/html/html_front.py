"""The front as a page: a picture of points over two objectives, shaded by the third, and the table of its plans."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from colorcheck.plan.search.front import UNITS, Front, Goal
from colorcheck.report.html.html import page
from colorcheck.report.html.html_map import table, text

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 360, 80, 50


def page_of(front: Front, manifest: str) -> str:
    """A whole page."""
    word = "complete" if not front.incomplete else f"incomplete: {front.incomplete}"
    count = len(front.points)
    body = f"<h1>Front of plans</h1><p>{text(manifest)}: {count} plans, {text(word)}</p>{section(front)}"
    return page("colorcheck: front of plans", body)


def section(front: Front) -> str:
    """The picture and the table."""
    rows = "".join(
        f'<tr><th scope="row">{number}</th>'
        + "".join(f"<td>{value}</td>" for value in point.values)
        + "<td>"
        + text("  ".join(f"{name} {colors}" for name, colors in point.colors))
        + "</td></tr>"
        for number, point in enumerate(front.points, 1)
    )
    heads = ("Plan", *(f"{goal} ({UNITS[goal]})" for goal in front.goals), "Colors")
    drawn = svg(front) if len(front.goals) > 1 and front.points else ""
    return drawn + table("Plans", heads, rows)


def svg(front: Front) -> str:
    """The points; those with more of the third objective (fewer changes) are darker."""
    return "".join(_svg(front))


def _svg(front: Front) -> Iterator[str]:
    xs, ys = ([point.values[axis] for point in front.points] for axis in (0, 1))
    yield f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
    yield 'aria-label="Front of plans">'
    yield f'<path d="M{LEFT} 10V{HEIGHT - BOTTOM}H{WIDTH - 10}" fill="none" stroke="currentColor"/>'
    for axis, place in ((0, f'x="{WIDTH // 2}" y="{HEIGHT - 8}"'), (1, 'x="8" y="24"')):
        goal = front.goals[axis]
        yield f'<text {place} fill="currentColor">{escape(f"{goal} in {UNITS[goal]}")}</text>'
    for value in {min(xs), max(xs)}:
        yield f'<text x="{_x(value, xs):.1f}" y="{HEIGHT - 28}" fill="currentColor" text-anchor="middle">{value}</text>'
    for value in {min(ys), max(ys)}:
        yield f'<text x="{LEFT - 6}" y="{_y(value, ys):.1f}" fill="currentColor" text-anchor="end">{value}</text>'
    for number, point in enumerate(front.points, 1):
        told = ", ".join(f"{goal} {value} {UNITS[goal]}" for goal, value in zip(front.goals, point.values, strict=True))
        spot = f'cx="{_x(point.values[0], xs):.1f}" cy="{_y(point.values[1], ys):.1f}"'
        yield f'<circle {spot} r="5" fill="#1d4ed8" fill-opacity="{_shade(front, number - 1):.2f}" stroke="#1d4ed8">'
        yield f"<title>{number}: {escape(told)}</title></circle>"
    yield "</svg>"


def _x(value: int, among: list[int]) -> float:
    return LEFT + 20 + _part(value, among) * (WIDTH - LEFT - 60)


def _y(value: int, among: list[int]) -> float:
    return HEIGHT - BOTTOM - 20 - _part(value, among) * (HEIGHT - BOTTOM - 50)


def _part(value: int, among: list[int]) -> float:
    low, high = min(among), max(among)
    return (value - low) / (high - low) if high > low else 0.5


def _shade(front: Front, number: int) -> float:
    if len(front.goals) < 3:
        return 1.0
    values = [point.values[2] for point in front.points]
    part = _part(values[number], values)
    return 0.15 + 0.85 * (1 - part if front.goals[2] is Goal.CHANGES else part)
