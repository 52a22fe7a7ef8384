"""A guest's file is not UTF-8.

What it checks: that xl files are UTF-8 text.

Why it matters: xl takes the bytes as they are, so a name with such a byte looks different in every terminal, and tools
that expect UTF-8 stumble over the file.

What it cannot see: which encoding was meant.

Source: xl reads its files byte by byte (`tools/libs/util/libxlu_cfg_l.l`, Xen 4.22).
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC010",
    "not-utf8",
    Severity.WARNING,
    __doc__,
    untestable="examples of rules are UTF-8 text; tests/cli has a file in another encoding",
)
