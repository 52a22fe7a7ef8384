"""One line a finding, `file:line:column: severity RULE message`, for editors and for logs; a summary at the end."""

from __future__ import annotations

from collections.abc import Iterator

from colorcheck.core.diagnostic import Severity
from colorcheck.core.source import Location
from colorcheck.report import view
from colorcheck.report.style import Style, printable
from colorcheck.verification.results import Verification

_WORST = list(Severity)


def render(verification: Verification, style: Style) -> str:
    """The whole report, ending with a newline."""
    return "\n".join([*_findings(verification, style), *_rest(verification), summary(verification), ""])


def quiet(verification: Verification, style: Style, lowest: Severity) -> str:
    """Only the findings that are at least as bad as `lowest`, and the summary."""
    return "\n".join([*_findings(verification, style, lowest), *_rest(verification), summary(verification), ""])


def summary(verification: Verification) -> str:
    """The verdict and the counts in one line."""
    head = view.headline(verification)
    counts = [view.counted(n, str(each)) for each in Severity if (n := verification.count(each))]
    silent = view.not_told(verification)
    told = "; ".join([head.sentence, *([", ".join(counts)] if counts else []), *([silent] if silent else [])])
    return printable(f"colorcheck: {head.word}: {told}")


def _findings(verification: Verification, style: Style, lowest: Severity = Severity.INFO) -> Iterator[str]:
    shown = [each for each in verification.findings if _WORST.index(each.severity) <= _WORST.index(lowest)]
    for finding in sorted(shown, key=lambda each: _WORST.index(each.severity)):
        said = f"{finding.severity} {finding.rule} {finding.message}"
        yield printable(f"{_place(finding.location, style)}: {said}")


def _place(location: Location, style: Style) -> str:
    """File, line and column; an editor wants a line even where the whole file is meant."""
    file = style.relative(location.file) or "colorcheck"
    return f"{file}:{max(location.line, 1)}:{max(location.column, 1)}"


def _rest(verification: Verification) -> Iterator[str]:
    for skipped in verification.skipped:
        yield printable(f"colorcheck: not checked: {skipped.check}: {skipped.reason}")
    for fault in verification.faults:
        yield printable(f"colorcheck: fault in {fault.where}: {fault.message}")
