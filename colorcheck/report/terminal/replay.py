"""The text of `replay`: the boot step by step, once for all releases under which it is the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.core.units import size_of_pages
from colorcheck.replay.steps import BootStep, number_of, steps
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import color_chart
from colorcheck.report.terminal.memory_map import memory
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.report.terminal.whereabouts import whereabouts
from colorcheck.report.view import counted
from colorcheck.verification.results import Facts, Modelled
from colorcheck.xen.booted import Boot, Built

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOODS = {"own": "bold cyan", "other": "dim", "empty": "bold red"}
_NAME = 16  # columns for the name of a step
_SLACK = 8  # colors that differ by at most this many frames are shown together next to a chart


class ReplayRequest(Struct, frozen=True):
    """What to report: the boot up to the step `until` (a name or a number), and the frames of the domain `at`;
    empty for all.
    """

    until: str = ""
    at: str = ""


class SharedBoot(Struct, frozen=True):
    """A boot and the releases under which it is the same."""

    releases: tuple[str, ...]
    boot: Boot


def render(verification: Modelled, style: Style, asked: ReplayRequest | None = None) -> str:
    """The boot of each release, equal ones once."""
    return printed(_parts(verification, style, asked or ReplayRequest()), style)


def alike(facts: Facts) -> tuple[SharedBoot, ...]:
    """The boots; equal ones as one."""
    found: dict[object, tuple[list[str], Boot]] = {}
    for release, boot in facts.boots():
        built = tuple((b.domain.name, b.created, b.failure, b.free_after, b.pages_by_color) for b in boot.built)
        key = (boot.panic, boot.xen_region, boot.free_initial, boot.memory_map, built, boot.system.xen_colors)
        found.setdefault(key, ([], boot))[0].append(release)
    return tuple(SharedBoot(tuple(releases), boot) for releases, boot in found.values())


def _parts(verification: Modelled, style: Style, asked: ReplayRequest) -> Iterator[RenderableType]:
    before: list[SharedBoot] = []
    for shared in alike(verification.facts):
        if before:
            yield text("")
        yield from _shared(shared, verification.facts, style, asked, before)
        before.append(shared)
    reasons = {skipped.release: skipped.reason for skipped in verification.skipped}
    for result in verification.facts.results:
        if result.boot is None:
            why = reasons.get(result.release, "its files do not say enough")
            yield indented(
                "? ", text(f"Xen {result.release}: the boot cannot be determined: {printable(why)}"), "bold yellow"
            )


def _shared(
    shared: SharedBoot, facts: Facts, style: Style, asked: ReplayRequest, before: Sequence[SharedBoot]
) -> Iterator[RenderableType]:
    boot = shared.boot
    yield _headline(shared)
    known = [facts.board.title if facts.board else "board unknown"]
    if boot.system.nr_colors:
        known.append(f"{boot.system.nr_colors} colors")
    known.append(f"{size_of_pages(sum(part.pages for part in boot.memory_map))} of memory" if boot.memory_map else "")
    yield text((printable(" · ".join(part for part in known if part)), "dim"))
    if boot.memory_map and not asked.at:
        yield from memory(boot, style)
    same = next((other for other in before if _narrated(other.boot) == _narrated(boot)), None)
    if asked.at:
        yield from whereabouts(boot, facts.board, asked.at, style)
    elif same:
        yield from title("Step by step")
        yield text(f"as under Xen {', '.join(same.releases)}")
    else:
        yield from _steps(boot, style, asked.until)


def _narrated(boot: Boot) -> tuple[object, ...]:
    """The texts of the steps of a boot."""
    return boot.panic, tuple((step.name, step.title, step.free) for step in steps(boot))


def _headline(shared: SharedBoot) -> RenderableType:
    boot, name = shared.boot, f"Xen {', '.join(shared.releases)}"
    if boot.panic:
        return indented(
            f" {name} {boot.outcome.upper()} ", text(f"  {printable(boot.panic.message)}"), "bold red reverse"
        )
    failed = [built.domain.name for built in boot.built if not built.created]
    if failed:
        return indented(
            f" {name} BOOTS ", text(f"  but not created: {printable(', '.join(failed))}"), "bold yellow reverse"
        )
    built = counted(len(boot.built), "domain")
    return indented(
        f" {name} BOOTS ", text(f"  and {built} {'is' if len(boot.built) == 1 else 'are'} built"), "bold green reverse"
    )


def _steps(boot: Boot, style: Style, until: str) -> Iterator[RenderableType]:
    reported = steps(boot)
    last = number_of(reported, until) if until else len(reported)
    if until and last is None:
        yield from title("Step by step")
        yield indented("? ", text(f"this boot does not reach {printable(until)}"), "bold yellow")
        last = len(reported)
    elif reported:
        most = max(boot.free_initial, default=0)
        yield from title(
            "Step by step" + (f"; bars: frames left per color, full: {most} ({size_of_pages(most)})" if most else "")
        )
    shown = reported[:last]
    for number, step in enumerate(shown, 1):
        yield from _step(number, step, boot, style)
    if boot.panic and last == len(reported):
        yield indented(
            "✗ ", text(f"Xen {boot.outcome}: {printable(boot.panic.message)} ({boot.panic.kind})"), "bold red"
        )
    if boot.free_initial:
        yield from _left(shown, boot)


def _step(number: int, step: BootStep, boot: Boot, style: Style) -> Iterator[RenderableType]:
    failed = step.built is not None and not step.built.created
    label = f"{number:>2} {printable(step.name)[:_NAME]:<{_NAME}} "
    shown = _domain(step.built) if step.built else step.title
    yield indented(label, text((printable(shown), "red" if failed else "")), "bold red" if failed else "bold")
    own = frozenset(step.built.domain.colors if step.built else boot.system.xen_colors)
    lines = list(color_chart.chart(step.free, boot.free_initial, own, style.width - 10, style.unicode))
    remark = _remark(step, own)
    beside = len(lines) == 1 and len(lines[0].bars) + 6 + len(remark) <= style.width
    for line in lines:
        number_ = f"{line.first:>4} " if len(lines) > 1 else "   "
        bars = [(bar, _MOODS[mood]) for bar, mood in line.bars]
        yield text((number_, "dim"), *bars, (f"  {remark}" if beside else "", "dim"))
    if lines and not beside:
        yield indented("     ", text((remark, "dim")))


def _domain(built: Built) -> str:
    """What a domain takes, or why it is not built."""
    domain = built.domain
    taken = sum(pages for _, pages in built.pages_by_color)
    if not built.created:
        reason = built.failure.message if built.failure else "not built"
        return f"{domain.kind}, not created: {reason}"
    had = sum(built.free_before[color] for color in set(domain.colors) if color < len(built.free_before))
    share = f" of the {size_of_pages(had)} that its colors have ({taken / had:.0%})" if had else ""
    return (
        f"{domain.kind}, colors {ColorSet.of(domain.colors)}: takes {size_of_pages(taken)}{share}: "
        f"{size_of_pages(domain.pages)} of memory, {size_of_pages(taken - domain.pages)} for its "
        f"{'P2M tables' if domain.id == 0 else 'P2M pool and others'}"
    )


def _remark(step: BootStep, own: frozenset[int]) -> str:
    """The remark next to a chart: what the colors of the domain, or all colors, have left."""
    among = own if step.built else None
    found = list(color_chart.groups(step.free, among, _SLACK))
    shown = [f"{group.colors}: {group.frames}" for group in found[:6]] + (["…"] if len(found) > 6 else [])
    return ", ".join(shown) + (" left" if shown and step.built else "")


def _left(shown: tuple[BootStep, ...], boot: Boot) -> Iterator[RenderableType]:
    """The exact frames left at the end; neighbors with the same number are merged."""
    free = next((step.free for step in reversed(shown) if step.free), boot.free_initial)
    yield from title("Frames left per color")
    for group in color_chart.groups(free):
        each = "" if group.first == group.last else " each"
        yield text(f"{group.colors:>9}  {group.frames:>15}  ", (f"{size_of_pages(group.least)}{each}", "dim"))
