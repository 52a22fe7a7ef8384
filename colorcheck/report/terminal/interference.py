"""The text of `interfere`: cache misses and their causes, and the costs of runs, with and without colors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.interference.comparison import COLORINGS, DISCLAIMER, LEFT_OUT, Comparison, histogram
from colorcheck.interference.experiment import Coloring, ReplacementPolicy
from colorcheck.interference.outcome import DomainOutcome, Run
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.terminal import indented, printed, text, title

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

BINS = 12
SHORT = {Coloring.OFF: "off", Coloring.CURRENT: "today", Coloring.PLAN: "plan"}
POLICIES = {
    ReplacementPolicy.LRU: "LRU",
    ReplacementPolicy.PLRU: "tree pseudo-LRU",
    ReplacementPolicy.RANDOM: "random replacement",
}


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
        yield text(
            ("Accesses: hits in private caches and in the last level; misses, and those caused by others", "bold")
        )
        yield _table(COUNTS, _counts(runs))
        yield text("")
        yield text(("Cycles", "bold"))
        yield _table(LATENCIES, _latencies(comparison.victims, runs))
        yield text("")
        yield from _evictions(runs)
        for name in comparison.victims:
            yield from _histogram(name, runs, max(10, (style.width - 24) // max(1, len(runs)) - 9))
    yield from title("What this does not show")
    yield text(DISCLAIMER)
    costs = comparison.costs
    yield text(
        f"Cycles of an access: private cache {costs.private}, last level {costs.last}, memory {costs.memory}"
        f" ({costs.source})."
    )
    for note in comparison.notes:
        yield indented("- ", text(printable(note)))
    yield indented("- ", text("Not modelled: " + "; ".join((*LEFT_OUT, *comparison.unmodelled)) + "."))


def _table(columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    """A table whose rows begin with domain and coloring; the domain has its own line above its rows."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("", overflow="fold", min_width=8)
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    last = ""
    for domain, coloring, *numbers in rows:
        if domain != last:
            table.add_row(text((domain, "bold")))
        last = domain
        table.add_row(f"  {coloring}", *numbers)
    return table


COUNTS = ("accesses", "private", "last level", "misses", "by others", "miss rate")
LATENCIES = ("", "number", "min", "median", "99.9 %", "max")


def _counts(runs: tuple[Run, ...]) -> Iterator[tuple[str, ...]]:
    for name in dict.fromkeys(domain.name for run in runs for domain in run.domains):
        for run, domain in _of(name, runs):
            rate = f"{domain.misses / domain.accesses:.2%}" if domain.accesses else ""
            numbers = (domain.accesses, domain.private_hits, domain.last_hits, domain.misses)
            shown = map(_amount, (*numbers, domain.caused_by_others))
            yield printable(name), SHORT[run.coloring], *shown, rate


def _latencies(victims: tuple[str, ...], runs: tuple[Run, ...]) -> Iterator[tuple[str, ...]]:
    """Cycles of an access and of a run of each victim."""
    for name in victims:
        for run, domain in _of(name, runs):
            for what, latency in (("access", domain.latency), ("run", domain.runs)):
                if latency.total:
                    numbers = (latency.total, *(value for value in latency.to_dict().values() if value is not None))
                    yield printable(name), SHORT[run.coloring], what, *map(_amount, numbers)


def _amount(number: int) -> str:
    """A count in at most nine characters: from a hundred million on, in millions."""
    return f"{number:,}" if number < 100_000_000 else f"{number / 1e6:,.1f} M"


def _of(name: str, runs: tuple[Run, ...]) -> Iterator[tuple[Run, DomainOutcome]]:
    return ((run, domain) for run in runs for domain in run.domains if domain.name == name)


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
            what = f"{printable(attacker)} evicted {count:,} lines of {printable(victim)}"
            yield indented(label, text(f"{what} from the private caches of a core that both use"), "bold")


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
    """Histogram of the costs of the domain's runs; a column of bars for each coloring."""
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
    """The length of a bar; at least one block for anything that occurred."""
    return max(1, round(share * width)) if share else 0


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "<0.1%" if share else ""
