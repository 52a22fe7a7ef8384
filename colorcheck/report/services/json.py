"""The JSON documents `colorcheck/verify/2` and `/1`: for programs."""

from __future__ import annotations

import json

from colorcheck.report.style import Style
from colorcheck.verification.residue import residues
from colorcheck.verification.results import Verification


def render(verification: Verification, style: Style, version: int = 2) -> str:
    """One JSON object and a newline."""
    return json.dumps(document(verification, style, version), indent=2, default=str) + "\n"


def document(verification: Verification, style: Style, version: int = 2) -> dict[str, object]:  # noqa: ARG001
    """The document before it is rendered."""
    return verification.to_dict(version) | {"residue": [residue.to_dict() for residue in residues(verification.facts)]}
