"""The text of `boot`: what was booted, what agrees with the model, what differs, and what was moved to boot it
under QEMU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.evidence.attest import LogCheck
from colorcheck.inputs.boot.xen_attested import AttestedBoot, XenAttested
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.attest import rows
from colorcheck.report.terminal.terminal import indented, printed, text
from colorcheck.report.view import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOODS = {"agrees": "bold green", "differs": "bold red", "uncolored": "bold red"}
_WORDS = {"agrees": "AGREES", "differs": "DIFFERS", "uncolored": "NO COLORING"}
_OPEN = "bold yellow"


def render_deployment(
    boot: AttestedBoot,
    checks: tuple[LogCheck, ...] | None,
    changes: tuple[str, ...],
    evidence: XenAttested,
    style: Style,
) -> str:
    """One boot; `checks` is None if the result was known already."""
    return printed(_deployment(boot, checks, changes, evidence, style), style)


def _deployment(
    boot: AttestedBoot,
    checks: tuple[LogCheck, ...] | None,
    changes: tuple[str, ...],
    evidence: XenAttested,
    style: Style,
) -> Iterator[RenderableType]:
    word, mood = _WORDS.get(boot.result, boot.result.upper()), _MOODS.get(boot.result, _OPEN)
    yield indented(f" {word} ", text(("  " + printable(boot.reason), "bold")), f"{mood} reverse")
    version = f"Xen {evidence.version}" if evidence.version else "this Xen"
    against = f" against the model of Xen {boot.release}" if boot.release else ""
    yield text((f"{printable(version)}, sha256 {evidence.sha256[:16]}…, under QEMU {evidence.qemu}{against}", "dim"))
    if changes:
        yield text("")
        yield text(("Differences from the board", "bold"))
        for change in changes:
            yield indented("  · ", text(printable(change)), "dim")
    else:
        yield text(("the system is booted as it is", "dim"))
    yield text("")
    if checks is None:
        yield text("This binary was already booted with this system; --again boots it again.")
        yield indented("agreed: ", text(", ".join(map(printable, boot.compared)) or "nothing"), "dim")
    elif checks:
        yield from rows(checks, style)
    for difference in boot.differences if checks is None else ():
        yield indented("✗ ", text(printable(difference)), "bold red")


def render_campaign(evidence: XenAttested, booted: int, seconds: tuple[float, float], file: str, style: Style) -> str:
    """A whole campaign: counts, then each difference as its smallest case. `seconds` of QEMU and of colorcheck."""
    return printed(_campaign(evidence, booted, seconds, file), style)


def _campaign(evidence: XenAttested, booted: int, seconds: tuple[float, float], file: str) -> Iterator[RenderableType]:
    counts = evidence.counts
    differ, agree = counts.get("differs", 0), counts.get("agrees", 0)
    word, mood = ("DIFFERS", "bold red") if differ else ("AGREES", "bold green")
    if not differ and agree < len(evidence.boots):
        word, mood = "UNDECIDED", _OPEN
    others = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if name not in ("agrees", "differs"))
    reported = f"{agree} agree, {differ} differ" + (f", {others}" if others else "")
    yield indented(
        f" {word} ", text((f"  {counted(len(evidence.boots), 'boot')}: {reported}", "bold")), f"{mood} reverse"
    )
    against = f" against the model of Xen {evidence.release}" if evidence.release else ""
    version = printable(evidence.version) or "without a version"
    yield text((f"Xen {version}, sha256 {evidence.sha256[:16]}…, under QEMU {evidence.qemu}{against}", "dim"))
    if booted:
        share = 100 * seconds[1] / seconds[0] if seconds[0] else 0.0
        yield text(
            (f"{counted(booted, 'boot')} now, {seconds[0] / booted:.1f} s each in QEMU, {share:.0f} % more here", "dim")
        )
    yield text("")
    for boot in evidence.boots:
        if boot.result == "agrees":
            continue
        yield indented(
            f"{boot.name}  ", text((boot.result, _MOODS.get(boot.result, _OPEN)), "  ", printable(boot.reason)), "bold"
        )
        for difference in boot.differences:
            yield indented("    ", text(printable(difference)), "")
        if boot.differences:
            yield indented("    smallest case: ", text(printable(boot.smaller or boot.system)), "dim")
    yield text((f"saved in {printable(file)}", "dim"))
