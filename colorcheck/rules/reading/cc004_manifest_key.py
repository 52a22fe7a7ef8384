"""The manifest has a key that colorcheck does not know.

What it checks: every table and key of colorcheck.toml.

Why it matters: a misspelled key has no effect: `criticl = true` protects nothing.

What it cannot see: a known key in place of another one.

Source: colorcheck's manifest; `colorcheck init` writes one with all keys explained.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import GUEST, Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC004",
    "manifest-key",
    Severity.ERROR,
    __doc__,
    bad=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\ncriticl = true\n"),
    good=Example(guests=(("rt.cfg", GUEST),), manifest="[domains.rt]\ncritical = true\n"),
)
