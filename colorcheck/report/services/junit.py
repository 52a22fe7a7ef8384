"""JUnit XML: a test case for each theorem, each finding and each check that could not run.

It is valid under both schemas in use, Jenkins' (junit-10.xsd of its xunit plugin) and that of Ant's task. Ant's
requires a time and a host for each suite; both are fixed, so that equal inputs give equal reports. The details of
requirements are in properties of test cases, which neither schema has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.report.style import Style
from colorcheck.report.view import requirement_lines
from colorcheck.verification.results import Verification
from colorcheck.verification.traced import Standing, Traced, by_theorem

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters that XML 1.0 does not allow


class Outcome(Struct, frozen=True):
    """Why a case did not pass: the element's name (failure or error), its type, its message and its text."""

    tag: str
    kind: str
    message: str
    detail: str = ""


class TestCase(Struct, frozen=True):
    """A test case: its name and class, its duration in seconds, its properties, and why it did not pass."""

    name: str
    classname: str
    seconds: float = 0.0
    properties: tuple[tuple[str, str], ...] = ()
    outcome: Outcome | None = None


class TestSuite(Struct, frozen=True):
    """A named group of test cases, with its own properties and text."""

    name: str
    cases: tuple[TestCase, ...]
    properties: tuple[tuple[str, str], ...] = ()
    text: str = ""


class JUnitReport(Struct, frozen=True):
    """All suites of a report, before they are written as XML."""

    suites: tuple[TestSuite, ...]


def document(verification: Verification, style: Style) -> JUnitReport:
    """The suites theorems, findings and checks, and requirements if there are any."""
    wanted = by_theorem(verification.requirements)
    theorems = verification.facts.theorems()
    cases = (_theorem(release, each, wanted.get((release, each.id), ())) for release, each in theorems)
    suites = [TestSuite("theorems", tuple(cases))]
    if verification.requirements:
        suites.append(TestSuite("requirements", tuple(map(_requirement, verification.requirements))))
    reported = [_finding(finding, style) for finding in verification.findings]
    counts = tuple((name, str(count)) for name, count in verification.silences().items())
    suites.append(
        TestSuite(
            "findings", tuple(case for case, _ in reported), counts, "\n".join(text for _, text in reported if text)
        )
    )
    return JUnitReport((*suites, TestSuite("checks", tuple(_checks(verification)))))


def render(verification: Verification, style: Style) -> str:
    """One `testsuites` element with the suites of the report."""
    return to_xml(document(verification, style).suites)


def joined(reports: Iterable[tuple[str, JUnitReport | None, str]]) -> str:
    """Several reports as one document, given as (name of the deployment, its report, why there is none)."""
    suites: list[TestSuite] = []
    for name, report, message in reports:
        if report is None:
            case = TestCase(name, "checks.deployment", outcome=Outcome("error", "not-checked", message))
            suites.append(TestSuite(f"{name}: checks", (case,)))
        else:
            suites += (replace(suite, name=f"{name}: {suite.name}") for suite in report.suites)
    return to_xml(suites)


def to_xml(suites: Iterable[TestSuite]) -> str:
    """The XML document; suites are numbered in their order."""
    top = Element("testsuites")
    for number, suite in enumerate(suites):
        _element(top, suite, number)
    indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(top, encoding="unicode") + "\n"


def _element(parent: Element, suite: TestSuite, number: int) -> None:
    found = SubElement(parent, "testsuite", name=clean(suite.name), tests=str(len(suite.cases)), package="colorcheck")
    found.set("timestamp", "1970-01-01T00:00:00")
    found.set("hostname", "localhost")
    tags = [case.outcome.tag for case in suite.cases if case.outcome is not None]
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        found.set(count, str(tags.count(tag)))
    found.set("time", f"{sum(float(_seconds(case)) for case in suite.cases):.3f}")
    found.set("id", str(number))
    _properties(SubElement(found, "properties"), suite.properties)
    for case in suite.cases:
        _case(found, case)
    SubElement(found, "system-out").text = clean(suite.text)
    SubElement(found, "system-err")


def _case(parent: Element, case: TestCase) -> None:
    classname = clean(f"colorcheck.{case.classname}")
    found = SubElement(parent, "testcase", name=clean(case.name), classname=classname, time=_seconds(case))
    if case.properties:
        _properties(SubElement(found, "properties"), case.properties)
    if case.outcome is not None:
        said = SubElement(found, case.outcome.tag, type=case.outcome.kind, message=clean(case.outcome.message))
        said.text = clean(case.outcome.detail)


def _seconds(case: TestCase) -> str:
    return f"{case.seconds:.3f}"


def _properties(parent: Element, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        SubElement(parent, "property", name=name, value=clean(value))


def _theorem(release: str, theorem: Theorem, requirements: tuple[str, ...]) -> TestCase:
    detail = "\n".join(f"{related.location}: {related.message}" for related in theorem.core)
    outcome = None
    if theorem.verdict is Verdict.REFUTED:
        outcome = Outcome("failure", "refuted", theorem.reason or "refuted", detail)
    elif theorem.verdict is not Verdict.PROVED:
        outcome = Outcome("error", str(theorem.verdict), theorem.reason or str(theorem.verdict), detail)
    wanted = tuple(("requirement", each) for each in requirements)
    name, kind = f"Xen {release}: {theorem.statement}", f"theorems.{theorem.kind}"
    return TestCase(name, kind, theorem.seconds, wanted, outcome)


def _requirement(requirement: Traced) -> TestCase:
    """The test case of a requirement; its evidence is in the properties."""
    shown = dict.fromkeys(f"{each.subject or each.pattern} {each.release}".strip() for each in requirement.evidence)
    properties = (("requirement", requirement.id), *(("evidence", each) for each in shown))
    status, (_, *lines) = requirement.standing, requirement_lines(requirement)
    outcome = None
    if status is not Standing.MET:
        tag = "failure" if status is Standing.VIOLATED else "error"
        outcome = Outcome(tag, str(status), lines[0] if lines else str(status), "\n".join(lines))
    return TestCase(requirement.id, "requirements", 0.0, properties, outcome)


def _finding(finding: Finding, style: Style) -> tuple[TestCase, str]:
    """The test case, and a line for the text of the suite if it does not fail."""
    place = style.place(finding.location)
    case = TestCase(f"{finding.rule} {place}: {finding.message}", f"findings.{finding.name}")
    detail = "\n".join(part for part in (place, finding.help) if part)
    if finding.severity is Severity.ERROR:
        return replace(case, outcome=Outcome("failure", str(finding.severity), finding.message, detail)), ""
    return case, f"{finding.severity}: {finding.message}\n{detail}"


def _checks(verification: Verification) -> Iterator[TestCase]:
    for entry in verification.skipped:
        outcome = Outcome("error", "not-checked", entry.reason)
        yield TestCase(f"{entry.check} {entry.release}".strip(), "checks.skipped", outcome=outcome)
    for fault in verification.faults:
        outcome = Outcome("error", "fault", fault.message, fault.traceback)
        yield TestCase(fault.where, "checks.fault", outcome=outcome)


def clean(text: str) -> str:
    """The text without characters that XML does not allow."""
    return _FORBIDDEN.sub("�", text)
