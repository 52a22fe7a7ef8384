"""`colorcheck profile`: a domain's profile for `miss-curve`, from the counts of perf stat for each number of colors."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from colorcheck.cli.arguments import bound
from colorcheck.cli.console import Stop, write, write_json
from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.inputs.files import read_text
from colorcheck.plan.curves import MOST_COLORS, csv_of, json_of
from colorcheck.plan.perf_stat import ELAPSED, Counted, named, read_perf_stat
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        metavar="COLORS=FILE",
        nargs="+",
        help="the output of perf stat (as text, with -x, or with -j) with that many colors for the domain; may be "
        "repeated for the same number: the worst run counts",
    )
    parser.add_argument(
        "--event",
        metavar="NAME",
        help=f"the event to use, such as l2d_cache_refill, or {ELAPSED} (default: the only one present)",
    )
    parser.add_argument("--name", metavar="NAME", default="", help="the domain's name, for the document")
    parser.add_argument("--format", choices=("csv", "json"), default="csv", help="what to print (default: csv)")


def run(options: argparse.Namespace) -> int:
    points: dict[int, float] = {}
    event = options.event
    for text in options.runs:
        colors, path = _run(text)
        counts = _counts(path)
        event = event or _only(counts, path)
        value = _value(counts, event, path)
        points[colors] = max(value, points.get(colors, value))
    if 1 not in points:
        raise Stop("there is no run with 1 color", "a profile starts with 1 color: add 1=FILE")
    ordered = sorted(points.items())
    unit = ELAPSED if event == ELAPSED else event
    measured = f"perf stat, event {event}, the worst run with each number of colors"
    write_profile(options.format, options.name, ordered, unit, measured)
    return Exit.CLEAN


def write_profile(form: str, domain: str, points: Sequence[tuple[int, float]], unit: str, measured: str) -> None:
    """Print a profile of (colors, value) pairs as `json` or `csv`; `measured` describes the method."""
    if form == "json":
        write_json(json_of(domain, points, unit, measured))
    else:
        write(csv_of(points, unit, measured))


def _run(text: str) -> tuple[int, str]:
    colors, equals, path = text.partition("=")
    if not equals or not path or not re.fullmatch(r"[0-9]{1,4}", colors) or not 0 < int(colors) <= MOST_COLORS:
        raise Stop(f"{text}: write COLORS=FILE, as in 4=perf-4.txt")
    return int(colors), path


def _counts(path: str) -> tuple[Counted, ...]:
    bound(".", (path,))
    text = read_text(path, Location(path))
    if isinstance(text, Problem):
        raise Stop(text.message, text.help)
    counts = read_perf_stat(text)
    if not counts:
        raise Stop(f"{path} contains no perf stat counts", "give the file written by `perf stat -o FILE`")
    return counts


def _only(counts: tuple[Counted, ...], path: str) -> str:
    names = list(dict.fromkeys(each.event for each in counts if each.event != ELAPSED)) or [ELAPSED]
    if len(names) > 1:
        raise Stop(f"{path} counts several events", f"choose one with --event: {', '.join([*names, ELAPSED])}")
    return names[0]


def _value(counts: tuple[Counted, ...], event: str, path: str) -> float:
    found = [each for each in counts if named(each, event)]
    if not found:
        known = ", ".join(dict.fromkeys(each.event for each in counts))
        raise Stop(f"{path} does not count {event}", f"it has {known}")
    values = [each.value for each in found if each.value is not None]
    if len(values) != len(found):
        raise Stop(
            f"{path}: {event} was not counted", "count fewer events at once, or choose one that the CPU supports"
        )
    return max(values)
