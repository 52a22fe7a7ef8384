"""The text of `interfere`: who missed how often and why, and how long runs took, with and without colors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.interference.comparison import COLORINGS, DISCLAIMER, LEFT_OUT, Comparison, histogram
from colorcheck.interference.experiment import Policy
from colorcheck.interference.outcome import DomainOutcome, Latency, Run
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import indented, printed, text, title

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

BINS = 12
POLICIES = {Policy.LRU: "LRU", Policy.PLRU: "tree pseudo-LRU", Policy.RANDOM: "random replacement"}


def render(comparison: Comparison, style: Style) -> str:
    return printed(_parts(comparison, style), style)


def _parts(comparison: Comparison, style: Style) -> Iterator[RenderableType]:
    yield text((f"Interference on {printable(comparison.title)}", "bold"))
    for line in comparison.caches:
        yield text(("  " + line, "dim"))
    for domain, load in comparison.loads:
        yield text("  ", (printable(domain), "bold"), f" runs {printable(load)}")
    for policy in comparison.policies:
        runs = comparison.under(policy)
        yield from title(f"{POLICIES[policy]}: {runs[0].accesses:,} accesses in each run, seed {comparison.seed}")
        yield _table(runs)
        yield from _evictions(runs)
        for name in comparison.victims:
            yield from _histogram(name, runs, max(10, (style.width - 24) // max(1, len(runs)) - 9))
    yield from title("What this does not say")
    yield text(DISCLAIMER)
    costs = comparison.costs
    yield text(
        f"Costs in cycles: private cache {costs.private}, last level {costs.last}, memory {costs.memory}; {costs.source}."
    )
    for note in comparison.notes:
        yield indented("- ", text(printable(note)))
    yield indented("- ", text("No part of the model: " + "; ".join((*LEFT_OUT, *comparison.unmodelled)) + "."))


def _table(runs: tuple[Run, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("domain")
    table.add_column("colors")
    for heading in (
        "accesses",
        "misses",
        "rate",
        "by others",
        "access min/median/99.9 %/max",
        "runs",
        "run min/median/99.9 %/max",
    ):
        table.add_column(heading, justify="right")
    for name in dict.fromkeys(domain.name for run in runs for domain in run.domains):
        for run in runs:
            for domain in run.domains:
                if domain.name == name:
                    table.add_row(*_row(domain, COLORINGS[run.coloring]))
        table.add_section()
    return table


def _row(domain: DomainOutcome, coloring: str) -> tuple[str, ...]:
    rate = f"{domain.misses / domain.accesses:.2%}" if domain.accesses else ""
    return (
        printable(domain.name),
        coloring,
        f"{domain.accesses:,}",
        f"{domain.misses:,}",
        rate,
        f"{domain.caused_by_others:,}",
        _spread(domain.latency),
        f"{domain.runs.total:,}",
        _spread(domain.runs),
    )


def _spread(latency: Latency) -> str:
    values = latency.to_dict().values()
    return "/".join("-" if value is None else f"{value:,}" for value in values)


def _evictions(runs: tuple[Run, ...]) -> Iterator[RenderableType]:
    for run in runs:
        label = f"{COLORINGS[run.coloring]}: "
        if not run.evictions:
            yield indented(
                label, text(("no domain evicted a line of another from the last-level cache", "green")), "bold"
            )
        for entry in run.evictions:
            where = f"in {len(entry.by_set):,} sets ({_ranges([number for number, _ in entry.by_set])})"
            yield indented(
                label,
                text(f"{printable(entry.attacker)} evicted {entry.count:,} lines of {printable(entry.victim)} {where}"),
                "bold",
            )
        for victim, attacker, count in run.private_evictions:
            what = f"{printable(attacker)} evicted {count:,} lines of {printable(victim)} from private caches of a core of both"
            yield indented(label, text(what), "bold")


def _ranges(numbers: list[int], most: int = 4) -> str:
    """`0-63, 128-191, …`, at most so many ranges."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in found[:most]]
    return ", ".join(shown) + (", …" if len(found) > most else "")


def _histogram(name: str, runs: tuple[Run, ...], width: int) -> Iterator[RenderableType]:
    """Costs of the domain's runs; for each coloring a column of bars."""
    latencies = tuple(run.domain(name).runs for run in runs if any(d.name == name for d in run.domains))
    if not any(latency.total for latency in latencies):
        return
    made = histogram(latencies, BINS)
    yield text("")
    yield text((f"Cycles of {printable(name)}'s runs", "bold"))
    head = "".join(f"  {COLORINGS[run.coloring]:<{width + 7}}" for run in runs)
    yield text((" " * 22 + head.rstrip(), "dim"))
    for row, low in enumerate(made.edges[:-1]):
        cells = (f"  {'█' * _bar(shares[row], width):<{width}} {_share(shares[row]):>6}" for shares in made.shares)
        yield text(f"{low:>10,} - {made.edges[row + 1] - 1:>10,}"[:24], "".join(cells))


def _bar(share: float, width: int) -> int:
    """At least one block for what occurred at all."""
    return max(1, round(share * width)) if share else 0


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "<0.1%" if share else ""
