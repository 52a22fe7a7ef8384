"""The JSON document `colorcheck/verify/1`: for programs."""

from __future__ import annotations

import json

from colorcheck.report.style import Style
from colorcheck.verification.residue import residues
from colorcheck.verification.results import Verification


def render(verification: Verification, style: Style) -> str:  # noqa: ARG001
    """One JSON object and a newline."""
    document = verification.to_dict() | {"residue": [residue.to_dict() for residue in residues(verification.facts)]}
    return json.dumps(document, indent=2, default=str) + "\n"
