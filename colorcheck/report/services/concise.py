"""One line per finding, `file:line:column: severity RULE message`, for editors and logs; a summary at the end.

With `--show-silence`, a line of the severity `note` under each has the comment that silences it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.pages import pages
from colorcheck.core.source import Location
from colorcheck.findings.silence_comments import silencing
from colorcheck.report import view
from colorcheck.report.style import Style, printable
from colorcheck.verification.results import Verification

_WORST = list(Severity)


def render(verification: Verification, style: Style) -> str:
    """The whole report, ending with a newline."""
    return quiet(verification, style, Severity.INFO)


def quiet(verification: Verification, style: Style, lowest: Severity) -> str:
    """Only the findings that are at least as bad as `lowest`, and the summary."""
    shown = [each for each in verification.findings if _WORST.index(each.severity) <= _WORST.index(lowest)]
    shown.sort(key=lambda each: _WORST.index(each.severity))
    return "\n".join([*_findings(shown, style), *_rest(verification), *_pages(shown), summary(verification), ""])


def summary(verification: Verification) -> str:
    """The verdict and the counts in one line."""
    head = view.headline(verification)
    counts = [view.counted(n, str(each)) for each in Severity if (n := verification.count(each))]
    sentence = head.sentence.removesuffix(f"; {counts[0]} in the files") if counts else head.sentence
    silent = view.not_told(verification)
    text = "; ".join([sentence, *([", ".join(counts)] if counts else []), *([silent] if silent else [])])
    return printable(f"colorcheck: {head.word}: {text}")


def _findings(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    for finding in findings:
        place = _place(finding.location, style)
        yield printable(f"{place}: {finding.severity} {finding.rule} {finding.message}")
        if style.silences:
            yield printable(f"{place}: note {finding.rule} silence with: {silencing(finding)}")


def _pages(findings: Iterable[Finding]) -> Iterator[str]:
    if shown := pages(finding.rule for finding in findings):
        yield f"colorcheck: the page of each rule: {shown}"


def _place(location: Location, style: Style) -> str:
    """File, line and column; editors need a line even if the whole file is meant."""
    file = style.relative(location.file) or "colorcheck"
    return f"{file}:{max(location.line, 1)}:{max(location.column, 1)}"


def _rest(verification: Verification) -> Iterator[str]:
    for skipped in verification.not_checked:
        yield printable(f"colorcheck: not checked: {skipped.check}: {skipped.reason}")
    for fault in verification.faults:
        yield printable(f"colorcheck: fault in {fault.where}: {fault.message}")
