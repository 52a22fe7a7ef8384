"""Judges all cases, or some of them, one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from colorcheck.documents.validation import CaseStanding, Judged
from colorcheck.workflows.validation.cases import MeasuredCase, cases
from colorcheck.workflows.validation.judges import JUDGES


def validate(kinds: Sequence[str], every: int = 1) -> Iterator[Judged]:
    """Each case of these kinds with its outcome, only one in `every` of each kind. Raises NoCases."""
    for kind in kinds:
        yield from (judged(case) for case in cases(kind)[::every])


def judged(case: MeasuredCase) -> Judged:
    """Judge one case. A crash of colorcheck counts as a difference."""
    with tempfile.TemporaryDirectory(prefix="colorcheck-") as folder:
        try:
            wrong = JUDGES[case.kind](case, Path(folder))
        except Exception as error:  # a validation has to catch crashes
            wrong = f"colorcheck failed: {type(error).__name__}: {error}"
    known = bool(case.known) and case.known_difference in wrong
    standing = CaseStanding.AGREES if not wrong else CaseStanding.KNOWN if known else CaseStanding.DIFFERS
    note = case.known if standing is CaseStanding.KNOWN else ""
    return Judged(case.kind, case.name, case.xen, case.area, standing, wrong, note)
