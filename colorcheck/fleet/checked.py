"""The stored result of one deployment of a fleet: small, and only JSON."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import asdict

from colorcheck.files.costs import MEMORY, SECONDS
from colorcheck.verification.exit import Exit

_ORDER = (Exit.FAULT, Exit.FINDINGS, Exit.USAGE, Exit.UNDECIDED, Exit.NOTHING)


class Job(Struct, frozen=True):
    """One deployment to check.

    `formats` are rendered in addition to the summary; `root` is the folder to which names in them are relative; `rules`
    are the keys of `[rules]` that the command line gives (`rules.select`); `allow_outside`: inputs may lie outside of
    the work tree; `seconds` and `memory` (bytes) are what its inputs may cost.
    """

    manifest: str
    fail_on: str = "error"
    formats: tuple[str, ...] = ()
    root: str = "."
    timeout: float = 10.0
    time_limit: float | None = None
    rules: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    allow_outside: bool = False
    seconds: float = SECONDS
    memory: int = MEMORY


class Checked(Struct, frozen=True):
    """How one deployment ended. `inputs` are the files that it is made of.

    `documents` are its reports by format where that is JSON, `rendered` the others; `message` says why there are none.
    """

    manifest: str
    status: int
    word: str
    sentence: str
    errors: int = 0
    warnings: int = 0
    proved: int = 0
    silenced: int = 0
    ignored: int = 0
    baselined: int = 0
    seconds: float = 0.0
    cached: bool = False
    message: str = ""
    documents: dict[str, object] = field(default_factory=dict)
    rendered: dict[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()

    @property
    def is_reported(self) -> bool:
        """Whether there is a report."""
        return bool(self.documents or self.rendered)

    @property
    def rank(self) -> int:
        """Its rank among others: 0 is the worst."""
        return _ORDER.index(Exit(self.status)) if self.status in _ORDER else len(_ORDER)

    def to_dict(self) -> dict[str, object]:
        """Its part of the document `colorcheck/fleet/1`."""
        shown = asdict(self)
        del shown["documents"], shown["rendered"], shown["inputs"]
        return shown


def overall(checked: Iterable[Checked]) -> Exit:
    """The exit status of all together: the worst of 5, 1, 2, 4, 3; where nothing was checked, 3.

    A status that does not exist is a fault.
    """
    met = {each.status for each in checked}
    if any(isinstance(status, bool) or not isinstance(status, int) or status not in list(Exit) for status in met):
        return Exit.FAULT
    return next((status for status in _ORDER if status in met), Exit.CLEAN if met else Exit.NOTHING)


class Fleet(Struct, frozen=True):
    """All deployments that were checked or skipped, and their total number; `since` is the revision that selected
    them.
    """

    checked: tuple[Checked, ...]
    known: int = 0
    since: str | None = None

    @property
    def unchanged(self) -> int:
        """The number that were not checked because none of their inputs changed."""
        return max(0, self.known - sum(each.word != _PASSED for each in self.checked))

    def looked_at(self) -> str:
        """The number that were checked, in words."""
        passed = sum(each.word == _PASSED for each in self.checked)
        undecided = sum(each.status == Exit.UNDECIDED for each in self.checked) - passed
        noun = "deployment" if self.known == 1 else "deployments"
        parts = [f"looked at {len(self.checked) - passed} of {self.known} {noun}"]
        parts += [f"{self.unchanged} unchanged since {self.since}"] if self.since is not None else []
        parts += [f"{undecided} undecided"] if undecided else []
        parts += [f"{passed} skipped"] if passed else []
        silent = sum(each.silenced + each.ignored + each.baselined for each in self.checked)
        parts += [f"{silent} finding{'s' * (silent != 1)} not shown"] if silent else []
        return ", ".join(parts)

    def to_dict(self) -> dict[str, object]:
        passed = sum(each.word == _PASSED for each in self.checked)
        looked_at = len(self.checked) - passed
        return {"known": self.known, "looked_at": looked_at, "unchanged": self.unchanged, "passed": passed}


_PASSED = "NOT CHECKED"


def passed(manifest: str, reason: str) -> Checked:
    """The result of a deployment that exists, or existed, and was not checked."""
    return Checked(manifest, Exit.UNDECIDED, _PASSED, reason, message=reason)


def crashed(manifest: str, message: str) -> Checked:
    """The result of a deployment on which colorcheck itself failed."""
    return Checked(manifest, Exit.FAULT, "FAULT", "colorcheck itself failed", message=message)
