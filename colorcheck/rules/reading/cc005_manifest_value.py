"""A value in the manifest is not of the kind that its key takes.

What it checks: the type and range of every value in colorcheck.toml.

Why it matters: the value is not used, so something else is checked than was meant.

What it cannot see: a wrong value of the right kind.

Source: colorcheck's manifest.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC005",
    "manifest-value",
    Severity.ERROR,
    __doc__,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest='[domains.rt]\ncritical = "yes"\n'),
    good=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\ncritical = true\n"),
)
