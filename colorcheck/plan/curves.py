"""Profiles: values measured per number of colors (misses, seconds, …), from a CSV or JSON file."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence

from msgspec import Struct

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.files import read_text

SCHEMA = "colorcheck/profile/1"
MOST_COLORS = 4096
DEFAULT_UNIT = "misses"


class Profile(Struct, frozen=True):
    """Values for 1, 2, … colors, their unit, and the method of measurement; lower is better."""

    values: tuple[float, ...]
    unit: str = DEFAULT_UNIT
    measured: str = ""


Points = dict[int, float]


def read_profile(path: str, named_at: Location) -> Profile | Problem:
    """The profile in a file.

    CSV: each line has a number of colors and a value; a first line of words is a heading, whose second word is the
    unit; `#` begins a comment, of which `# unit: …` and `# measured: …` are read. JSON: `schema`, `unit`, `measured`,
    and `points` with `colors` and `value`. A number between two measured ones gets the value of the smaller one; the
    first must be 1. A Problem if it cannot be read.
    """
    text = read_text(path, named_at)
    if isinstance(text, Problem):
        return text
    found = _json(path, text) if text.lstrip()[:1] == "{" else _csv(path, text)
    if isinstance(found, Problem):
        return found
    points, unit, measured = found
    if 1 not in points:
        return Problem(
            ProblemKind.MISS_CURVE, f"{path} has no cost for 1 color", Location(path), 'start with a line "1, cost"'
        )
    curve = [points[1]]
    for count in range(2, max(points) + 1):
        curve.append(points.get(count, curve[-1]))
    return Profile(tuple(curve), unit, measured)


def _csv(path: str, text: str) -> tuple[Points, str, str] | Problem:
    points: Points = {}
    said = {"unit": "", "measured": ""}
    heading = ""
    for number, line in enumerate(text.splitlines(), 1):
        key, colon, value = line.lstrip().removeprefix("#").strip().partition(":")
        if line.lstrip().startswith("#") and colon and key.strip().lower() in said:
            said[key.strip().lower()] = value.strip()
        fields = [field.strip() for field in next(csv.reader([line.partition("#")[0]]), [])]
        if not any(fields):
            continue
        place = Location(path, number, 1, number, len(line) + 1)
        point = _point(fields)
        if point is None and not points and not any(field[:1].isdigit() for field in fields):
            heading = fields[1] if len(fields) > 1 else ""
            continue
        if point is None:
            return Problem(
                ProblemKind.MISS_CURVE, f'"{line.strip()}" is not a point of a miss curve', place, 'write "4, 81000"'
            )
        if point[0] in points:
            return Problem(ProblemKind.MISS_CURVE, f"{point[0]} colors are given twice", place, "keep only one of them")
        points[point[0]] = point[1]
    return points, said["unit"] or heading or DEFAULT_UNIT, said["measured"]


def _json(path: str, text: str) -> tuple[Points, str, str] | Problem:
    place = Location(path)

    def wrong(what: str, advice: str = "") -> Problem:
        return Problem(ProblemKind.MISS_CURVE, f"{path}: {what}", place, advice)

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return wrong("this is not JSON")
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return wrong("this is not a profile", f'it must start with "schema": "{SCHEMA}"')
    given = document.get("points")
    points: Points = {}
    for entry in given if isinstance(given, list) else []:
        fields = [entry.get("colors"), entry.get("value")] if isinstance(entry, dict) else []
        plain = all(isinstance(field, int | float) and not isinstance(field, bool) for field in fields)
        point = _point([repr(field) for field in fields]) if plain else None
        if point is None:
            return wrong("a point is malformed", 'write {"colors": 4, "value": 81000}')
        if point[0] in points:
            return wrong(f"{point[0]} colors are given twice", "keep only one of them")
        points[point[0]] = point[1]
    unit, measured = document.get("unit", DEFAULT_UNIT), document.get("measured", "")
    if not isinstance(unit, str) or not isinstance(measured, str):
        return wrong("unit and measured must be strings")
    return points, unit or DEFAULT_UNIT, measured


def _point(fields: list[str]) -> tuple[int, float] | None:
    try:
        colors, cost = int(fields[0]), float(fields[1])
    except (ValueError, IndexError):
        return None
    good = 0 < colors <= MOST_COLORS and cost >= 0 and math.isfinite(cost) and len(fields) == 2
    return (colors, cost) if good else None


def csv_of(points: Sequence[tuple[int, float]], unit: str, measured: str) -> str:
    """A profile as CSV."""
    lines = (f"{colors},{int(value) if value == int(value) else value}" for colors, value in points)
    return "\n".join([f"colors,{unit}", f"# measured: {measured}", *lines])


def json_of(domain: str, points: Sequence[tuple[int, float]], unit: str, measured: str) -> str:
    """A profile as JSON."""
    entries = [{"colors": colors, "value": value} for colors, value in points]
    return json.dumps(
        {"schema": SCHEMA, "domain": domain, "unit": unit, "measured": measured, "points": entries}, indent=2
    )
