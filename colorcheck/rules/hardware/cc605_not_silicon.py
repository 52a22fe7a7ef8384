"""The board is an emulator's, and its caches are not the silicon's.

What it checks: boards of the catalogue that represent QEMU's model of a real board, if the model's cache has other
numbers.

Why it matters: what is proved for the model is not proved for the board, and vice versa.

What it cannot see: which of the two the deployment is for.

Source: QEMU's machine models, compared with the manuals of the real boards; `colorcheck board show`.
"""

from __future__ import annotations

from colorcheck.core.diagnostic import Severity
from colorcheck.rules.example import Example
from colorcheck.rules.from_notes import from_notes

RULE = from_notes(
    "CC605",
    "not-silicon",
    Severity.WARNING,
    __doc__,
    "name the real board if the deployment is for it",
    bad=Example(board="qemu-imx8mp-evk"),
    good=Example(board="zcu102"),
)
