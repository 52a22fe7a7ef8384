"""GitHub's workflow commands: annotations at the lines, errors first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.pages import page
from colorcheck.core.source import Location
from colorcheck.core.theorem import Theorem
from colorcheck.report import view
from colorcheck.report.style import Style, visible
from colorcheck.verification.results import Verification

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(verification: Verification, style: Style) -> str:
    """One line per annotation, then the verdict in plain words."""
    return "\n".join([*_lines(verification, style), ""])


def _lines(verification: Verification, style: Style) -> Iterator[str]:
    for fault in verification.faults:
        yield _command("error", Location(""), f"colorcheck: fault in {fault.where}", fault.message, style)
    for severity, command in _COMMANDS.items():
        for finding in verification.findings:
            if finding.severity is severity:
                title = f"{finding.rule} {finding.name}"
                yield _command(command, finding.location, title, _message(finding, style), style)
                yield from _other_places(finding, title, style)
    for release, theorem in verification.facts.theorems():
        if theorem.verdict is Verdict.REFUTED and not _is_told(theorem, verification.findings):
            place = theorem.core[0].location if theorem.core else Location("")
            yield _command("error", place, f"Xen {release}: refuted", f"{theorem.statement}. {theorem.reason}", style)
        if theorem.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS):
            text = f"{theorem.statement}: {theorem.verdict}. {theorem.reason}"
            yield _command("warning", Location(""), f"Xen {release}: not decided", text, style)
    for entry in verification.not_checked:
        yield _command("warning", Location(""), f"not checked: {entry.check}", entry.reason, style)
    headline = view.headline(verification)
    if silent := view.not_told(verification):
        yield plain(f"colorcheck: {silent}")
    yield plain(f"colorcheck: {headline.word}: {headline.sentence}")


def _other_places(finding: Finding, title: str, style: Style) -> Iterator[str]:
    """An annotation at each related line of a finding: the change may be there."""
    reported = {(finding.location.file, finding.location.line)}
    for related in finding.related:
        place = (related.location.file, related.location.line)
        if related.location.line and place not in reported:
            reported.add(place)
            text = f"{related.message}\nsee {style.place(finding.location)}: {finding.message}"
            yield _command("notice", related.location, title, text, style)


def _is_told(theorem: Theorem, findings: Iterable[Finding]) -> bool:
    """Whether an error already reports what refutes a theorem."""
    places = {(place.location.file, place.location.line) for place in theorem.core}
    subjects = set(theorem.subjects)
    return any(
        finding.severity is Severity.ERROR
        and (subjects.intersection(finding.about) or (finding.location.file, finding.location.line) in places)
        for finding in findings
    )


def not_checked(file: str, text: str) -> str:
    """An annotation for a deployment that could not be checked."""
    return _command("error", Location(file), "not checked", text, Style())


def plain(text: str) -> str:
    """A line that is not a command."""
    line = _data(text).replace("::", ": :").replace("##[", "## [")
    return f" {line}" if line.lstrip().startswith(":") else line


def _message(finding: Finding, style: Style) -> str:
    parts = [finding.message, finding.help]
    parts += [f"{style.place(related.location)}: {related.message}" for related in finding.related]
    return "\n".join(part for part in (*parts, page(finding.rule)) if part)


def _command(command: str, place: Location, title: str, message: str, style: Style) -> str:
    fields = {"file": style.relative(place.file) if place.file else ""}
    if place.line:
        fields |= {"line": str(place.line), "endLine": str(max(place.end_line, place.line))}
        if place.end_line == place.line:
            fields |= {"col": str(place.column), "endColumn": str(place.end_column)}
    fields["title"] = title
    said = ",".join(f"{name}={_property(value)}" for name, value in fields.items() if value)
    return f"::{command} {said}::{_data(message)}"


def _data(text: str) -> str:
    """Text that the runner reads as one line."""
    return visible(text, "\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
