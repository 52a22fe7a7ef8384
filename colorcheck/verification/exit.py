"""How a run ends, for the shell."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a run ended, for the shell. Nothing that stayed unknown ever ends with `CLEAN`."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING = 3
    UNDECIDED = 4
    FAULT = 5
