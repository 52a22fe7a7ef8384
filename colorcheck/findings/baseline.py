"""Baselines: the findings that a project already has, so that only new ones fail. Refuted theorems are never in one."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Finding, Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.files.sources import Names
from colorcheck.findings.fingerprint import fingerprints
from colorcheck.findings.selection import can_be_silenced
from colorcheck.verification.results import Silence, Silenced, Verification

SCHEMA = "colorcheck/baseline/1"
NAME = "colorcheck-baseline.json"


class BaselineEntry(Struct, frozen=True):
    """A known finding. Only the fingerprint is compared; the rest is for people who read the file."""

    fingerprint: str
    rule: str
    file: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"fingerprint": self.fingerprint, "rule": self.rule, "file": self.file, "message": self.message}


class Baseline(Struct, frozen=True):
    """The known findings of a project; `file` is the path of the baseline."""

    entries: tuple[BaselineEntry, ...] = ()
    file: str = NAME

    def to_text(self) -> str:
        """JSON, sorted, so that a diff shows what changed."""
        known = sorted(self.entries, key=lambda entry: (entry.file, entry.rule, entry.fingerprint))
        return json.dumps({"schema": SCHEMA, "findings": [entry.to_dict() for entry in known]}, indent=2) + "\n"


class Compared(Struct, frozen=True):
    """A verification without its known findings, and the entries that no longer match a finding."""

    verification: Verification
    stale: tuple[BaselineEntry, ...]


def create(findings: Iterable[Finding], names: Names, file: str = NAME) -> Baseline:
    """A baseline of all findings that can be silenced."""
    findings = tuple(findings)
    made = zip(findings, fingerprints(findings, names), strict=True)
    return Baseline(tuple(_entry(finding, print_, names) for finding, print_ in made if can_be_silenced(finding)), file)


def _entry(finding: Finding, fingerprint: str, names: Names) -> BaselineEntry:
    return BaselineEntry(fingerprint, finding.rule, names.relative(finding.location.file), finding.message)


def read(text: str, file: str = NAME) -> Baseline | Problem:
    """A baseline from its file's text; a Problem if it cannot be read."""
    where = Location(file)
    advice = "recreate it with `colorcheck baseline create`"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Problem(ProblemKind.BASELINE, f"the baseline is not JSON: {error}", where, advice)
    if (
        not isinstance(document, dict)
        or document.get("schema") != SCHEMA
        or not isinstance(document.get("findings"), list)
    ):
        return Problem(ProblemKind.BASELINE, f'the baseline does not have the schema "{SCHEMA}"', where, advice)
    entries = []
    for item in document["findings"]:
        if not isinstance(item, dict) or not isinstance(item.get("fingerprint"), str):
            return Problem(ProblemKind.BASELINE, "an entry of the baseline has no fingerprint", where, advice)
        entries.append(
            BaselineEntry(item["fingerprint"], *(str(item.get(key, "")) for key in ("rule", "file", "message")))
        )
    return Baseline(tuple(entries), file)


def compare(verification: Verification, baseline: Baseline, names: Names) -> Compared:
    """Remove the known findings. Refuted and undecided theorems stay, whatever is in the baseline."""
    known = {entry.fingerprint for entry in baseline.entries}
    made = tuple(zip(verification.findings, fingerprints(verification.findings, names), strict=True))
    silent = [finding for finding, print_ in made if print_ in known and can_be_silenced(finding)]
    place = Location(baseline.file)
    silenced = (
        *verification.silenced,
        *(Silenced(finding, place, "in the baseline", Silence.BASELINE) for finding in silent),
    )
    left = tuple(finding for finding in verification.findings if finding not in silent)
    found = {print_ for _, print_ in made}
    stale = tuple(entry for entry in baseline.entries if entry.fingerprint not in found)
    return Compared(replace(verification, findings=left, silenced=silenced), stale)


def prune(baseline: Baseline, stale: Iterable[BaselineEntry]) -> Baseline:
    """The baseline without entries whose finding is gone."""
    gone = {entry.fingerprint for entry in stale}
    return replace(baseline, entries=tuple(entry for entry in baseline.entries if entry.fingerprint not in gone))
