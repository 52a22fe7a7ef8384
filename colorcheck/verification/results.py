"""The result of a verification: the facts for rules, and the value from which reports are made."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct

from colorcheck import __version__
from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.source import Location
from colorcheck.core.theorem import TIME_IS_OVER, Theorem
from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.loader.facts import OpenFact
from colorcheck.loader.handover import Handover
from colorcheck.verification.exit import Exit
from colorcheck.verification.traced import Traced
from colorcheck.xen.booted import Boot
from colorcheck.xen.system import System
from colorcheck.xen.worlds.world import Worlds


class ReleaseResult(Struct, frozen=True):
    """What one release of Xen does with the deployment.

    `release` is the name that the manifest gives it ("4.20", "xilinx-4.17"). `boot` is None if the boot could not be
    modelled (no device tree, no image size, …); `theorems` is empty if nothing could be stated.
    """

    release: str
    system: System | None = None
    boot: Boot | None = None
    theorems: tuple[Theorem, ...] = ()
    worlds: Worlds | None = None

    @property
    def colored(self) -> bool:
        """Whether coloring is on and the number of colors known."""
        return self.system is not None and self.system.coloring and self.system.nr_colors is not None


class Skipped(Struct, frozen=True):
    """A check that could not run: its name and the reason. Skipped checks lead to exit status 4."""

    check: str
    reason: str
    release: str = ""

    def to_dict(self) -> dict[str, str]:
        return {"check": self.check, "reason": self.reason, "xen": self.release}


class Silence(StrEnum):
    """What hides a finding."""

    COMMENT = "silenced"  # a comment in an input
    SELECTION = "ignored"  # a key of [rules], or an option of the command line
    BASELINE = "baselined"


class Silenced(Struct, frozen=True):
    """A finding that is not reported, where it was silenced (a comment, a key of the manifest), the reason, and by
    what.
    """

    finding: Finding
    location: Location
    reason: str
    by: Silence = Silence.COMMENT

    def to_dict(self) -> dict[str, object]:
        return {
            "finding": self.finding.to_dict(),
            "location": self.location.to_dict(),
            "reason": self.reason,
            "by": str(self.by),
        }


class Fault(Struct, frozen=True):
    """A fault of colorcheck itself: a crash in one of its parts, or a disagreement between proof and replay."""

    where: str
    message: str
    traceback: str = ""

    def to_dict(self) -> dict[str, str]:
        return {"where": self.where, "message": self.message}


class Facts(Struct, frozen=True):
    """Everything that a rule may use: the deployment, the board, and what each release does with both.

    `board` is None if it is neither known by name nor derivable from the device tree. `handover` is the result of a
    boot script, None if none is named; `deployment` then has the tree that Xen receives. `everywhere` has the domains
    of all ways, if there are several and the rules run on one after the other.
    """

    deployment: Deployment
    board: Board | None
    results: tuple[ReleaseResult, ...]
    handover: Handover | None = None
    everywhere: frozenset[str] = frozenset()

    @property
    def manifest(self) -> Manifest:
        return self.deployment.manifest

    def systems(self) -> Iterator[tuple[str, System]]:
        """(release, system) of every release that was modelled, in the manifest's order."""
        return ((o.release, o.system) for o in self.results if o.system is not None)

    def boots(self) -> Iterator[tuple[str, Boot]]:
        """(release, boot) of every release whose boot was modelled."""
        return ((o.release, o.boot) for o in self.results if o.boot is not None)

    def theorems(self) -> Iterator[tuple[str, Theorem]]:
        """(release, theorem) of all theorems."""
        return ((o.release, theorem) for o in self.results for theorem in o.theorems)


class Modelled(Struct, frozen=True):
    """The result of a command that runs no rules and proves nothing: what Xen does with a deployment.

    It has neither findings nor an exit status, so that it cannot be mistaken for a verification.
    """

    facts: Facts
    skipped: tuple[Skipped, ...] = ()
    faults: tuple[Fault, ...] = ()
    nothing_to_check: bool = False

    @property
    def manifest(self) -> Manifest:
        return self.facts.manifest


