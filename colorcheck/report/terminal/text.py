"""The terminal report: verdict first, findings in their source lines, color map, memory, theorems, residue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Assumption, Theorem, Trust
from colorcheck.core.units import size_of_pages
from colorcheck.report import view
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.excerpt import excerpt
from colorcheck.report.terminal.panels import color_map, memory
from colorcheck.report.terminal.requirements import requirements
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.verification.residue import residues
from colorcheck.verification.results import Verification

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOODS = {"good": "bold green", "bad": "bold red", "open": "bold yellow"}
_SEVERITIES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_VERDICTS = {
    Verdict.PROVED: ("✓", "green"),
    Verdict.REFUTED: ("✗", "bold red"),
    Verdict.UNKNOWN: ("?", "bold yellow"),
    Verdict.VACUOUS: ("∅", "bold yellow"),
}
_FEW = 4  # proved theorems of one kind that are still listed one by one


def render(verification: Verification, style: Style) -> str:
    """The whole report, ending with a newline."""
    return printed(_parts(verification, style), style)


def _parts(verification: Verification, style: Style) -> Iterator[RenderableType]:
    yield from _head(verification, style)
    for finding in verification.findings:
        yield ""
        yield from _finding(finding, style)
    for drawn in view.color_maps(verification.facts):
        yield from color_map(drawn, style)
    yield from memory(verification.facts, style)
    yield from _open(verification)
    yield from _theorems(verification, style)
    yield from requirements(verification)
    yield from _residue(verification)
    yield from _unchecked(verification)
    yield from _silenced(verification, style)
    yield ""
    yield _summary(verification)


def _head(verification: Verification, style: Style) -> Iterator[RenderableType]:
    headline = view.headline(verification)
    yield text((f" {headline.word} ", f"{_MOODS[headline.mood]} reverse"), "  ", (headline.sentence, "bold"))
    target = verification.target()
    known = [
        str(target["board_title"] or target["board"] or "board unknown"),
        f"Xen {', '.join(verification.manifest.target.xen)}",
    ]
    if target["nr_colors"]:
        known.append(f"{target['nr_colors']} colors")
    known.append(style.relative(verification.manifest.file))
    yield text((printable(" · ".join(known)), "dim"))


def _finding(finding: Finding, style: Style) -> Iterator[RenderableType]:
    severity = str(finding.severity)
    yield indented(f"{severity}[{finding.rule}] ", text((printable(finding.message), "bold")), _SEVERITIES[severity])
    place = style.place(finding.location)
    shown = excerpt(finding.location, style.sources, style.width - 8)
    margin = max(len(str(shown.number)) if shown else 0, 2)
    yield text((f"{' ' * margin}--> ", "blue"), printable(place), (f"  ({finding.name})", "dim"))
    if shown:
        yield text((f"{' ' * margin} |", "blue"))
        yield text((f"{shown.number:>{margin}} | ", "blue"), shown.text)
        yield text((f"{' ' * margin} | ", "blue"), (shown.carets, _SEVERITIES[severity]))
    for related in finding.related:
        yield indented(
            f"{' ' * margin} = ",
            text((f"{printable(style.place(related.location))}: ", "dim"), printable(related.message)),
            "blue",
        )
    if finding.help:
        yield indented(f"{' ' * margin} = help: ", text(printable(finding.help)), "blue")
    for edit in finding.fix:
        yield indented(
            f"{' ' * margin} = fix: ",
            text(
                f"{printable(style.place(edit.location))}: ",
                ("write ", "dim"),
                (printable(edit.new_text) or "(nothing)", "green"),
            ),
            "blue",
        )


def _open(verification: Verification) -> Iterator[RenderableType]:
    """What a verdict hangs on, with the lines that settle it."""
    waiting = {
        name
        for theorem in verification.theorems
        if theorem.verdict is Verdict.UNKNOWN and verification.asked(theorem.id)
        for name in theorem.facts
    }
    unknown = [fact for fact in verification.open_facts() if fact.what in waiting]
    if not unknown:
        return
    yield from title("Open")
    for fact in unknown:
        yield indented("? ", text(printable(fact.why)), "bold yellow")
        for line in fact.settle:
            yield indented("    ", text((printable(line), "green")))


def _theorems(verification: Verification, style: Style) -> Iterator[RenderableType]:
    told: list[tuple[str, ...]] = []
    for line, theorems in view.theorem_panels(verification.facts):
        yield from title(f"Theorems (Xen {line})")
        names = tuple(theorem.id for theorem in theorems)
        if names in told and not style.verbose and all(t.verdict is Verdict.PROVED for t in theorems):
            yield indented("✓ ", text(f"the same {len(theorems)} theorems, with their own numbers, proved"), "green")
            continue
        told.append(names)
        for group in view.theorem_groups(theorems):
            if group.verdict is Verdict.PROVED and len(group.theorems) > _FEW and not style.verbose:
                yield _grouped(group)
            else:
                for theorem, more in _by_reason(group.theorems, style.verbose):
                    yield from _theorem(theorem, style, more)
        yield from _assumptions(view.assumptions(theorems), style)


def _assumptions(taken: tuple[Assumption, ...], style: Style) -> Iterator[RenderableType]:
    """Those that no theorem of this report proves, a line each; all of them, with their sources, if asked for."""
    shown = [assumption for assumption in taken if style.verbose or assumption.trust is not Trust.CHECKED]
    if taken:
        left = len(taken) - len(shown)
        yield text((f"resting on{f' (and {left} that other theorems prove)' if left else ''}", "dim"))
    for assumption in shown:
        source = f"  [{printable(assumption.source)}]" if style.verbose else ""
        said = text(printable(assumption.text), (source, "dim"))
        if not style.verbose:
            said.truncate(max(style.width - 13, 20), overflow="ellipsis")
        yield indented(f"  {assumption.trust:<11}", said, "dim")


def _grouped(group: view.TheoremGroup) -> RenderableType:
    mark, mood = _VERDICTS[group.verdict]
    seconds = sum(theorem.seconds for theorem in group.theorems)
    return indented(
        f"{mark} ",
        text(
            f"{view.counted(len(group.theorems), group.kind + ' theorem')} {group.verdict}",
            (f"  {seconds:.2f} s", "dim"),
        ),
        mood,
    )


def _by_reason(theorems: tuple[Theorem, ...], verbose: bool) -> Iterator[tuple[Theorem, int]]:
    """Undecided theorems that share their reason once, with how many more there are; all others one by one."""
    groups: dict[object, list[Theorem]] = {}
    for theorem in theorems:
        alone = verbose or not theorem.reason or theorem.verdict in (Verdict.PROVED, Verdict.REFUTED)
        groups.setdefault(theorem.id if alone else (theorem.verdict, theorem.reason), []).append(theorem)
    yield from ((members[0], len(members) - 1) for members in groups.values())


def _theorem(theorem: Theorem, style: Style, more: int = 0) -> Iterator[RenderableType]:
    mark, mood = _VERDICTS[theorem.verdict]
    others = f", and {more} more" if more else ""
    time = f"  {theorem.verdict}{others}, {theorem.seconds:.2f} s"
    yield indented(f"{mark} ", text(printable(theorem.statement), (time, "dim")), mood)
    if style.verbose and theorem.mathematics:
        yield indented("    ", text((printable(theorem.mathematics), "dim")))
    if theorem.reason:
        yield indented("    because ", text(printable(theorem.reason)), "dim")
    if theorem.verdict is not Verdict.PROVED:
        for place in theorem.core:
            yield indented(
                "    ", text((f"{printable(style.place(place.location))}: ", "dim"), printable(place.message))
            )


def _residue(verification: Verification) -> Iterator[RenderableType]:
    for residue in residues(verification.facts):
        yield from title(f"Still shared (Xen {residue.line}): grade {residue.grade}, {residue.reason}")
        for remainder in residue.remainders:
            colors = f", {remainder.colors}" if remainder.colors else ""
            amount = f" ({size_of_pages(remainder.pages)}{colors})" if remainder.pages else ""
            yield indented("- ", text(f"{printable(remainder.what)}{amount}", (f": {printable(remainder.why)}", "dim")))


def _unchecked(verification: Verification) -> Iterator[RenderableType]:
    if not verification.skipped and not verification.faults:
        return
    yield from title("Not checked")
    for skipped in verification.skipped:
        yield indented("? ", text(f"{printable(skipped.check)}: {printable(skipped.reason)}"), "bold yellow")
    for fault in verification.faults:
        yield indented("! ", text(f"fault in {printable(fault.where)}: {printable(fault.message)}"), "bold red")


def _silenced(verification: Verification, style: Style) -> Iterator[RenderableType]:
    """What is not told, with the place and the reason of the silence; only where everything is asked for."""
    if not verification.silenced or not style.verbose:
        return
    yield from title("Not told")
    for entry in verification.silenced:
        finding = entry.finding
        what = f"{finding.rule} {finding.name} at {style.place(finding.location)}"
        why = f" ({entry.by} at {style.place(entry.location)}: {entry.reason})"
        yield indented("- ", text(printable(what), (printable(why), "dim")))


def _summary(verification: Verification) -> RenderableType:
    told = [view.counted(n, str(severity)) for severity in Severity if (n := verification.count(severity))]
    told += [f"{n} {verdict}" for verdict in Verdict if (n := verification.count(verdict))]
    seconds = sum(seconds for _, seconds in verification.seconds)
    silent = view.not_told(verification)
    time = f" in {seconds:.2f} s" if seconds else ""
    return text((f"{', '.join(told) or 'nothing found'}{time}{f'; {silent}' if silent else ''}", "dim"))
