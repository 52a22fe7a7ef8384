"""A file includes itself, or too many others.

What it checks: the chains of `/include/` and `#include`, and what macros expand to.

Why it matters: dtc and the preprocessor stop with an error, or do not terminate.

What it cannot see: include paths that only the build system knows.

Source: dtc 1.7: "Includes nested too deeply".
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

_HEAD = "/dts-v1/;\n"
_TREE = Example()

RULE = from_notes(
    "CC003",
    "include",
    Severity.ERROR,
    __doc__,
    bad=Example(tree_text=f'{_HEAD}/include/ "system.dts"\n/ {{ }};\n'),
    good=_TREE,
)
