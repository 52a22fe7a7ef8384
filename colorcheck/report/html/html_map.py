"""The drawings of the HTML report: the color map with its details, the memory map, and the domains' margins."""

from __future__ import annotations

from collections.abc import Iterator

import htpy as h
from msgspec import Struct

from colorcheck.core.source import Location
from colorcheck.core.units import PAGE, size, size_of_pages
from colorcheck.hardware.index import Linear
from colorcheck.report import view
from colorcheck.report.html import page
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import drawing
from colorcheck.verification.results import Verification
from colorcheck.xen.booted import Boot, Interval
from colorcheck.xen.system import System

_GLYPHS = {"own": "■", "shared": "✗", "allowed": "s", "none": "·"}
_SPOKEN = {"own": "has it", "shared": "shares it, against the policy", "allowed": "shares it, as allowed", "none": "no"}
_HOLE = 12  # width of a gap between banks in the memory map, in thousandths
_LETTER = 21  # width of a letter of an address under it on a phone, in thousandths
_USES = {
    "color-heap": "color heap",
    "buddy": "uncolored (buddy) heap",
    "module": "boot module",
    "xen": "Xen",
    "reserved": "reserved",
    "boot-allocation": "boot allocation",
    "free": "free",
}


def section(maps: tuple[view.ColorMap, ...]) -> h.Element:
    """The color maps as tables; their row and column headings are buttons that show details."""
    if not maps:
        return page.section("colors", "Colors", h.p["No colors are in use."])
    kinds = dict.fromkeys(kind for drawn in maps for kind in drawing.kinds(drawn))
    return page.section(
        "colors",
        "Colors",
        [(h.h3[f"Xen {drawn.releases}"], _map(number, drawn)) for number, drawn in enumerate(maps)],
        h.p[" \u00a0 ".join((*(f"{_GLYPHS[kind]} {drawing.LEGEND[kind]}" for kind in kinds), *_sizes(maps)))],
        h.div("#detail", role="status")["Choose a domain or a color: with the mouse, or with Tab and the arrow keys."],
    )


def _sizes(maps: tuple[view.ColorMap, ...]) -> Iterator[str]:
    """What a color is worth, and which are free, where that is the same in all maps."""
    if len({drawn.cache for drawn in maps}) == 1 and maps[0].cache:
        yield f"a color is {size(maps[0].cache)} of the cache"
    if len({str(drawn.free) for drawn in maps}) == 1 and maps[0].free:
        yield f"free: {maps[0].free}"
    for name in dict.fromkeys(name for drawn in maps for name in drawn.unstated):
        yield f"free colors: not known, because no input states those of {name}"


def _map(number: int, drawn: view.ColorMap) -> Iterator[h.Node]:
    if drawn.nr_colors > page.NARROW:
        yield page.sideways(f"The map has {drawn.nr_colors} colors")
    heads = [
        h.th(scope="col", data_column=color)[h.button(data_color=color, aria_label=f"color {color}")[str(color)]]
        for color in range(drawn.nr_colors)
    ]
    heads.append(h.th(".remark", scope="col")["Its colors"])
    rows = [_row(position, row, drawn) for position, row in enumerate(drawn.rows)]
    yield page.scroll(f"Color map, Xen {drawn.releases}")[
        h.table(".map", data_map=number)[h.thead[h.tr[h.td, heads]], h.tbody[rows]]
    ]
    for first, second, colors, reason in drawing.clash_lines(drawn):
        allowed = f", allowed: {reason}" if reason else ""
        yield h.p(class_="bad" if reason is None else "open")[f"{first} and {second} share {colors}{allowed}"]


def _row(position: int, row: view.ColorUser, drawn: view.ColorMap) -> h.Element:
    cells = []
    for color in range(drawn.nr_colors):
        kind = drawing.kind_of(row, color)
        cells.append(
            h.td(class_=kind, data_row=position, data_column=color)[
                h.span(".hidden")[_SPOKEN[kind]], h.span(aria_hidden="true")[_GLYPHS[kind]]
            ]
        )
    cells.append(h.td(".remark")[drawing.remark(row, drawn.cache)])
    return h.tr[h.th(scope="row", data_row=position)[h.button(data_user=position)[row.name]], cells]


