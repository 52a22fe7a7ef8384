"""How reports mark what is good, bad or open: one sign and one color for each, in every format."""

from __future__ import annotations

from enum import StrEnum

from colorcheck.core.diagnostic import Severity, Verdict
from colorcheck.verification.traced import Standing


class Mood(StrEnum):
    """Whether something is good, bad or open; the values are CSS classes of the HTML report."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


SIGNS = {Mood.GOOD: "✓", Mood.BAD: "✗", Mood.OPEN: "?"}
EMOJI = {Mood.GOOD: "✅", Mood.BAD: "❌", Mood.OPEN: "❓"}
HEADLINES = {Mood.GOOD: "bold green", Mood.BAD: "bold red", Mood.OPEN: "bold yellow"}
"""Styles of a headline in a terminal."""
STYLES = {**HEADLINES, Mood.GOOD: "green"}
"""Styles of a line in a terminal: good news need not stand out."""
SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
"""Styles of a severity in a terminal."""
_VERDICTS = {Verdict.PROVED: Mood.GOOD, Verdict.REFUTED: Mood.BAD}
_STANDINGS = {Standing.MET: Mood.GOOD, Standing.VIOLATED: Mood.BAD}
_PLANS = {"optimal": Mood.GOOD, "feasible": Mood.GOOD, "infeasible": Mood.BAD}
_VACUOUS = "∅"


def of_verdict(verdict: Verdict) -> Mood:
    """Open if the verdict is neither proved nor refuted."""
    return _VERDICTS.get(verdict, Mood.OPEN)


def of_standing(standing: Standing) -> Mood:
    """Open if the requirement is neither met nor violated."""
    return _STANDINGS.get(standing, Mood.OPEN)


def of_plan(status: str) -> Mood:
    """Good if there is a plan, bad if there can be none."""
    return _PLANS.get(status, Mood.OPEN)


def sign(verdict: Verdict, signs: dict[Mood, str] | None = None) -> str:
    """A verdict in one character, from `signs` if given instead of `SIGNS`; a vacuous verdict has its own sign."""
    return _VACUOUS if verdict is Verdict.VACUOUS else (signs or SIGNS)[of_verdict(verdict)]
