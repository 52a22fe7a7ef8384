"""The name of a rule does not exist.

What it checks: the names of rules in comments that silence, in the manifest's [rules] and on the command line.

Why it matters: the finding that it was meant for is not silenced, or all others are.

What it cannot see: a correctly spelled name of the wrong rule.

Source: `colorcheck rules` lists the rules.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule, nothing

RULE = Rule(
    "CC803",
    "silence-unknown-rule",
    Severity.ERROR,
    __doc__,
    nothing,
    bad=Example(manifest='[rules]\nignore = ["duplicate-colour"]\n'),
    good=Example(manifest='[rules]\nignore = ["duplicate-color"]\n'),
)