def details(drawn: view.ColorMap, verification: Verification, style: Style) -> dict[str, list[str]]:
    """The details for each user of colors and for each color, as plain text."""
    release = drawn.releases.split(", ")[0]
    result = next(result for result in verification.facts.results if result.release == release)
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
    said = [f"color {color}: {', '.join(owners) or 'no domain'}"]
    if boot is not None and color < len(boot.free_initial):
        first, last = boot.free_initial[color], boot.free_final[color] if color < len(boot.free_final) else 0
        said.append(f"{first} frames ({size_of_pages(first)}) at first, {last} ({size_of_pages(last)}) left in the end")
    board = verification.facts.board
    llc = board.boot_cluster.llc if board else None
    if llc is not None and isinstance(llc.index, Linear) and llc.nr_colors == drawn.nr_colors:
        lines = PAGE // llc.index.line
        said.append(f"sets {color * lines} to {(color + 1) * lines - 1} of the L{llc.level}")
    return "\n".join(printable(part) for part in said)


def memory(verification: Verification) -> h.Element:
    """The memory map to scale, and the memory that each domain needs next to that of its colors."""
    content = [
        (
            h.h3[f"Xen {releases}"],
            h.p(".bad")[f"Xen panics: {boot.panic.message}"] if boot.panic is not None else None,
            _layout(boot.memory_map, releases),
            _margins(boot, rows, releases),
        )
        for releases, boot, rows in view.boot_panels(verification.facts)
    ]
    return page.section("memory", "Memory", content)


def _layout(intervals: tuple[Interval, ...], release: str) -> list[h.Node]:
    """The map, its banks and gaps with their addresses, the legend, and all ranges as a table."""
    intervals = tuple(sorted(intervals, key=lambda interval: interval.start))
    total = sum(interval.pages for interval in intervals)
    if not total:
        return []
    label = f"Memory map, {size_of_pages(total)}; the table below has the same values"
    picture = h.svg(".memory", viewBox="0 0 1000 40", preserveAspectRatio="none", role="img", aria_label=label)
    banks = _banks(intervals)
    uses = dict.fromkeys(interval.use for interval in intervals)
    keys = ((h.span(class_=f"key use-{use}"), _USES.get(use, str(use))) for use in uses)
    table = page.table(f"Ranges, Xen {release}", ("From", "To", "Size", "Use"), map(_range, intervals))
    return [
        picture[list(_drawn(intervals, total, len(banks)))],
        _axis(total, banks),
        h.ul(".banks")[[_bank(*each) for each in zip(banks, (None, *banks), strict=False)]],
        page.listed(keys, "legend"),
        h.details[h.summary[view.counted(len(intervals), "range")], table],
    ]


def _drawn(intervals: tuple[Interval, ...], total: int, banks: int) -> Iterator[h.Node]:
    """The ranges to scale, with narrow gaps between banks."""
    at, room, before = 0.0, 1000 - _HOLE * (banks - 1), intervals[0].start
    for interval in intervals:
        if interval.start > before:
            gap = f"nothing from {before * PAGE:#x} to {interval.start * PAGE:#x}"
            yield h.rect(".hole", x=f"{at:.3f}", y=2, width=_HOLE, height=36)[h.title[gap]]
            at += _HOLE
        before = interval.end
        width = interval.pages / total * room
        span = f"{interval.start * PAGE:#x} to {interval.end * PAGE:#x}, {size_of_pages(interval.pages)}"
        place = {"x": f"{at:.3f}", "y": "0", "width": f"{max(width, 0.6):.3f}", "height": "40"}
        yield h.rect(place, class_=f"use-{interval.use}")[h.title[f"{_name(interval)}: {span}"]]
        at += width


