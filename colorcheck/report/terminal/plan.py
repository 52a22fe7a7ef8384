"""The text of `plan`: the colors and their cost, the objectives reached, or the demands that conflict and what
would fix it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from colorcheck.core.units import size, size_of_pages
from colorcheck.plan.costs import Cost, Has
from colorcheck.plan.problem import Gain, Plan
from colorcheck.report.marks import HEADLINES, of_plan
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text, title

if TYPE_CHECKING:
    from rich.console import RenderableType

_HEAD = ("", "", "colors", "cache", "L1d", "margin", "starts", "banks", "ranges")
_WIDTHS = (12, 6, 13, 8, 6, 10, 6, 5, 6)  # with a blank between columns: 80 columns


def render(plan: Plan, costs: Sequence[Cost], style: Style, *, gains: Sequence[Gain] = (), full_lines: int = 0) -> str:
    """The whole answer; `gains` is what a full plan would gain over a smallest change, by changing `full_lines`
    lines.
    """
    return printed(_parts(plan, costs, gains, full_lines), style)


def render_difference(without: Plan, costs: Sequence[Cost], beside: Sequence[Cost]) -> str:
    """The cost of further guests: the colors of all domains without and with them."""
    if not beside:
        return "\nthere is no plan with it"
    if not costs:
        return f"\nwithout it there is no plan either: {printable(without.reason)}"
    lines = ["", "What it costs the others:"]
    before = {cost.name: cost.after for cost in costs}
    for cost in beside:
        had, has = before.get(cost.name), cost.after
        if had is None:
            lines.append(f"  {printable(cost.name)}: gets {has.colors} ({_kib(has.cache)})")
        elif had.colors != has.colors:
            lines.append(f"  {printable(cost.name)}: {_kib(had.cache)} to {_kib(has.cache)}{_left(had, has)}")
    return "\n".join(lines if len(lines) > 2 else [*lines, "  nothing"])


def _left(had: Has, has: Has) -> str:
    if had.margin is None or has.margin is None:
        return ""
    return f", margin {size_of_pages(had.margin)} to {size_of_pages(has.margin)}"


def _parts(plan: Plan, costs: Sequence[Cost], gains: Sequence[Gain], full_lines: int) -> Iterator[RenderableType]:
    yield text((f" {plan.status.upper()} ", f"{HEADLINES[of_plan(plan.status)]} reverse"), "  ", printable(plan.reason))
    if plan.domains:
        yield from title("Colors, before and after")
        yield from _table(costs)
        lines = {(edit.location.file, edit.location.line) for edit in plan.edits}
        files = len({file for file, _ in lines})
        if lines:
            yield text(f"{_counted(len(lines), 'line')} in {_counted(files, 'file')} to change")
    if plan.objective:
        yield from title("Reached")
    for reached in plan.objective:
        bound = "the best there is" if reached.optimal else f"no plan passes {reached.bound:g}"
        yield text(f"{reached.name}: {reached.value:g} {reached.unit}".rstrip(), (f"  ({bound})", "dim"))
    if gains:
        yield from title(f"A full plan (--full) would gain, with {_counted(full_lines, 'line')} to change")
    for gain in gains:
        yield text(f"{gain.name}: {gain.then:g} {gain.unit}".rstrip(), f" instead of {gain.now:g}")
    if plan.core:
        yield from title("These requirements conflict")
    for required in plan.core:
        yield indented("- ", text(printable(required.text), (f"  {printable(str(required.location))}", "dim")))
    if plan.repairs:
        yield from title("Each of these alone would fix it")
    for repair in plan.repairs:
        yield indented("- ", text(printable(repair.text)))
    if plan.edits:
        yield from title("Edits")
    for edit in plan.edits:
        yield indented("- ", text((f"{printable(str(edit.location))}: ", "dim"), printable(edit.new_text)))


def _table(costs: Sequence[Cost]) -> Iterator[RenderableType]:
    yield text((_row(_HEAD), "dim"))
    for cost in costs:
        name = printable(cost.name)
        if cost.before == cost.after:
            yield from _rows(name, "same", cost.after, "")
        else:
            changed = cost.before.colors != cost.after.colors
            yield from _rows(name, "before", cost.before, "dim" if changed else "")
            yield from _rows("", "after", cost.after, "bold" if changed else "")


def _rows(name: str, when: str, has: Has, mood: str) -> Iterator[RenderableType]:
    """A row, and further rows for the parts of name and colors that do not fit into the first."""
    names = [name[at : at + _WIDTHS[0]] for at in range(0, len(name), _WIDTHS[0])] or [""]
    colors = _folded(str(has.colors) or "none", _WIDTHS[2])
    figures = (
        _kib(has.cache),
        _kib(has.l1),
        "" if has.margin is None else size_of_pages(has.margin),
        "" if has.starts is None else str(has.starts) if has.starts < 100_000 else ">99999",
        "" if has.banks is None else f"{has.banks}" if has.banks == has.of_banks else f"{has.banks}/{has.of_banks}",
        str(len(has.colors.ranges())),
    )
    for number in range(max(len(names), len(colors))):
        first = number == 0
        cells = (
            names[number] if number < len(names) else "",
            when if first else "",
            colors[number] if number < len(colors) else "",
            *(figures if first else ("",) * len(figures)),
        )
        yield text((_row(cells), mood))


def _row(cells: Sequence[str]) -> str:
    aligned = (
        cell.ljust(width) if number < 3 else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return " ".join(aligned).rstrip()


def _kib(amount: int | None) -> str:
    if amount is None:
        return "?"
    return size(amount)


def _folded(colors: str, width: int) -> list[str]:
    lines = [""]
    for part in colors.split(","):
        longer = f"{lines[-1]},{part}" if lines[-1] else part
        if len(longer) <= width:
            lines[-1] = longer
        else:
            lines[-1] += ","
            lines.append(part)
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
