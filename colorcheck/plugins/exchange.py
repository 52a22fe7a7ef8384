"""Converts findings to JSON and back, for rules that run in a separate process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from colorcheck.core.diagnostic import Confidence, Edit, Finding, Related, Severity
from colorcheck.core.source import Location
from colorcheck.core.witness import PlainWitness


def finding_to_json(finding: Finding) -> dict[str, object]:
    """A finding as JSON, with its witness as far as JSON can represent it. Raises TypeError for anything else."""
    if not isinstance(finding, Finding):
        raise TypeError(f"a {type(finding).__name__} is not a finding")
    return {
        **finding.to_dict(),
        "witness": json.loads(json.dumps(finding.witness.to_dict(), default=str)) if finding.witness else None,
        "about": list(finding.about),
    }


def finding_from_json(said: Mapping[str, Any]) -> Finding:
    """The finding from JSON. Raises KeyError, TypeError or ValueError if it is malformed."""
    return Finding(
        rule=str(said["rule"]),
        name=str(said["name"]),
        severity=Severity(said["severity"]),
        message=str(said["message"]),
        location=_location(said["location"]),
        help=str(said["help"]),
        confidence=Confidence(said["confidence"]),
        related=tuple(Related(_location(each), str(each["message"])) for each in said["related"]),
        witness=None if said["witness"] is None else PlainWitness(dict(said["witness"])),
        fix=tuple(Edit(_location(each), str(each["new_text"])) for each in said["fix"]),
        about=tuple(map(str, said["about"])),
    )


def _location(said: Mapping[str, Any]) -> Location:
    line, column, end_line, end_column = (int(said[key]) for key in ("line", "column", "end_line", "end_column"))
    node, name = str(said.get("node", "")), str(said.get("property", ""))
    return Location(str(said["file"]), line, column, end_line, end_column, node, name)