def _axis(total: int, banks: list[tuple[int, int]]) -> h.Element:
    """Addresses under the map: where banks start, where the last one ends, and round ones between them."""
    room = 1000 - _HOLE * (len(banks) - 1)
    step = 1 << max((total // 4 - 1).bit_length(), 0)
    at, ends, between = 0.0, [], []
    for start, end in banks:
        ends.append((at, start))
        first = -(-start // step) * step
        between += [(at + (frame - start) / total * room, frame) for frame in range(first, end, step)]
        at += (end - start) / total * room + _HOLE
    shown: list[_Tick] = []
    for place, frame in ((1000.0, banks[-1][1]), *ends, *between):
        tick = _Tick.at(place, frame)
        if all(tick.start > other.end or tick.end < other.start for other in shown):
            shown.append(tick)
    return h.svg(".axis", height=18, aria_hidden="true")[[tick.drawn() for tick in shown]]


class _Tick(Struct, frozen=True):
    """An address under the map; `start` and `end` are what it covers on a phone, of 1000 with a little room."""

    words: str
    place: float
    anchor: str
    start: float
    end: float

    @classmethod
    def at(cls, place: float, frame: int) -> _Tick:
        words = f"{frame * PAGE:#x}"
        width = len(words) * _LETTER
        anchor, ahead = ("start", 0.0) if place < 1 else ("end", 1.0) if place > 999 else ("middle", 0.5)
        return cls(words, place, anchor, place - ahead * width, place + (1 - ahead) * width + _LETTER)

    def drawn(self) -> h.Element:
        return h.text(x=f"{self.place / 10:.2f}%", y=13, text_anchor=self.anchor)[self.words]


def _banks(intervals: tuple[Interval, ...]) -> list[tuple[int, int]]:
    """Contiguous ranges of frames as (start, end); the intervals must be sorted."""
    found: list[tuple[int, int]] = []
    for interval in intervals:
        if found and interval.start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], interval.end))
        else:
            found.append((interval.start, interval.end))
    return found


def _bank(bank: tuple[int, int], before: tuple[int, int] | None) -> list[h.Node]:
    """A bank with its addresses, after the gap in front of it."""
    ends = f"{bank[0] * PAGE:#x} to {bank[1] * PAGE - 1:#x}"
    return [
        h.li(".soft")[f"gap of {size_of_pages(bank[0] - before[1])}"] if before else None,
        h.li[h.code[ends], f" ({size_of_pages(bank[1] - bank[0])})"],
    ]


def _range(interval: Interval) -> h.Element:
    ends = [h.td[h.code[f"{end * PAGE:#x}"]] for end in (interval.start, interval.end)]
    return h.tr[ends, h.td[size_of_pages(interval.pages)], h.td[_name(interval)]]


def _name(interval: Interval) -> str:
    use = _USES.get(interval.use, str(interval.use))
    return f"{use}, {interval.label}" if interval.label else use


def _margins(boot: Boot, rows: tuple[view.MemoryRow, ...], release: str) -> h.Node:
    if not rows or not boot.system.coloring:
        return None
    headings = ("Domain", "Needed of what its colors have", "Amount, and restarts")
    return page.table(f"Memory of each domain, Xen {release}", headings, map(_margin, rows))


def _margin(row: view.MemoryRow) -> h.Element:
    whole = max(row.needed, row.free, 1)
    taken, missing = min(row.needed, row.free) / whole * 100, row.missing / whole * 100
    bar = h.svg(".bar", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")[
        h.rect(".use-color-heap", width=f"{taken:.2f}", height=10),
        h.rect(".gap", x=f"{taken:.2f}", width=f"{missing:.2f}", height=10),
    ]
    failure = [h.span(".bad")[row.failure]] if row.failure and not row.created else []
    amount = page.between(h.br, (drawing.memory_text(row), *failure, *row.budgets))
    return h.tr[h.th(scope="row")[row.name], h.td[bar], h.td[amount]]
