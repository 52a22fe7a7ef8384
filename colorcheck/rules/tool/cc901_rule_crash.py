"""A rule crashed.

What it checks: that every rule ran to its end. A rule that raises an exception is reported with it; all others still
run, and the run ends with exit status 5.

Why it matters: a check that did not run is not a check that passed. Silence would look like a clean deployment.

What it cannot see: a rule that ends early without an exception.

Source: colorcheck's own promise: "a crash is a finding, never silence".
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Finding, Severity
from colorcheck.core.source import Location
from colorcheck.rules.rule import Rule, nothing
from colorcheck.verification.results import Facts


def finding(rule: Rule, error: Exception, facts: Facts) -> Finding:
    """The finding for a rule that raised `error`."""
    text = str(error).partition("\n")[0]
    return RULE.finding(
        f"rule {rule.id} ({rule.name}) crashed: {type(error).__name__}{': ' if text else ''}{text}",
        Location(facts.manifest.file),
        "this is a defect of colorcheck or of a plugin, not of your files; what this rule checks was not checked",
    )


RULE = Rule(
    "CC901",
    "rule-crash",
    Severity.ERROR,
    __doc__,
    nothing,
    untestable="tested with a rule that is made to crash, not with a deployment",
)
