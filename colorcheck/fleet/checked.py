"""What is kept of one deployment of a fleet: small, and all of it JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, field

from colorcheck.core.value import dataclass
from colorcheck.verification.results import Exit

_ORDER = (Exit.FAULT, Exit.FINDINGS, Exit.USAGE, Exit.UNDECIDED, Exit.NOTHING)


@dataclass(frozen=True, slots=True)
class Job:
    """One deployment to check.

    `formats` are rendered beside the summary; `root` is what names in them start at; `rules` are the keys of `[rules]`
    that the command line gives (`rules.select`); `allow_outside`: inputs may lie outside of the work tree.
    """

    manifest: str
    fail_on: str = "error"
    formats: tuple[str, ...] = ()
    root: str = "."
    timeout: float = 10.0
    rules: tuple[tuple[str, tuple[str, ...]], ...] = ()
    allow_outside: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """How one deployment ended. `rendered` are its reports by format; `message` says why there are none."""

    manifest: str
    status: int
    word: str
    sentence: str
    errors: int = 0
    warnings: int = 0
    proved: int = 0
    seconds: float = 0.0
    cached: bool = False
    message: str = ""
    rendered: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Its part of the document `colorcheck/fleet/1`."""
        told = asdict(self)
        del told["rendered"]
        return told


def overall(checked: Iterable[Checked]) -> Exit:
    """The exit status of all together: the worst of 5, 1, 2, 4, 3; where nothing was checked, 3."""
    met = {each.status for each in checked}
    return next((status for status in _ORDER if status in met), Exit.CLEAN if met else Exit.NOTHING)


def crashed(manifest: str, message: str) -> Checked:
    """A deployment on which colorcheck itself failed."""
    return Checked(manifest, Exit.FAULT, "FAULT", "colorcheck itself went wrong", message=message)
