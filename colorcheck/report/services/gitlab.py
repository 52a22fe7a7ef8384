"""GitLab's code quality report."""

from __future__ import annotations

import hashlib
import json

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.findings.fingerprint import fingerprints
from colorcheck.report.style import Style
from colorcheck.report.view import not_told
from colorcheck.verification.results import Verification

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(verification: Verification, style: Style) -> str:
    """A JSON list of issues, and a newline."""
    return to_text(document(verification, style))


def to_text(issues: list[dict[str, object]]) -> str:
    """The issues as JSON text."""
    return json.dumps(issues, indent=2) + "\n"


def document(verification: Verification, style: Style) -> list[dict[str, object]]:
    """One issue for each finding, fault and check that could not run."""
    prints = fingerprints(verification.findings, style)
    issues = [_finding(finding, print_, style) for finding, print_ in zip(verification.findings, prints, strict=True)]
    place = Location(verification.manifest.file)
    for number, fault in enumerate(verification.faults):
        text = f"fault in {fault.where}: {fault.message}"
        issues.append(_issue(text, "colorcheck/fault", "blocker", f"fault-{number}") | _at(place, style))
    for number, entry in enumerate(verification.not_checked):
        text = f"not checked: {entry.check}: {entry.reason}"
        issues.append(_issue(text, "colorcheck/not-checked", "major", f"not-checked-{number}") | _at(place, style))
    if silent := not_told(verification):
        issues.append(_issue(silent, "colorcheck/not-told", "info", "not-told") | _at(place, style))
    return issues


def _finding(finding: Finding, fingerprint: str, style: Style) -> dict[str, object]:
    text = f"{finding.rule} {finding.message}" + (f" ({finding.help})" if finding.help else "")
    check = f"{finding.rule}/{finding.name}"
    return _issue(text, check, _SEVERITIES[finding.severity], fingerprint) | _at(finding.location, style)


def unchecked(text: str, file: str) -> dict[str, object]:
    """An issue for a deployment that could not be checked."""
    fingerprint = hashlib.sha256(f"unchecked\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    place = {"location": {"path": file.encode("utf-8", "replace").decode(), "lines": {"begin": 1}}}
    return _issue(text, "colorcheck/not-checked", "blocker", fingerprint) | place


def _issue(text: str, check: str, severity: str, fingerprint: str) -> dict[str, object]:
    return {"description": text, "check_name": check, "fingerprint": fingerprint, "severity": severity}


def _at(place: Location, style: Style) -> dict[str, object]:
    """GitLab requires a line from 1 on; line 1 is used for the whole file."""
    path = style.relative(place.file).encode("utf-8", "replace").decode()
    return {"location": {"path": path, "lines": {"begin": max(place.line, 1)}}}
