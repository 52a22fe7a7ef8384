"""The demands of `colorcheck plan` beyond the manifest: `--min rt=4`, `--pin rt=4-7`, `--apart rt,gui` and so on."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from colorcheck.cli.console import Stop
from colorcheck.core.colors import ColorSet
from colorcheck.plan.pose import PlanOptions


def add_demands(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--min", metavar="NAME=N", action="append", default=[], help="the smallest number of colors of a domain"
    )
    group.add_argument(
        "--max", metavar="NAME=N", action="append", default=[], help="the largest number of colors of a domain"
    )
    group.add_argument(
        "--pin", metavar="NAME=COLORS", action="append", default=[], help="its exact colors, as in rt=4-7"
    )
    group.add_argument(
        "--apart",
        metavar="NAMES",
        action="append",
        default=[],
        help="domains that must not share, even if the policy allows it",
    )
    group.add_argument("--share", metavar="NAMES", action="append", default=[], help="domains that may share colors")
    group.add_argument(
        "--full", action="store_true", help="plan all colors from scratch (default: the smallest change)"
    )


def demanded(options: argparse.Namespace) -> PlanOptions:
    """The demands in the options. Raises Stop for one that cannot be read."""
    return PlanOptions(
        keep=_names(options.keep),
        max_ranges=options.max_ranges,
        separate_banks=options.separate_banks,
        choose_reserve=options.choose_reserve,
        l1_aliasing=options.l1_aliasing,
        timeout=options.timeout,
        least=_counts("--min", options.min),
        most=_counts("--max", options.max),
        pins=_pins(options.pin),
        apart=tuple(_group("--apart", text) for text in options.apart),
        shares=tuple(_group("--share", text) for text in options.share),
        full=options.full,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _group(option: str, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(_names(text)))
    if len(names) < 2:
        raise Stop(f"{option} {text}: name at least two domains", f"as in {option} rt,gui")
    return names


def _counts(option: str, texts: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Reads NAME=N, or several of them separated by commas. Raises Stop."""
    found: dict[str, int] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, equals, number = (piece.strip() for piece in part.rpartition("="))
        if not equals or not name or not (number.isascii() and number.isdigit()) or len(number) > 9:
            raise Stop(f"{option} {part}: write NAME=N, as in {option} rt=4")
        if name in found:
            raise Stop(f"{option} names {name} twice")
        found[name] = int(number)
    return tuple(found.items())


def _pins(texts: Iterable[str]) -> tuple[tuple[str, ColorSet], ...]:
    found: dict[str, ColorSet] = {}
    for text in texts:
        name, equals, written = (piece.strip() for piece in text.partition("="))
        colors = plain_colors(written)
        if not equals or not name or colors is None:
            raise Stop(f"--pin {text}: write NAME=COLORS, as in --pin rt=4-7")
        if name in found:
            raise Stop(f"--pin names {name} twice")
        found[name] = colors
    return tuple(found.items())


def plain_colors(text: str) -> ColorSet | None:
    """Numbers and ranges separated by commas; None if it is something else."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        ends = (first, last if dash else first)
        if not all(end.isascii() and end.isdigit() and len(end) <= 6 for end in ends):
            return None
        low, high = map(int, ends)
        if high < low or high - low > 65536:
            return None
        found.update(range(low, high + 1))
    return ColorSet.of(found)
