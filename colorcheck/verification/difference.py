"""What changed between two verifications of one deployment: isolation, colors, margins, findings, assumptions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.value import dataclass
from colorcheck.verification.results import ReleaseResult, Verification
from colorcheck.xen.system import Built, System

PAIR_SEPARATION = "pair-separation"


class Reason(StrEnum):
    """What `--fail-on` can name."""

    NEW_SHARING = "new-sharing"
    LESS_MARGIN = "less-margin"
    NEW_ERRORS = "new-errors"
    NEW_WARNINGS = "new-warnings"
    CHANGED_ASSUMPTIONS = "changed-assumptions"


@dataclass(frozen=True, slots=True)
class PairChange:
    """A pair of domains whose separation has another verdict than before.

    None: nothing was, or is, stated of the pair. `exists` tells whether both domains are still there, or may be.
    """

    xen: str
    domains: tuple[str, ...]
    before: Verdict | None
    after: Verdict | None
    exists: bool = True

    @property
    def lost(self) -> bool:
        """Whether the pair exists and is not proved apart any more, or came without a proof."""
        return self.exists and self.after is not Verdict.PROVED

    def to_dict(self) -> dict[str, object]:
        return {"xen": self.xen, "domains": list(self.domains), "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class ColorChange:
    """A domain, or Xen, with other colors than before; None where it did not exist, or does not any more."""

    xen: str
    domain: str
    before: ColorSet | None
    after: ColorSet | None

    def to_dict(self) -> dict[str, object]:
        before = None if self.before is None else list(self.before)
        return {
            "xen": self.xen,
            "domain": self.domain,
            "before": before,
            "after": None if self.after is None else list(self.after),
        }


@dataclass(frozen=True, slots=True)
class MarginChange:
    """Frames left on a domain's colors when all domains are built; negative: frames that it lacks."""

    xen: str
    domain: str
    before: int | None
    after: int | None

    @property
    def less(self) -> bool:
        """Whether frames were lost, or nothing can be said of them any more."""
        return self.before is not None and (self.after is None or self.after < self.before)

    def to_dict(self) -> dict[str, object]:
        return {"xen": self.xen, "domain": self.domain, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed. `new` and `gone` are findings; assumptions are those of proved theorems."""

    pairs: tuple[PairChange, ...]
    colors: tuple[ColorChange, ...]
    margins: tuple[MarginChange, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    new_assumptions: tuple[str, ...]
    gone_assumptions: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not (self.pairs or self.colors or self.margins or self.new or self.gone or self.new_assumptions)

    def reasons(self) -> frozenset[Reason]:
        """Everything that `--fail-on` might ask for and that happened."""
        happened = {
            Reason.NEW_SHARING: any(pair.lost for pair in self.pairs),
            Reason.LESS_MARGIN: any(margin.less for margin in self.margins),
            Reason.NEW_ERRORS: any(finding.severity is Severity.ERROR for finding in self.new),
            Reason.NEW_WARNINGS: any(finding.severity is Severity.WARNING for finding in self.new),
            Reason.CHANGED_ASSUMPTIONS: bool(self.new_assumptions or self.gone_assumptions),
        }
        return frozenset(reason for reason, true in happened.items() if true)

    def to_dict(self) -> dict[str, object]:
        """The document `colorcheck/diff/1`."""
        return {
            "schema": "colorcheck/diff/1",
            "pairs": [pair.to_dict() for pair in self.pairs],
            "colors": [color.to_dict() for color in self.colors],
            "margins": [margin.to_dict() for margin in self.margins],
            "new_findings": [finding.to_dict() for finding in self.new],
            "gone_findings": [finding.to_dict() for finding in self.gone],
            "new_assumptions": list(self.new_assumptions),
            "gone_assumptions": list(self.gone_assumptions),
            "reasons": sorted(self.reasons()),
        }


def compare(base: Verification, head: Verification) -> Difference:
    """What changed from `base` to `head`. Findings are matched by rule, file and message, whatever their lines."""
    earlier, later = _relative(base), _relative(head)
    old, new = Counter(map(_identity, earlier)), Counter(map(_identity, later))
    before, after = _assumptions(base), _assumptions(head)
    return Difference(
        tuple(_pairs(base, head)),
        tuple(_colors(base, head)),
        tuple(_margins(base, head)),
        tuple(_surplus(later, old)),
        tuple(_surplus(earlier, new)),
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
    )


def _relative(verification: Verification) -> tuple[Finding, ...]:
    """The findings with the names of their files as seen from the manifest: the two sides lie in different folders."""
    folder = verification.manifest.folder or "."
    prefix = os.path.join(folder, "")

    def moved(finding: Finding) -> Finding:
        place = finding.location
        file = os.path.relpath(place.file, folder) if place.file else ""
        message = finding.message.replace(prefix, "") if prefix != "./" else finding.message
        return replace(finding, location=replace(place, file=file), message=message)

    return tuple(map(moved, verification.findings))


def _identity(finding: Finding) -> tuple[str, str, str, str]:
    place = finding.location
    return finding.rule, finding.message, place.file, place.node


def _surplus(findings: tuple[Finding, ...], known: Counter[tuple[str, str, str, str]]) -> Iterator[Finding]:
    """The findings that are not among the known ones; of several equal ones, those in excess."""
    left = known.copy()
    for finding in findings:
        identity = _identity(finding)
        if left[identity] > 0:
            left[identity] -= 1
        else:
            yield finding


def _assumptions(verification: Verification) -> set[str]:
    return {
        f"{assumption.text} ({assumption.trust})"
        for theorem in verification.theorems
        if theorem.verdict is Verdict.PROVED
        for assumption in theorem.assumptions
    }


def _verdicts(verification: Verification) -> dict[tuple[str, tuple[str, ...]], Verdict]:
    return {
        (line, tuple(sorted(theorem.subjects))): theorem.verdict
        for line, theorem in verification.facts.theorems()
        if theorem.kind == PAIR_SEPARATION
    }


def _pairs(base: Verification, head: Verification) -> Iterator[PairChange]:
    before, after = _verdicts(base), _verdicts(head)
    systems = dict(head.facts.systems())
    for line, domains in sorted(before.keys() | after.keys()):
        old, new = before.get((line, domains)), after.get((line, domains))
        harmless = old is None and new is Verdict.PROVED
        if old is not new and not harmless:
            yield PairChange(line, domains, old, new, _exists(domains, systems.get(line)))


def _exists(domains: tuple[str, ...], system: System | None) -> bool:
    """Whether both domains are there, as far as one can tell."""
    return system is None or {domain.name for domain in system.domains}.union({"xen"}) >= set(domains)


def _held(result: ReleaseResult) -> Iterator[tuple[str, ColorSet]]:
    system = result.system
    if system is None or not result.colored:
        return
    yield "xen", ColorSet.of(system.xen_colors)
    for domain in system.domains:
        yield domain.name, ColorSet.of(domain.colors)


def _colors(base: Verification, head: Verification) -> Iterator[ColorChange]:
    before = {(o.release, name): colors for o in base.facts.results for name, colors in _held(o)}
    after = {(o.release, name): colors for o in head.facts.results for name, colors in _held(o)}
    for line, name in dict.fromkeys((*before, *after)):
        old, new = before.get((line, name)), after.get((line, name))
        if old != new:
            yield ColorChange(line, name, old, new)


def margin(built: Built, free_final: tuple[int, ...]) -> int:
    """Frames left on the colors of a domain when all are built; for one that was not built, minus what it lacks."""
    colors = {color for color in built.domain.colors if color < len(free_final)}
    if built.created:
        return sum(free_final[color] for color in colors)
    return min(0, sum(built.free_before[color] for color in colors) - built.domain.needed_pages)


def _left(verification: Verification) -> dict[tuple[str, str], int]:
    return {
        (line, built.domain.name): margin(built, boot.free_final)
        for line, boot in verification.facts.boots()
        if boot.free_final
        for built in boot.built
    }


def _margins(base: Verification, head: Verification) -> Iterator[MarginChange]:
    before, after = _left(base), _left(head)
    for line, name in dict.fromkeys((*before, *after)):
        old, new = before.get((line, name)), after.get((line, name))
        if old != new:
            yield MarginChange(line, name, old, new)
