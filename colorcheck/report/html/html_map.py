"""The drawings of the HTML report: the color map with its details, the memory map, and the domains' margins."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from colorcheck.core.source import Location
from colorcheck.core.units import PAGE, size_of_pages
from colorcheck.hardware.index import Linear
from colorcheck.report import view
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import drawing
from colorcheck.verification.results import Verification
from colorcheck.xen.booted import Boot, Interval
from colorcheck.xen.system import System

_GLYPHS = {"own": "■", "shared": "✗", "allowed": "s", "none": "·"}
_SPOKEN = {"own": "has it", "shared": "shares it, against the policy", "allowed": "shares it, as allowed", "none": "no"}
_NARROW = 10  # colors of a map that a phone shows at once
_HOLE = 12  # width of a gap between banks in the memory map, of 1000
_USES = {
    "color-heap": "color heap",
    "buddy": "uncolored (buddy) heap",
    "module": "boot module",
    "xen": "Xen",
    "reserved": "reserved",
    "boot-allocation": "boot allocation",
    "free": "free",
}


def text(words: object) -> str:
    """Text that cannot become markup."""
    return escape(printable(str(words)).encode("utf-8", "backslashreplace").decode())


def table(label: str, headings: tuple[str, ...], rows: str) -> str:
    """A table that scrolls by itself on narrow screens. `rows` is markup."""
    head = "".join(f'<th scope="col">{text(heading)}</th>' for heading in headings)
    body = f'<table class="list"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{text(label)}">{body}</div>'


def section(maps: tuple[view.ColorMap, ...]) -> Iterator[str]:
    """The color maps as tables; their row and column heads are buttons that show what is behind them."""
    yield '<section aria-labelledby="colors"><h2 id="colors">Colors</h2>'
    if not maps:
        yield "<p>No colors are in use.</p></section>"
        return
    for number, drawn in enumerate(maps):
        yield f"<h3>Xen {text(drawn.releases)}</h3>"
        yield from _map(number, drawn)
    kinds = dict.fromkeys(kind for drawn in maps for kind in drawing.kinds(drawn))
    yield f"<p>{' &nbsp; '.join(f'{_GLYPHS[kind]} {drawing.LEGEND[kind]}' for kind in kinds)}</p>"
    ask = "Choose a domain or a color: with the mouse, or with Tab and the arrow keys."
    yield f'<div id="detail" role="status">{ask}</div>'
    yield "</section>"


def _map(number: int, drawn: view.ColorMap) -> Iterator[str]:
    if drawn.nr_colors > _NARROW:
        yield f'<p class="hint soft">{drawn.nr_colors} colors: scroll the map sideways; the names stay.</p>'
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="Color map, Xen {text(drawn.releases)}">'
    yield f'<table class="map" data-map="{number}"><thead><tr><td></td>'
    for color in range(drawn.nr_colors):
        button = f'<button data-color="{color}" aria-label="color {color}">{color}</button>'
        yield f'<th scope="col" data-column="{color}">{button}</th>'
    yield "</tr></thead><tbody>"
    for position, row in enumerate(drawn.rows):
        yield f'<tr><th scope="row" data-row="{position}"><button data-user="{position}">{text(row.name)}</button></th>'
        for color in range(drawn.nr_colors):
            kind = drawing.kind_of(row, color)
            spoken = f'<span class="hidden">{_SPOKEN[kind]}</span><span aria-hidden="true">{_GLYPHS[kind]}</span>'
            yield f'<td class="{kind}" data-row="{position}" data-column="{color}">{spoken}</td>'
        yield "</tr>"
    yield "</tbody></table></div>"
    for first, second, colors, reason in drawing.clash_lines(drawn):
        mood = "bad" if reason is None else "open"
        allowed = f", allowed: {reason}" if reason else ""
        yield f'<p class="{mood}">{text(f"{first} and {second} share {colors}{allowed}")}</p>'


def details(drawn: view.ColorMap, verification: Verification, style: Style) -> dict[str, list[str]]:
    """What the page shows for each user of colors and for each color, as plain text."""
    line = drawn.releases.split(", ")[0]
    result = next(result for result in verification.facts.results if result.release == line)
    system, boot = result.system, result.boot
    return {
        "users": [_user(row, system, boot, style) for row in drawn.rows],
        "colors": [_color(color, drawn, boot, verification) for color in range(drawn.nr_colors)],
    }


def _user(row: view.ColorUser, system: System | None, boot: Boot | None, style: Style) -> str:
    said = [f"{row.name}: colors {row.colors or 'none'} ({row.source})"]
    where = _place(row.name, system)
    if where is not None:
        source = style.sources.line(where)
        said.append(f"{style.place(where)}" + (f": {source.strip()[:200]}" if source else ""))
    for built in boot.built if boot else ():
        if built.domain.name == row.name:
            made = next(each for each in view.memory_rows(boot) if each.name == row.name) if boot else None
            said.append(drawing.memory_text(made) if made else "")
            said += [f"color {color}: {pages} frames" for color, pages in built.pages_by_color[:16]]
    return "\n".join(printable(part) for part in said if part)


def _place(name: str, system: System | None) -> Location | None:
    if system is None:
        return None
    if name == "xen":
        return system.xen_location
    return next((domain.location for domain in system.domains if domain.name == name), None)


def _color(color: int, drawn: view.ColorMap, boot: Boot | None, verification: Verification) -> str:
    owners = [row.name for row in drawn.rows if color in row.colors]
    said = [f"color {color}: {', '.join(owners) or 'nobody'}"]
    if boot is not None and color < len(boot.free_initial):
        first, last = boot.free_initial[color], boot.free_final[color] if color < len(boot.free_final) else 0
        said.append(f"{first} frames ({size_of_pages(first)}) at first, {last} ({size_of_pages(last)}) left in the end")
    board = verification.facts.board
    llc = board.boot_cluster.llc if board else None
    if llc is not None and isinstance(llc.index, Linear) and llc.nr_colors == drawn.nr_colors:
        lines = PAGE // llc.index.line
        said.append(f"sets {color * lines} to {(color + 1) * lines - 1} of the L{llc.level}")
    return "\n".join(printable(part) for part in said)


def memory(verification: Verification) -> Iterator[str]:
    """The memory map to scale, and each domain's needs beside what its colors have."""
    yield '<section aria-labelledby="memory"><h2 id="memory">Memory</h2>'
    for line, boot in verification.facts.boots():
        yield f"<h3>Xen {text(line)}</h3>"
        if boot.panic is not None:
            yield f'<p class="bad">Xen panics: {text(boot.panic.message)}</p>'
        yield from _layout(boot.memory_map, line)
        yield from _margins(boot, line)
    yield "</section>"


