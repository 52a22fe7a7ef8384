"""A selection hides errors without a reason.

What it checks: whether `select` and `ignore`, in the manifest's [rules] or on the command line, hide errors without a
reason. It belongs in an entry of `ignore`, or in the key `reason` of [rules] (`--silence-reason`).

Why it matters: the run ends as if the files had no errors. Comments and [[rules.path]] silence nothing without a
reason; a selection that hides errors is no different.

What it cannot see: whether the reason is a good one.

Source: colorcheck's own rule; see the manual's page about silencing.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import BOOT_ARGUMENTS, Example
from colorcheck.rules.rule import Rule, nothing

_MISSPELLED = f"{BOOT_ARGUMENTS} dom0_mems=1G"

RULE = Rule(
    "CC805",
    "hidden-without-reason",
    Severity.ERROR,
    __doc__,
    nothing,
    bad=Example(boot_arguments=_MISSPELLED, manifest='[rules]\nignore = ["CC105"]\n'),
    good=Example(
        boot_arguments=_MISSPELLED,
        manifest='[rules]\nignore = [{ rule = "CC105", reason = "our patched Xen has this option" }]\n',
    ),
)