class Verification(Struct, frozen=True):
    """The result of `verify`. `seconds` has the stages in order with their wall time."""

    facts: Facts
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    faults: tuple[Fault, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()
    nothing_to_check: bool = False
    silenced: tuple[Silenced, ...] = ()
    requirements: tuple[Traced, ...] = ()
    time_limit: float | None = None
    """The time limit of the whole run in seconds; None if there is none."""

    @property
    def manifest(self) -> Manifest:
        return self.facts.manifest

    @property
    def theorems(self) -> tuple[Theorem, ...]:
        return tuple(theorem for _, theorem in self.facts.theorems())

    def questions(self) -> dict[str, tuple[tuple[str, Theorem], ...]]:
        """Each theorem once: by its ID, with its releases and the result under each."""
        found: dict[str, list[tuple[str, Theorem]]] = {}
        for release, theorem in self.facts.theorems():
            found.setdefault(theorem.id, []).append((release, theorem))
        return {name: tuple(answers) for name, answers in found.items()}

    def asked(self, theorem: str) -> bool:
        """Whether `[policy] prove` or a requirement selects the theorem with this ID."""
        wanted = (*self.manifest.policy.prove, *(p for each in self.manifest.requirements for p in each.patterns))
        return any(names_theorem(pattern, theorem) for pattern in wanted)

    def count(self, what: Severity | Verdict) -> int:
        """The number of findings of this severity, or of theorems with this verdict under their worst release.

        A theorem counts once for all releases, and only if it was selected.
        """
        if isinstance(what, Severity):
            return sum(finding.severity is what for finding in self.findings)
        return sum(weakest(answers).verdict is what for name, answers in self.questions().items() if self.asked(name))

    def silences(self) -> dict[str, int]:
        """The number of hidden findings, by what hides them: `silenced`, `ignored`, `baselined`."""
        return {str(by): sum(entry.by is by for entry in self.silenced) for by in Silence}

    def exit_status(self, fail_on: Severity = Severity.ERROR) -> Exit:
        """5 takes precedence over 1, and 1 over 4; a finding counts from the severity `fail_on` upwards, a refuted
        theorem always. The run never ends with `CLEAN` if anything is unknown, was not read or could not run.
        """
        if self.faults:
            return Exit.FAULT
        if any(at_least(finding.severity, fail_on) for finding in self.findings) or self.count(Verdict.REFUTED):
            return Exit.FINDINGS
        if self.nothing_to_check:
            return Exit.NOTHING
        undecided = self.count(Verdict.UNKNOWN) + self.count(Verdict.VACUOUS)
        if self.skipped or undecided or self.facts.deployment.unread:
            return Exit.UNDECIDED
        return Exit.CLEAN

    @property
    def not_checked(self) -> tuple[Skipped, ...]:
        """The skipped checks for people: a check that several releases skip for the same reason is listed once."""
        once: dict[tuple[str, str], Skipped] = {}
        for entry in self.skipped:
            once.setdefault((entry.check, entry.reason), entry)
        return tuple(once.values())

    def target(self) -> dict[str, object]:
        """The target of the checks, for the head of a report."""
        board = self.facts.board
        colors = [system.nr_colors for _, system in self.facts.systems()]
        return {
            "xen": ", ".join(self.manifest.target.xen),
            "xen_lines": list(self.manifest.target.xen),
            "board": board.name if board else self.manifest.target.board,
            "board_title": board.title if board else None,
            "nr_colors": colors[0] if colors and len(set(colors)) == 1 else None,
            "nr_colors_by_xen": {release: system.nr_colors for release, system in self.facts.systems()},
            "manifest": self.manifest.file,
        }

    def to_dict(self, version: int = 2) -> dict[str, object]:
        """The document `colorcheck/verify/2`, or /1: there each theorem appears once per release."""
        if version == 1:
            theorems = [{**theorem.to_dict(), "xen": release} for release, theorem in self.facts.theorems()]
        else:
            theorems = [_question(answers, asked=self.asked(name)) for name, answers in self.questions().items()]
        return {
            "schema": f"colorcheck/verify/{version}",
            "tool_version": __version__,
            "target": self.target(),
            "findings": [finding.to_dict() for finding in self.findings],
            "theorems": theorems,
            "requirements": [requirement.to_dict() for requirement in self.requirements],
            "open": [fact.to_dict() for fact in self.open_facts()],
            "time_limit": self._time_limit(),
            "silenced": [entry.to_dict() for entry in self.silenced],
            "skipped": [entry.to_dict() for entry in self.skipped],
            "faults": [fault.to_dict() for fault in self.faults],
            "seconds": {stage: round(seconds, 6) for stage, seconds in self.seconds},
            "summary": self._summary(version),
        }

    def _time_limit(self) -> dict[str, object] | None:
        """The time limit of the run, and the number of theorems for which it did not suffice."""
        if self.time_limit is None:
            return None
        late = sum(any(TIME_IS_OVER in each.reason for _, each in answers) for answers in self.questions().values())
        return {"seconds": self.time_limit, "undecided": late}

    def open_facts(self) -> tuple[OpenFact, ...]:
        """The open facts on which some theorem depends."""
        read = {name for theorem in self.theorems for name in theorem.facts}
        found: dict[str, OpenFact] = {}
        for result in self.facts.results:
            if result.worlds is not None:
                found |= {name: fact for name, fact in result.worlds.open.items() if name in read}
        return tuple(found.values())

    def _summary(self, version: int) -> dict[str, object]:
        shown = {f"{severity}s": self.count(severity) for severity in Severity}
        if version == 1:
            return {**shown, **{str(v): sum(t.verdict is v for t in self.theorems) for v in Verdict}}
        return {
            **shown,
            **{str(verdict): self.count(verdict) for verdict in Verdict},
            "not_asked": sum(not self.asked(name) for name in self.questions()),
            "open": len(self.open_facts()),
            "unread": len(self.facts.deployment.unread),
            **self.silences(),
        }


def names_theorem(pattern: str, theorem: str) -> bool:
    """Whether a pattern matches the theorem with this ID; a pair in either order, so that `separation/rt/*` selects all
    of rt's. Names of domains may contain slashes: every way to split such an ID in two is tried.
    """
    if fnmatchcase(theorem, pattern):
        return True
    kind, *names = theorem.split("/")
    if kind != "separation":
        return False
    cuts = range(1, len(names))
    return any(fnmatchcase("/".join((kind, *names[cut:], *names[:cut])), pattern) for cut in cuts)


_WEAKNESS = (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.VACUOUS, Verdict.PROVED)


def weakest(answers: tuple[tuple[str, Theorem], ...]) -> Theorem:
    """The theorem under the release with the weakest verdict."""
    return min((theorem for _, theorem in answers), key=lambda theorem: _WEAKNESS.index(theorem.verdict))


def _question(answers: tuple[tuple[str, Theorem], ...], *, asked: bool) -> dict[str, object]:
    """A theorem for a document: the weakest result, and the verdict under each release."""
    return {
        **weakest(answers).to_dict(),
        "releases": {release: str(theorem.verdict) for release, theorem in answers},
        "asked": asked,
    }


_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Whether a severity is at or above a threshold."""
    return _RANK[severity] >= _RANK[threshold]
