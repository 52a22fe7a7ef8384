"""JUnit XML: a test case for each theorem, each finding and each check that could not run.

It is valid by both schemas that are in use, Jenkins' (junit-10.xsd of its xunit plugin) and that of Ant's task. Ant's
demands a time and a host for each suite; a report is the same for the same inputs, so both are fixed. What belongs to
requirements stands in properties of test cases, which neither schema has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.report.style import Style
from colorcheck.report.view import requirement_lines
from colorcheck.verification.results import Verification
from colorcheck.verification.traced import Standing, Traced, by_theorem

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no place for


def render(verification: Verification, style: Style) -> str:
    """One `testsuites` element with the suites theorems, findings and checks."""
    suites = Element("testsuites")
    wanted = by_theorem(verification.requirements)
    theorems = verification.facts.theorems()
    _suite(
        suites, "theorems", [_theorem(release, each, wanted.get((release, each.id), ())) for release, each in theorems]
    )
    if verification.requirements:
        _suite(suites, "requirements", [_requirement(each) for each in verification.requirements])
    told = [_finding(finding, style) for finding in verification.findings]
    findings = _suite(suites, "findings", [case for case, _ in told], "\n".join(text for _, text in told if text))
    _counts(findings, verification.silences())
    _suite(suites, "checks", list(_checks(verification)))
    return _document(suites)


def join_suites(documents: Iterable[tuple[str, str | None, str]]) -> str:
    """One document of several, given as (name of the deployment, its document, why there is none)."""
    suites = Element("testsuites")
    for name, document, message in documents:
        for suite in fromstring(document) if document else ():
            suite.set("name", clean(f"{name}: {suite.get('name')}"))
            suites.append(suite)
        if not document:
            case = _case(name, "checks.deployment", 0)
            _said(case, "error", "not-checked", message, "")
            _suite(suites, f"{name}: checks", [case])
    return _document(suites)


def _document(suites: Element) -> str:
    for number, suite in enumerate(suites):
        suite.set("id", str(number))
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _counts(suite: Element, counts: dict[str, int]) -> None:
    """How many findings are not told, as properties of the suite, which come before its cases."""
    for properties in suite.findall("properties"):
        for name, count in counts.items():
            SubElement(properties, "property", name=name, value=str(count))


def _suite(parent: Element, name: str, cases: list[Element], said: str = "") -> Element:
    suite = SubElement(parent, "testsuite", name=name, tests=str(len(cases)), package="colorcheck")
    suite.set("timestamp", "1970-01-01T00:00:00")
    suite.set("hostname", "localhost")
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    SubElement(suite, "properties")
    suite.extend(cases)
    SubElement(suite, "system-out").text = clean(said)
    SubElement(suite, "system-err")
    return suite


def _theorem(release: str, theorem: Theorem, requirements: tuple[str, ...]) -> Element:
    case = _case(f"Xen {release}: {theorem.statement}", f"theorems.{theorem.kind}", theorem.seconds)
    _properties(case, [("requirement", each) for each in requirements])
    detail = "\n".join(f"{related.location}: {related.message}" for related in theorem.core)
    if theorem.verdict is Verdict.REFUTED:
        _said(case, "failure", "refuted", theorem.reason or "refuted", detail)
    elif theorem.verdict is not Verdict.PROVED:
        _said(case, "error", str(theorem.verdict), theorem.reason or str(theorem.verdict), detail)
    return case


def _requirement(requirement: Traced) -> Element:
    """A requirement is a test case of its own; its evidence stands in the properties."""
    case = _case(requirement.id, "requirements", 0)
    shown = [f"{each.subject or each.pattern} {each.release}".strip() for each in requirement.evidence]
    _properties(case, [("requirement", requirement.id), *(("evidence", each) for each in dict.fromkeys(shown))])
    status, (_, *lines) = requirement.standing, requirement_lines(requirement)
    if status is not Standing.MET:
        tag = "failure" if status is Standing.VIOLATED else "error"
        _said(case, tag, str(status), lines[0] if lines else str(status), "\n".join(lines))
    return case


def _properties(case: Element, pairs: list[tuple[str, str]]) -> None:
    if pairs:
        found = SubElement(case, "properties")
        for name, value in pairs:
            SubElement(found, "property", name=name, value=clean(value))


def _finding(finding: Finding, style: Style) -> tuple[Element, str]:
    """The test case, and what the suite says of it where it does not fail."""
    place = style.place(finding.location)
    case = _case(f"{finding.rule} {place}: {finding.message}", f"findings.{finding.name}", 0)
    detail = "\n".join(part for part in (place, finding.help) if part)
    if finding.severity is Severity.ERROR:
        _said(case, "failure", str(finding.severity), finding.message, detail)
        return case, ""
    return case, f"{finding.severity}: {finding.message}\n{detail}"


def _checks(verification: Verification) -> Iterator[Element]:
    for entry in verification.skipped:
        case = _case(f"{entry.check} {entry.release}".strip(), "checks.skipped", 0)
        _said(case, "error", "not-checked", entry.reason, "")
        yield case
    for fault in verification.faults:
        case = _case(fault.where, "checks.fault", 0)
        _said(case, "error", "fault", fault.message, fault.traceback)
        yield case


def _case(name: str, classname: str, seconds: float) -> Element:
    return Element("testcase", name=clean(name), classname=clean(f"colorcheck.{classname}"), time=f"{seconds:.3f}")


def _said(case: Element, tag: str, kind: str, message: str, detail: str) -> None:
    said = SubElement(case, tag, type=kind, message=clean(message))
    said.text = clean(detail)


def clean(text: str) -> str:
    """The text without what XML has no place for."""
    return _FORBIDDEN.sub("�", text)
