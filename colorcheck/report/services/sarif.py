"""SARIF 2.1.0, for code scanning services: rules with their pages, places with columns, fingerprints, faults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from colorcheck import __version__
from colorcheck.core.diagnostic import Confidence, Edit, Finding, Severity
from colorcheck.core.pages import address, page, site
from colorcheck.core.source import Location
from colorcheck.findings.fingerprint import fingerprints
from colorcheck.report.style import Style
from colorcheck.rules import RULES
from colorcheck.rules.rule import Rule
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Fault, Silence, Skipped, Verification

MOST = 25_000  # results that GitHub accepts in one run
_LONGEST = 400  # the longest line that is quoted, in characters
_WORST = ("error", "warning", "note", "none")
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PRECISION = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}
_AREAS = {
    "0": "inputs",
    "1": "configuration",
    "2": "dialects",
    "3": "domains",
    "4": "isolation",
    "5": "memory",
    "6": "hardware",
    "7": "attestation",
    "8": "policy",
    "9": "tool",
}


def render(verification: Verification, style: Style) -> str:
    """One log with one run, and a newline."""
    return to_text(document(verification, style))


def document(verification: Verification, style: Style) -> dict[str, object]:
    """The log before it is rendered."""
    return log((merged([("", run(verification, style))], (), int(verification.exit_status())),))


def to_text(document: dict[str, object]) -> str:
    """A log as text, without whitespace, since services limit the size of an upload."""
    return json.dumps(document, separators=(",", ":")) + "\n"


def merged(
    runs: Sequence[tuple[str, dict[str, Any]]], unread: Iterable[tuple[str, str]], status: int, looked_at: str = ""
) -> dict[str, Any]:
    """Merges the runs of several deployments: each rule and each result once, the worst results first.

    `unread` has the deployments without a run, and why. Services accept few runs per log, and `MOST` results per run.
    """
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    shown: list[dict[str, Any]] = [_notification("not-checked", "error", text) for _, text in unread]
    known: set[str] = set()
    good = True
    for name, each in runs:
        rules |= {rule["id"]: rule for rule in each["tool"]["driver"]["rules"]}
        invocation = each["invocations"][0]
        good = good and invocation["executionSuccessful"]
        for note in invocation["toolExecutionNotifications"]:
            text = note["message"]["text"]
            shown.append({**note, "message": {"text": f"{name}: {text}" if name else text}})
        for result in each["results"]:
            same = json.dumps([result["ruleId"], result["locations"], result["message"]], sort_keys=True)
            if same not in known:
                known.add(same)
                results.append(result)
    results.sort(key=lambda result: ("suppressions" in result, _WORST.index(result["level"])))
    if len(results) > MOST:
        shown.append(_notification("left-out", "error", f"{len(results) - MOST} results more than services accept"))
        del results[MOST:]
    index = {rule: number for number, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    if looked_at:
        shown.append(_notification("looked-at", "note", looked_at))
    return {
        "tool": {"driver": {**_driver(), "rules": list(rules.values()) or [_rule(rule) for rule in RULES]}},
        "automationDetails": {"id": "colorcheck/"},
        "invocations": [
            {
                "executionSuccessful": good,
                "exitCode": status,
                "exitCodeDescription": Exit(status).name.lower(),
                "toolExecutionNotifications": shown,
            }
        ],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the top of the repository"}}},
        "results": results,
        "properties": {
            "targets": [target for _, each in runs for target in each["properties"]["targets"]],
            "summary": {
                kind: sum(each["properties"].get("summary", {}).get(kind, 0) for _, each in runs) for kind in Silence
            },
        },
    }


def log(runs: Iterable[dict[str, object]]) -> dict[str, object]:
    """A SARIF log of several runs."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": list(runs)}


def run(verification: Verification, style: Style) -> dict[str, Any]:
    """A verification as a run."""
    findings = verification.findings
    silenced = verification.silenced
    everything = (*findings, *(entry.finding for entry in silenced))
    rules = _rules(everything)
    index = {str(rule["id"]): position for position, rule in enumerate(rules)}
    prints = fingerprints(everything, style)
    results = [_result(f, index, print_, style) for f, print_ in zip(everything, prints, strict=True)]
    for result, entry in zip(results[len(findings) :], silenced, strict=True):
        kind = "inSource" if entry.by is Silence.COMMENT else "external"
        result["suppressions"] = [{"kind": kind, "justification": entry.reason}]
    status = verification.exit_status()
    return {
        "tool": {"driver": {**_driver(), "rules": rules}},
        "invocations": [
            {
                "executionSuccessful": not verification.faults,
                "exitCode": int(status),
                "exitCodeDescription": Exit(status).name.lower(),
                "toolExecutionNotifications": list(_notifications(verification.faults, verification.not_checked)),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"targets": [verification.target()], "summary": verification.silences()},
    }


def _rules(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """All built-in rules, then those of plugins that have findings."""
    known = {rule.id for rule in RULES}
    strange = {f.rule: f for f in findings if f.rule not in known}
    return [*map(_rule, RULES), *map(_strange_rule, strange.values())]


def _rule(rule: Rule) -> dict[str, object]:
    sections = list(rule.page.sections())
    plain = "\n\n".join(f"{heading}: {text}" for heading, text in sections)
    rich = "\n\n".join(f"**{heading}.** {text}" for heading, text in sections)
    return {
        "id": rule.id,
        "name": _camel(rule.name),
        "shortDescription": {"text": rule.page.title},
        "fullDescription": {"text": rule.page.matters},
        "help": {"text": plain, "markdown": rich},
        **({"helpUri": address(rule.id)} if address(rule.id) else {}),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["cache-coloring", "xen", _AREAS.get(rule.id[2:3], "plugin")], "precision": "very-high"}
        | {"page": page(rule.id)},
    }


def _strange_rule(finding: Finding) -> dict[str, object]:
    return {
        "id": finding.rule,
        "name": _camel(finding.name),
        "shortDescription": {"text": finding.name},
        "help": {"text": finding.help or finding.name},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"tags": ["cache-coloring", "xen", "plugin"]},
    }