def _layout(intervals: tuple[Interval, ...], line: str) -> Iterator[str]:
    """To scale, but for the gaps between banks, which are narrow; the banks and gaps with their addresses below."""
    intervals = tuple(sorted(intervals, key=lambda interval: interval.start))
    total = sum(interval.pages for interval in intervals)
    if not total:
        return
    label = f"Memory map, {size_of_pages(total)}; the table below says the same"
    yield f'<svg class="memory" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label="{label}">'
    banks = _banks(intervals)
    at, room, before = 0.0, 1000 - _HOLE * (len(banks) - 1), intervals[0].start
    for interval in intervals:
        if interval.start > before:
            gap = f"nothing from {before * PAGE:#x} to {interval.start * PAGE:#x}"
            yield f'<rect class="hole" x="{at:.3f}" y="2" width="{_HOLE}" height="36"><title>{gap}</title></rect>'
            at += _HOLE
        before = interval.end
        width = interval.pages / total * room
        span = f"{interval.start * PAGE:#x} to {interval.end * PAGE:#x}, {size_of_pages(interval.pages)}"
        shape = f'class="use-{text(interval.use)}" x="{at:.3f}" y="0" width="{max(width, 0.6):.3f}" height="40"'
        yield f"<rect {shape}><title>{text(_name(interval))}: {span}</title></rect>"
        at += width
    yield "</svg>"
    yield f'<ul class="banks">{"".join(_bank(*each) for each in zip(banks, (None, *banks), strict=False))}</ul>'
    uses = dict.fromkeys(interval.use for interval in intervals)
    keys = "".join(f'<li><span class="key use-{text(use)}"></span>{text(_USES.get(use, use))}</li>' for use in uses)
    yield f'<ul class="legend">{keys}</ul>'
    ranges = table(f"Ranges, Xen {line}", ("From", "To", "Size", "Use"), "".join(map(_range, intervals)))
    yield f"<details><summary>{len(intervals)} ranges</summary>{ranges}</details>"


def _banks(intervals: tuple[Interval, ...]) -> list[tuple[int, int]]:
    """Stretches of frames without a gap, from (start, end); the intervals are in their order."""
    found: list[tuple[int, int]] = []
    for interval in intervals:
        if found and interval.start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], interval.end))
        else:
            found.append((interval.start, interval.end))
    return found


def _bank(bank: tuple[int, int], before: tuple[int, int] | None) -> str:
    """A bank with its addresses, behind the gap that lies before it."""
    gap = f'<li class="soft">gap of {size_of_pages(bank[0] - before[1])}</li>' if before else ""
    ends = f"{bank[0] * PAGE:#x} to {bank[1] * PAGE - 1:#x}"
    return f"{gap}<li><code>{ends}</code> ({size_of_pages(bank[1] - bank[0])})</li>"


def _range(interval: Interval) -> str:
    ends = "".join(f"<td><code>{end * PAGE:#x}</code></td>" for end in (interval.start, interval.end))
    return f"<tr>{ends}<td>{size_of_pages(interval.pages)}</td><td>{text(_name(interval))}</td></tr>"


def _name(interval: Interval) -> str:
    use = _USES.get(interval.use, interval.use)
    return f"{use}, {interval.label}" if interval.label else use


def _margins(boot: Boot, line: str) -> Iterator[str]:
    rows = view.memory_rows(boot)
    if rows and boot.system.coloring:
        headings = ("Domain", "Needed of what its colors have", "Amount", "Restarts")
        yield table(f"Memory of each domain, Xen {line}", headings, "".join(map(_margin, rows)))


def _margin(row: view.MemoryRow) -> str:
    whole = max(row.needed, row.free, 1)
    taken, missing = min(row.needed, row.free) / whole * 100, row.missing / whole * 100
    shapes = f'<rect class="use-color-heap" width="{taken:.2f}" height="10"></rect>'
    shapes += f'<rect class="gap" x="{taken:.2f}" width="{missing:.2f}" height="10"></rect>'
    bar = f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'
    amount = text(drawing.memory_text(row))
    budget = text("; ".join(row.budgets))
    return f'<tr><th scope="row">{text(row.name)}</th><td>{bar}</td><td>{amount}</td><td>{budget}</td></tr>'
