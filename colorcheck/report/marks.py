"""How reports mark what is good, bad or open: one sign and one color for each, in every format."""

from __future__ import annotations

from enum import StrEnum

from colorcheck.core.diagnostic import Severity, Verdict
from colorcheck.verification.traced import Standing


class Mood(StrEnum):
    """What a reader is to do with something; the values are classes of the HTML report."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


SIGNS = {Mood.GOOD: "✓", Mood.BAD: "✗", Mood.OPEN: "?"}
EMOJI = {Mood.GOOD: "✅", Mood.BAD: "❌", Mood.OPEN: "❓"}
HEADLINES = {Mood.GOOD: "bold green", Mood.BAD: "bold red", Mood.OPEN: "bold yellow"}
"""Styles of a headline in a terminal."""
STYLES = {**HEADLINES, Mood.GOOD: "green"}
"""Styles of a line in a terminal: what is good need not stand out."""
SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
"""Styles of a severity in a terminal."""
_VERDICTS = {Verdict.PROVED: Mood.GOOD, Verdict.REFUTED: Mood.BAD}
_STANDINGS = {Standing.MET: Mood.GOOD, Standing.VIOLATED: Mood.BAD}
_PLANS = {"optimal": Mood.GOOD, "feasible": Mood.GOOD, "infeasible": Mood.BAD}
_VACUOUS = "∅"


def of_verdict(verdict: Verdict) -> Mood:
    """What is neither proved nor refuted is open."""
    return _VERDICTS.get(verdict, Mood.OPEN)


def of_standing(standing: Standing) -> Mood:
    """A requirement that is neither met nor violated is open."""
    return _STANDINGS.get(standing, Mood.OPEN)


def of_plan(status: str) -> Mood:
    """A plan is good where there is one, bad where there can be none."""
    return _PLANS.get(status, Mood.OPEN)


def sign(verdict: Verdict, signs: dict[Mood, str] | None = None) -> str:
    """A verdict in one character, by `signs` where others than `SIGNS` are wanted; a vacuous one has its own."""
    return _VACUOUS if verdict is Verdict.VACUOUS else (signs or SIGNS)[of_verdict(verdict)]
