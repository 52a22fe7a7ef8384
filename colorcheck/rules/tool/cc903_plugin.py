"""A plugin is broken.

What it checks: that every plugin that is installed loads, has hooks that colorcheck knows, and adds what it declares.

Why it matters: a rule or board of a plugin that does not load is not used, and this would go unnoticed.

What it cannot see: plugins that are not installed in this environment.

Source: `colorcheck plugins` lists what is loaded, from where.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC903",
    "plugin",
    Severity.ERROR,
    __doc__,
    "fix the plugin or uninstall it",
    untestable="an example cannot install a package; the tests of the plugin manager make broken plugins",
)
