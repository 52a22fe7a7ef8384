"""The terminal report: verdict first, findings in their source lines, color map, memory, theorems, residue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.pages import pages
from colorcheck.core.theorem import Assumption, Theorem
from colorcheck.findings.silence_comments import silencing
from colorcheck.report import marks, view
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal.claims import claims, proved
from colorcheck.report.terminal.corrections import corrections
from colorcheck.report.terminal.excerpt import excerpt
from colorcheck.report.terminal.panels import color_map, memory
from colorcheck.report.terminal.requirements import requirements
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.verification.residue import residues
from colorcheck.verification.results import Verification

if TYPE_CHECKING:
    from rich.console import RenderableType

_RELATED = 4  # places that a finding shows beside its own


def render(verification: Verification, style: Style) -> str:
    """The whole report, ending with a newline."""
    return printed(_parts(verification, style), style)


def _parts(verification: Verification, style: Style) -> Iterator[RenderableType]:
    yield from _head(verification, style)
    for finding in view.worst_first(verification.findings):
        yield ""
        yield from _finding(finding, style)
    if not style.verbose:
        yield from claims(verification, style)
    for drawn in view.color_maps(verification.facts):
        yield from color_map(drawn, style, clashes=style.verbose)
    yield from memory(verification.facts, style)
    yield from _open(verification)
    yield from _theorems(verification, style) if style.verbose else proved(verification)
    yield from requirements(verification)
    yield from _residue(verification, style)
    yield from _unchecked(verification)
    yield from _silenced(verification, style)
    yield ""
    if shown := pages(finding.rule for finding in verification.findings):
        yield text((f"the page of each rule: {shown}", "dim"))
    yield _summary(verification)


def _head(verification: Verification, style: Style) -> Iterator[RenderableType]:
    headline = view.headline(verification)
    yield text((f" {headline.word} ", f"{marks.HEADLINES[headline.mood]} reverse"), "  ", (headline.sentence, "bold"))
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
    yield indented(
        f"{severity}[{finding.rule}] ", text((printable(finding.message), "bold")), marks.SEVERITIES[finding.severity]
    )
    place = style.place(finding.location)
    shown = excerpt(finding.location, style.sources, style.width - 8)
    margin = max(len(str(shown.number)) if shown else 0, 2)
    yield indented(f"{' ' * margin}--> ", text(printable(place), (f"  ({finding.name})", "dim")), "blue")
    if shown:
        yield text((f"{' ' * margin} |", "blue"))
        yield text((f"{shown.number:>{margin}} | ", "blue"), shown.text)
        yield text((f"{' ' * margin} | ", "blue"), (shown.carets, marks.SEVERITIES[finding.severity]))
    shown_related = finding.related if style.verbose else finding.related[:_RELATED]
    for related in shown_related:
        yield indented(
            f"{' ' * margin} = ",
            text((f"{printable(style.place(related.location))}: ", "dim"), printable(related.message)),
            "blue",
        )
    if hidden := len(finding.related) - len(shown_related):
        yield indented(f"{' ' * margin} = ", text((f"and {hidden} more places; --verbose lists them", "dim")), "blue")
    if finding.help:
        yield indented(f"{' ' * margin} = help: ", text(printable(finding.help)), "blue")
    if style.silences:
        yield indented(f"{' ' * margin} = silence: ", text((printable(silencing(finding)), "green")), "blue")
    for corrected in corrections(finding.fix, style.sources, style.width - 8):
        yield indented(
            f"{' ' * margin} = fix: ",
            text((f"{printable(style.place(corrected.location))}: ", "dim"), *corrected.pieces()),
            "blue",
        )


def _open(verification: Verification) -> Iterator[RenderableType]:
    """The open facts on which a verdict depends, with the lines that settle them."""
    waiting = {
        name
        for theorem in verification.theorems
        if theorem.verdict is Verdict.UNKNOWN and verification.asked(theorem.id)
        for name in theorem.facts
    }
    unknown = [fact for fact in verification.open_facts() if fact.what in waiting]
    if not unknown:
        return
    names = {fact.what for fact in unknown}
    hanging = [
        name
        for name, answers in verification.questions().items()
        if any(t.verdict is Verdict.UNKNOWN and names.intersection(t.facts) for _, t in answers)
    ]
    yield from title("Open")
    for fact in unknown:
        yield indented("? ", text(printable(fact.why)), "bold yellow")
        for line in fact.settle:
            yield indented("    ", text((printable(line), "green")))
    yield indented("  undecided until then: ", text(printable(", ".join(hanging))), "dim")


def _theorems(verification: Verification, style: Style) -> Iterator[RenderableType]:
    """All theorems with their formulas and assumptions; only with `--verbose`."""
    for releases, theorems in view.theorem_panels(verification.facts):
        yield from title(f"Theorems (Xen {releases})")
        for group in view.theorem_groups(theorems):
            for theorem in group.theorems:
                yield from _theorem(theorem, style)
        yield from _assumptions(view.assumptions(theorems))


def _assumptions(taken: tuple[Assumption, ...]) -> Iterator[RenderableType]:
    if taken:
        yield text(("resting on", "dim"))
    for assumption in taken:
        said = text(printable(assumption.text), (f"  [{printable(assumption.source)}]", "dim"))
        yield indented(f"  {assumption.trust:<11}", said, "dim")


def _theorem(theorem: Theorem, style: Style) -> Iterator[RenderableType]:
    mark, mood = marks.sign(theorem.verdict), marks.STYLES[marks.of_verdict(theorem.verdict)]
    time = f"  {theorem.verdict}, {theorem.seconds:.2f} s"
    yield indented(f"{mark} ", text(printable(theorem.statement), (time, "dim")), mood)
    if theorem.mathematics:
        yield indented("    ", text((printable(theorem.mathematics), "dim")))
    if theorem.reason:
        yield indented("    because ", text(printable(theorem.reason)), "dim")
    if theorem.verdict is not Verdict.PROVED:
        for place in theorem.core:
            yield indented(
                "    ", text((f"{printable(style.place(place.location))}: ", "dim"), printable(place.message))
            )


def _residue(verification: Verification, style: Style) -> Iterator[RenderableType]:
    """The grade and what stays shared; the reason if the configuration, not Xen, is the cause, or with `--verbose`."""
    found = residues(verification.facts)
    for shared in [view.alike([each])[0] for each in found] if style.verbose else view.alike(found):
        residue = shared.residue
        yield from title(f"Still shared (Xen {residue.release}): grade {residue.grade}, {residue.reason}")
        for remainder, size in zip(residue.remainders, shared.amounts, strict=True):
            colors = f", {remainder.colors}" if size and remainder.colors and style.verbose else ""
            amount = f" ({size}{colors})" if size else ""
            why = f": {printable(remainder.why)}" if style.verbose or remainder.crosses else ""
            yield indented("- ", text(f"{printable(remainder.what)}{amount}", (why, "dim")))


def _unchecked(verification: Verification) -> Iterator[RenderableType]:
    if not verification.not_checked and not verification.faults:
        return
    yield from title("Not checked")
    for skipped in verification.not_checked:
        yield indented("? ", text(f"{printable(skipped.check)}: {printable(skipped.reason)}"), "bold yellow")
    for fault in verification.faults:
        yield indented("! ", text(f"fault in {printable(fault.where)}: {printable(fault.message)}"), "bold red")


def _silenced(verification: Verification, style: Style) -> Iterator[RenderableType]:
    """The findings that are not reported, with place and reason; only with `--verbose`."""
    if not verification.silenced or not style.verbose:
        return
    yield from title("Not shown")
    for entry in verification.silenced:
        finding = entry.finding
        what = f"{finding.rule} {finding.name} at {style.place(finding.location)}"
        why = f" ({entry.by} at {style.place(entry.location)}: {entry.reason})"
        yield indented("- ", text(printable(what), (printable(why), "dim")))


def _summary(verification: Verification) -> RenderableType:
    shown = [view.counted(n, str(severity)) for severity in Severity if (n := verification.count(severity))]
    shown += [f"{n} {verdict}" for verdict in Verdict if (n := verification.count(verdict))]
    seconds = sum(seconds for _, seconds in verification.seconds)
    silent = view.not_told(verification)
    time = f" in {seconds:.2f} s" if seconds else ""
    return text((f"{', '.join(shown) or 'nothing found'}{time}{f'; {silent}' if silent else ''}", "dim"))
