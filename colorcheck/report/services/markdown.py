"""Markdown, for a merge request comment or a job summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.pages import address, pages
from colorcheck.core.units import size_of_pages
from colorcheck.report import view
from colorcheck.report.marks import EMOJI, of_standing, sign
from colorcheck.report.style import Style, printable
from colorcheck.report.terminal import drawing
from colorcheck.verification.residue import residues
from colorcheck.verification.results import Verification

_SEVERITIES = {Severity.ERROR: "❌ error", Severity.WARNING: "⚠️ warning", Severity.INFO: "ℹ️ info"}
_MOST = 200  # findings that are listed; a comment has a size limit
MOST_BYTES = 1_000_000  # GitHub accepts 1 MiB of summary per step
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&])")


def render(verification: Verification, style: Style) -> str:
    """The verdict, the findings as a table, and the rest folded."""
    return limited(f"{line}\n" for line in _lines(verification, style))


def _lines(verification: Verification, style: Style) -> Iterator[str]:
    headline = view.headline(verification)
    yield f"### {EMOJI[headline.mood]} colorcheck: {headline.word}"
    yield ""
    target = verification.target()
    board = target["board_title"] or target["board"] or "board unknown"
    known = [
        str(board),
        f"Xen {', '.join(verification.manifest.target.xen)}",
        style.relative(verification.manifest.file),
    ]
    yield f"{escaped(headline.sentence)}. {escaped(' · '.join(known))}"
    if silent := view.not_told(verification):
        yield from ["", escaped(f"Findings {silent}.")]
    if verification.findings:
        yield from _findings(verification.findings, style)
    for drawn in view.color_maps(verification.facts):
        yield from ["", f"**Colors** (Xen {drawn.releases})", "", "```text"]
        yield from (_fenced(str(line)) for line in drawing.map_lines(drawn, 100))
        yield from (
            _fenced(f"{a} and {b} share {c}" + (f" (allowed: {r})" if r else ""))
            for a, b, c, r in drawing.clash_lines(drawn)
        )
        yield "```"
    yield from _memory(verification)
    yield from _theorems(verification)
    yield from _requirements(verification)
    yield from _residue(verification)
    unchecked = [f"{entry.check}: {entry.reason}" for entry in verification.not_checked]
    unchecked += [f"fault in {fault.where}: {fault.message}" for fault in verification.faults]
    if unchecked:
        yield from ["", "**Not checked**", "", *(f"- {escaped(text)}" for text in unchecked)]


def _findings(findings: tuple[Finding, ...], style: Style) -> Iterator[str]:
    yield from ["", "| | rule | place | finding |", "|---|---|---|---|"]
    for finding in findings[:_MOST]:
        text = escaped(finding.message) + (f"<br>→ {escaped(finding.help)}" if finding.help else "")
        place = escaped(style.place(finding.location))
        rule = f"[{finding.rule}]({address(finding.rule)})" if address(finding.rule) else finding.rule
        yield f"| {_SEVERITIES[finding.severity]} | {rule} {escaped(finding.name)} | {place} | {text} |"
    if shown := pages(finding.rule for finding in findings):
        yield from ["", f"The page of each rule: `{shown}`"]
    if len(findings) > _MOST:
        yield f"\n… and {len(findings) - _MOST} more"


def _memory(verification: Verification) -> Iterator[str]:
    for releases, _, rows in view.memory_panels(verification.facts):
        yield from ["", f"**Memory** (Xen {releases})", "", "| domain | | |", "|---|---|---|"]
        for row in rows:
            bar = "".join(drawing.bar(row, 20))
            yield f"| {escaped(row.name)} | `{bar}` | {escaped(drawing.memory_text(row))} |"


def _theorems(verification: Verification) -> Iterator[str]:
    for releases, theorems in view.theorem_panels(verification.facts):
        yield from ["", f"<details><summary>{len(theorems)} theorems (Xen {releases})</summary>", ""]
        for group in view.theorem_groups(theorems):
            for theorem in group.theorems:
                reason = f": {theorem.reason}" if theorem.reason else ""
                yield f"- {sign(theorem.verdict, EMOJI)} {escaped(theorem.statement + reason)}"
        yield from ["", "Resting on:", ""]
        for assumption in view.assumptions(theorems):
            yield f"- {assumption.trust}: {escaped(assumption.text)} ({escaped(assumption.source)})"
        yield from ["", "</details>"]


def _requirements(verification: Verification) -> Iterator[str]:
    if verification.requirements:
        yield from ["", "**Requirements**", "", "| requirement | |", "|---|---|"]
    for requirement in verification.requirements:
        mark = EMOJI[of_standing(requirement.standing)]
        yield f"| {escaped(requirement.id)} | {mark} {escaped('; '.join(view.requirement_lines(requirement)))} |"


def _residue(verification: Verification) -> Iterator[str]:
    for residue in residues(verification.facts):
        summary = escaped(f"grade {residue.grade}, {residue.reason}")
        yield from ["", f"<details><summary>Still shared (Xen {residue.release}): {summary}</summary>", ""]
        for remainder in residue.remainders:
            amount = f" ({size_of_pages(remainder.pages)})" if remainder.pages else ""
            yield f"- {escaped(remainder.what)}{amount}: {escaped(remainder.why)}"
        yield from ["", "</details>"]


def limited(parts: Iterable[str]) -> str:
    """As many parts as fit into a job summary, one after the other, and the number of those that do not."""
    shown: list[str] = []
    left, dropped = MOST_BYTES, 0
    for part in parts:
        left -= len(part.encode("utf-8", "replace"))
        if left < 0:
            dropped += 1
        else:
            shown.append(part)
    return "".join(shown) + (f"\n… and {dropped} more that do not fit here\n" if dropped else "")


def escaped(text: str) -> str:
    """Text as one line that Markdown and HTML show literally."""
    return _SPECIAL.sub(r"\\\1", printable(text)).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")


def _fenced(text: str) -> str:
    """Text in a fence that it cannot close."""
    return printable(text).replace("```", "'''")
