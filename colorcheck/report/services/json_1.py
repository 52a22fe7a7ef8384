"""The JSON document `colorcheck/verify/1`, for programs that do not know /2 yet."""

from __future__ import annotations

from colorcheck.report.services import json
from colorcheck.report.style import Style
from colorcheck.verification.results import Verification


def render(verification: Verification, style: Style) -> str:
    """One JSON object and a newline."""
    return json.render(verification, style, version=1)
