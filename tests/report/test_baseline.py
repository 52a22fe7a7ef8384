from __future__ import annotations

import pytest
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.findings import baseline
from colorcheck.findings.baseline import Baseline, compare, create, prune
from colorcheck.findings.fingerprint import fingerprints
from tests.report import report_samples as samples


def moved(lines: int):  # type: ignore[no-untyped-def]
    """A style whose rt.cfg has that many lines more at its start, and the findings that follow them."""
    style = samples.style()
    style.sources.texts["rt.cfg"] = ["# new"] * lines + samples.TEXTS["rt.cfg"]
    found = (replace(f, location=shifted(f.location, lines)) for f in samples.broken().findings)
    return style, tuple(found)


def shifted(place: Location, lines: int) -> Location:
    return replace(place, line=place.line + lines, end_line=place.end_line + lines)


def test_fingerprints_survive_moved_lines() -> None:
    before = fingerprints(samples.broken().findings, samples.style())
    style, after = moved(7)
    assert fingerprints(after, style) == before


def test_fingerprints_differ_by_rule_file_and_text() -> None:
    style = samples.style()
    found = samples.DROPPED
    others = [
        replace(found, rule="CC113"),
        replace(found, location=replace(found.location, line=2)),
        replace(found, location=replace(found.location, column=16)),
        replace(found, location=samples.DOM0_COLORS),
        replace(found, location=Location("rt.cfg")),
    ]
    assert len(set(fingerprints([found, *others], style))) == len(others) + 1


def test_equal_findings_are_counted() -> None:
    first, second = fingerprints([samples.DROPPED, samples.DROPPED], samples.style())
    assert first != second


def test_known_findings_are_taken_out_and_theorems_stay() -> None:
    verification = samples.broken()
    known = create(verification.findings, samples.style())
    assert [entry.rule for entry in known.entries] == ["CC112"]
    compared = compare(verification, known, samples.style())
    assert [finding.rule for finding in compared.verification.findings] == ["CC401"]
    assert [entry.finding.rule for entry in compared.verification.silenced] == ["CC112"]
    assert compared.stale == ()


def test_a_forged_baseline_cannot_silence_a_theorem() -> None:
    style, verification = samples.style(), samples.broken()
    prints = fingerprints(verification.findings, style)
    forged = Baseline(tuple(baseline.BaselineEntry(print_, "CC112", "", "") for print_ in prints))
    assert [f.rule for f in compare(verification, forged, style).verification.findings] == ["CC401"]


def test_stale_entries_are_told_and_pruned() -> None:
    style, verification = samples.style(), samples.broken()
    known = create(verification.findings, style)
    mended = replace(verification, findings=verification.findings[:1])
    compared = compare(mended, known, style)
    assert compared.stale == known.entries
    assert prune(known, compared.stale).entries == ()


def test_written_and_read_again() -> None:
    known = create(samples.broken().findings, samples.style())
    assert baseline.read(known.to_text()) == known


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "colorcheck/baseline/1", "findings": [{}]}', "[" * 100000]
)
def test_unusable_file_is_a_problem(text: str) -> None:
    assert isinstance(baseline.read(text), Problem)
