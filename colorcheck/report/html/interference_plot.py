"""Charts of a simulation as SVG: the costs of runs, and the sets in which others evicted lines of the victim."""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h

from colorcheck.interference.comparison import COLORINGS, DISCLAIMER, LEFT_OUT, Comparison, histogram
from colorcheck.interference.experiment import Coloring
from colorcheck.interference.outcome import Run
from colorcheck.report.html.page import listed, scroll, sideways, visible
from colorcheck.report.terminal.interference import POLICIES

WIDTH, PANEL, STRIP, LEFT, BINS = 860, 92, 14, 130, 60
PLOT = WIDTH - LEFT - 20
PAINT = {Coloring.OFF: "#c2410c", Coloring.CURRENT: "#1d4ed8", Coloring.PLAN: "#15803d"}


def svg(comparison: Comparison) -> str:
    """The charts as an SVG file."""
    return visible(_picture(comparison))


def section(comparison: Comparison) -> list[h.Node]:
    """The charts as a section of the HTML report, with their limitations."""
    runs = comparison.runs
    left_out = "; ".join((*LEFT_OUT, *comparison.unmodelled))
    return [
        h.p[f"{len(runs)} simulated runs of {runs[0].accesses:,} accesses. {DISCLAIMER}"],
        sideways("The picture is wide"),
        scroll("Cycles of runs and evictions by others, as a picture")[_picture(comparison)],
        listed((*comparison.notes, f"Not modelled: {left_out}.")),
    ]


def _picture(comparison: Comparison) -> h.Element:
    """One panel for each victim, policy and coloring; all panels of a victim and policy have the same scale."""
    parts: list[h.Node] = []
    y = 52
    for policy in comparison.policies:
        runs = comparison.under(policy)
        for name in comparison.victims:
            parts.append(_text(20, y, f"{name}, {POLICIES[policy]}", "weight"))
            y += 12
            parts += _panels(name, runs, y)
            y += len(runs) * PANEL + 34
    label = "Cycles of runs and evictions by others"
    size = {"width": f"{WIDTH}", "height": f"{y + 20}", "viewBox": f"0 0 {WIDTH} {y + 20}"}
    fonts = {"font-family": "system-ui, sans-serif", "font-size": "12"}
    return h.svg(size, fonts, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=label)[
        h.rect(width=WIDTH, height=y + 20, fill="white"),
        _text(20, 26, f"{label} on {comparison.title}", "weight"),
        parts,
        _text(20, y + 8, DISCLAIMER, "dim"),
    ]


def _panels(name: str, runs: tuple[Run, ...], y: int) -> Iterator[h.Node]:
    present = [run for run in runs if any(domain.name == name for domain in run.domains)]
    made = histogram(tuple(run.domain(name).runs for run in present), BINS)
    bar = PLOT / max(1, len(made.edges) - 1)
    height = PANEL - STRIP - 26
    tallest = max((share for row in made.shares for share in row), default=0) or 1
    most = max((count for run in present for count in _by_set(name, run).values()), default=1)
    for run, shares in zip(present, made.shares, strict=True):
        paint = PAINT[run.coloring]
        yield _text(LEFT - 10, y + height / 2, COLORINGS[run.coloring], "end")
        for n, share in enumerate(shares):
            if share:
                tall = max(1.0, share / tallest * height)
                title = f"{made.edges[n]:,} to {made.edges[n + 1] - 1:,} cycles: {share:.2%} of runs"
                yield _box((LEFT + n * bar, y + height - tall, max(bar - 0.5, 1), tall), paint, title)
        yield h.path(d=f"M{LEFT} {y + height:.1f}h{PLOT}", stroke="#999")
        yield _text(LEFT - 10, y + height + STRIP, "evictions by set", "end dim")
        yield from _strip(_by_set(name, run), most, y + height + 4, paint)
        y += PANEL
    yield _text(LEFT, y - 2, f"{made.edges[0]:,} cycles", "dim")
    yield _text(LEFT + PLOT, y - 2, f"{made.edges[-1]:,}", "end dim")


def _by_set(name: str, run: Run) -> dict[int, int]:
    """Evictions of the victim's lines by others, by set."""
    found: dict[int, int] = {}
    for entry in run.evictions:
        if entry.victim == name:
            for number, count in entry.by_set:
                found[number] = found.get(number, 0) + count
    return found


def _strip(counts: dict[int, int], most: int, y: float, paint: str) -> Iterator[h.Node]:
    """The sets from left to right, at most 256 cells; the darker, the more evictions."""
    yield _box((LEFT, y, PLOT, STRIP), "#f1f1f1", "no evictions")
    if not counts:
        return
    sets = 1 << max(counts).bit_length()
    cells = min(256, sets)
    for cell in range(cells):
        first, last = cell * sets // cells, (cell + 1) * sets // cells
        count = sum(counts.get(number, 0) for number in range(first, last))
        if count:
            shade = 0.25 + 0.75 * min(1.0, count / (most * (last - first)))
            title = f"sets {first} to {last - 1}: {count:,} evictions"
            yield _box((LEFT + cell * PLOT / cells, y, PLOT / cells, STRIP), paint, title, shade)


def _box(place: tuple[float, float, float, float], paint: str, title: str, opacity: float = 1) -> h.Element:
    """A rectangle: left, top, width, height."""
    x, y, width, height = place
    size = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.2f}", "height": f"{height:.1f}"}
    return h.rect(size, {"fill-opacity": f"{opacity:.2f}"}, fill=paint)[h.title[title]]


# Attributes, not a style sheet: inside a page, its security policy would forbid one.
_KINDS = {"weight": ("font-weight", "600"), "dim": ("fill", "#666"), "end": ("text-anchor", "end")}


def _text(x: float, y: float, words: str, kinds: str) -> h.Element:
    return h.text(dict(_KINDS[kind] for kind in kinds.split()), x=str(x), y=f"{y:.0f}")[words]
