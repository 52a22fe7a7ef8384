"""The exit statuses of a run."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit status of a run. A run with anything unknown never ends with `CLEAN`."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING = 3
    UNDECIDED = 4
    FAULT = 5