def _camel(name: str) -> str:
    return "".join(part.capitalize() if len(part) > 1 else part for part in name.split("-"))


def _result(finding: Finding, index: dict[str, int], fingerprint: str, style: Style) -> dict[str, Any]:
    text = finding.message + (f"\n{finding.help}" if finding.help else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.location, style, quoted=True)],
        "partialFingerprints": {"colorcheck/v1": fingerprint},
        "properties": {"confidence": str(finding.confidence), "precision": _PRECISION[finding.confidence]},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(related.location, style), "message": {"text": related.message}}
            for number, related in enumerate(finding.related, 1)
        ]
    if finding.fix:
        result["fixes"] = [_fix(finding.fix, style)]
    if finding.witness is not None:
        result["properties"] |= {"witness": _plain(finding.witness.to_dict())}
    return result


def _plain(value: object) -> object:
    """A witness as JSON values."""
    return json.loads(json.dumps(value, default=str))


def _location(place: Location, style: Style, *, quoted: bool = False) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": _artifact(place.file, style)}
    region: dict[str, object] = dict(_region(place))
    if region:
        line = style.sources.line(place) if quoted and place.end_line == place.line else None
        if line is not None and len(line) <= _LONGEST:
            snippet = line[place.column - 1 : place.end_column - 1]
            region |= {"snippet": {"text": snippet}} if snippet else {}
            physical["contextRegion"] = {"startLine": place.line, "snippet": {"text": line}}
        physical["region"] = region
    found: dict[str, object] = {"physicalLocation": physical}
    if place.node:
        name = f"{place.node}:{place.property}" if place.property else place.node
        found["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "member" if place.property else "object"}]
    return found


def _artifact(file: str, style: Style) -> dict[str, object]:
    """The artifact location, relative to the root of the sources if the file is below it."""
    name = style.relative(file)
    if PurePath(name).is_absolute():
        return {"uri": "file://" + quote(name.encode("utf-8", "surrogateescape"))}
    return {"uri": quote(name.encode("utf-8", "surrogateescape")), "uriBaseId": "%SRCROOT%"}


def _region(place: Location) -> dict[str, int]:
    if not place.line:
        return {}
    region = {"startLine": place.line, "startColumn": max(place.column, 1)}
    if place.end_line >= place.line:
        region["endLine"] = place.end_line
        if place.end_column:
            region["endColumn"] = place.end_column
    return region


def _fix(edits: Iterable[Edit], style: Style) -> dict[str, object]:
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.location.file, []).append(edit)
    return {
        "description": {"text": "write what you mean"},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(file, style),
                "replacements": [
                    {"deletedRegion": _region(edit.location), "insertedContent": {"text": edit.new_text}}
                    for edit in changes
                ],
            }
            for file, changes in by_file.items()
        ],
    }


_NOTIFICATIONS: list[dict[str, object]] = [
    {
        "id": f"colorcheck/{name}",
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
    }
    for name, text in (
        ("fault", "Colorcheck itself failed."),
        ("not-checked", "A check, or a whole deployment, could not be checked."),
        ("left-out", "There are more results than services accept."),
        ("looked-at", "The number of deployments that were checked."),
    )
]


def _driver() -> dict[str, object]:
    """The tool; with addresses only if the documentation has one."""
    home = {"informationUri": site()} if site() else {}
    return {"name": "colorcheck", "semanticVersion": __version__, **home, "notifications": _NOTIFICATIONS}


def _notifications(faults: Iterable[Fault], skipped: Iterable[Skipped]) -> Iterator[dict[str, object]]:
    for fault in faults:
        yield _notification("fault", "error", f"{fault.where}: {fault.message}")
    for entry in skipped:
        yield _notification("not-checked", "warning", f"{entry.check}: {entry.reason}")


def _notification(name: str, level: str, text: str) -> dict[str, object]:
    return {"descriptor": {"id": f"colorcheck/{name}"}, "level": level, "message": {"text": text}}
