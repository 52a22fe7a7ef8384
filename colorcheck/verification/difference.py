"""The changes between two verifications of one deployment: isolation, colors, margins, findings, assumptions."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import TheoremKind
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import ReleaseResult, Silence, Verification
from colorcheck.verification.ways import ways_of
from colorcheck.xen.booted import Built
from colorcheck.xen.system import System

PAIR_SEPARATION = TheoremKind.PAIR_SEPARATION
TOLERANCE = 0.01
_ABSOLUTE = re.compile(r"(?<![\w./-])/[^\s:,;'\"]+")


class Reason(StrEnum):
    """The reasons that `--fail-on` accepts."""

    NEW_SHARING = "new-sharing"
    LESS_MARGIN = "less-margin"
    NEW_ERRORS = "new-errors"
    NEW_WARNINGS = "new-warnings"
    CHANGED_ASSUMPTIONS = "changed-assumptions"
    NEW_SILENCES = "new-silences"


class PairChange(Struct, frozen=True):
    """A pair of domains whose separation has a different verdict than before.

    None: nothing was, or is, stated about the pair. `exists`: whether both domains still exist, or may exist.
    """

    release: str
    domains: tuple[str, ...]
    before: Verdict | None
    after: Verdict | None
    exists: bool = True

    @property
    def lost(self) -> bool:
        """Whether the pair exists and is no longer proved isolated, or is new and not proved isolated."""
        return self.exists and self.after is not Verdict.PROVED

    def to_dict(self) -> dict[str, object]:
        return {"xen": self.release, "domains": list(self.domains), "before": self.before, "after": self.after}


class ColorChange(Struct, frozen=True):
    """A domain, or Xen, with different colors than before; None if it did not exist, or no longer exists."""

    release: str
    domain: str
    before: ColorSet | None
    after: ColorSet | None

    def to_dict(self) -> dict[str, object]:
        before = None if self.before is None else list(self.before)
        return {
            "xen": self.release,
            "domain": self.domain,
            "before": before,
            "after": None if self.after is None else list(self.after),
        }


class MarginChange(Struct, frozen=True):
    """The change in frames left on a domain's colors when all domains are built; a negative number of frames is
    missing.
    """

    release: str
    domain: str
    before: int | None
    after: int | None
    exists: bool = True
    tolerance: float = 0.0

    @property
    def less(self) -> bool:
        """Whether more was lost than is tolerated, or nothing is known about a domain that still exists."""
        if self.before is None or not self.exists:
            return False
        if self.after is None or self.after < 0 <= self.before:
            return True
        return self.before - self.after > abs(self.before) * self.tolerance

    def to_dict(self) -> dict[str, object]:
        return {"xen": self.release, "domain": self.domain, "before": self.before, "after": self.after}


class SharingChange(Struct, frozen=True):
    """A pair that shares more colors than before; `reason` is that of the policy, None if the policy does not allow
    sharing. `newly`: the colors are unchanged, but the policy now allows sharing them.
    """

    release: str
    domains: tuple[str, str]
    before: ColorSet
    after: ColorSet
    reason: str | None
    newly: bool = False

    def to_dict(self) -> dict[str, object]:
        colors = {"before": list(self.before), "after": list(self.after)}
        return {
            "xen": self.release,
            "domains": list(self.domains),
            **colors,
            "reason": self.reason,
            "newly": self.newly,
        }


class SilenceChange(Struct, frozen=True):
    """A finding that is newly hidden, with what hides it and why."""

    finding: Finding
    by: Silence
    reason: str

    def to_dict(self) -> dict[str, object]:
        return {"finding": self.finding.to_dict(), "by": str(self.by), "reason": self.reason}


class Difference(Struct, frozen=True):
    """All changes. `new` and `gone` are findings; assumptions are those of proved theorems."""

    pairs: tuple[PairChange, ...]
    colors: tuple[ColorChange, ...]
    margins: tuple[MarginChange, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    new_assumptions: tuple[str, ...]
    gone_assumptions: tuple[str, ...]
    sharing: tuple[SharingChange, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    undecided: tuple[str, ...] = ()
    silences: tuple[SilenceChange, ...] = ()
    not_asked: tuple[str, ...] = ()
    """Theorems that were selected in BASE and are stated, but not selected, in HEAD."""

    @property
    def empty(self) -> bool:
        """Whether nothing changed, as far as both sides are known."""
        changed = (self.pairs, self.colors, self.margins, self.new, self.gone, self.new_assumptions)
        return not any((*changed, self.gone_assumptions, self.sharing, self.renamed, self.silences, self.not_asked))

    def reasons(self) -> frozenset[Reason]:
        """All reasons for `--fail-on` that apply."""
        happened = {
            Reason.NEW_SHARING: any(pair.lost for pair in self.pairs) or bool(self.sharing),
            Reason.LESS_MARGIN: any(margin.less for margin in self.margins),
            Reason.NEW_ERRORS: any(finding.severity is Severity.ERROR for finding in self.new),
            Reason.NEW_WARNINGS: any(finding.severity is Severity.WARNING for finding in self.new),
            Reason.CHANGED_ASSUMPTIONS: bool(self.new_assumptions or self.gone_assumptions),
            Reason.NEW_SILENCES: bool(self.silences or self.not_asked),
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
            "sharing": [each.to_dict() for each in self.sharing],
            "renamed": dict(self.renamed),
            "undecided": list(self.undecided),
            "new_silences": [each.to_dict() for each in self.silences],
            "not_asked": list(self.not_asked),
            "reasons": sorted(self.reasons()),
        }


def compare(base: Verification, head: Verification, *, tolerance: float = TOLERANCE) -> Difference:
    """The changes from `base` to `head`.

    Findings are matched by rule, file and message, not by line. A renamed domain is compared with itself. A release
    that only one side has is not a change of the others, but a pair that is isolated under all releases of BASE and not
    under a new one is. `tolerance` is the fraction of a margin that may be lost without being reported.
    """
    renamed = renamings(base, head)
    earlier, later = _relative(base, base.findings, renamed), _relative(head, head.findings, {})
    old, new = Counter(map(_identity, earlier)), Counter(map(_identity, later))
    before, after = _assumptions(base, renamed), _assumptions(head, {})
    return Difference(
        tuple(_pairs(base, head, renamed)),
        tuple(_colors(base, head, renamed)),
        tuple(_margins(base, head, renamed, tolerance)),
        tuple(_surplus(later, old)),
        tuple(_surplus(earlier, new)),
        tuple(sorted(after - before)),
        tuple(sorted(before - after)),
        sharing=tuple(_sharing(base, head, renamed)),
        renamed=tuple(sorted(renamed.items())),
        undecided=(*_undecided("BASE", base), *_undecided("HEAD", head)),
        silences=tuple(_silences(base, head, renamed)),
        not_asked=tuple(name for name in head.questions() if base.asked(name) and not head.asked(name)),
    )


def renamings(base: Verification, head: Verification) -> dict[str, str]:
    """Old names by new ones: domains that disappeared and appeared and are otherwise equal, if the match is unique."""
    before, after = _described(base), _described(head)
    found: dict[str, str] = {}
    for name, what in before.items():
        if name not in after:
            alike = [other for other, theirs in after.items() if theirs == what and other not in before]
            if len(alike) == 1 and alike[0] not in found.values():
                found[name] = alike[0]
    return found


def _described(verification: Verification) -> dict[str, tuple[object, ...]]:
    """The properties of each domain under the first release, except its name."""
    first = next((result for result in verification.facts.results if result.system is not None), None)
    folder = verification.manifest.folder or "."
    found: dict[str, tuple[object, ...]] = {}
    for domain in (domain for way in (ways_of(first) if first else ()) for domain in way.system.domains):
        if domain.name in found:
            continue
        file = os.path.relpath(domain.location.file, folder) if domain.location.file else ""
        found[domain.name] = (domain.kind, file, domain.location.node and "node", domain.colors, domain.pages)
    return found


def _undecided(side: str, verification: Verification) -> Iterator[str]:
    """Why a side is not completely decided."""
    for entry in verification.not_checked:
        yield f"{side}: not checked: {entry.check}: {entry.reason}"
    waiting = {name for each in verification.theorems if each.verdict is Verdict.UNKNOWN for name in each.facts}
    for fact in open_facts(verification.facts, Reach.MEMORY):
        if fact.opaque or fact.what in waiting:
            where = os.path.basename(fact.location.file)
            yield f"{side}: {where}: {fact.why} (settle it: {'; '.join(fact.settle)})"
    open_ = [each for each in verification.theorems if each.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS)]
    if open_:
        yield f"{side}: {len(open_)} of {len(verification.theorems)} theorems undecided, such as {open_[0].statement}"
    if verification.nothing_to_check:
        yield f"{side}: the manifest names no input"


def _silences(base: Verification, head: Verification, renamed: Mapping[str, str]) -> Iterator[SilenceChange]:
    """Findings that HEAD hides and BASE reported or did not have."""
    silent = Counter(map(_identity, _relative(base, (each.finding for each in base.silenced), renamed)))
    moved = _relative(head, (each.finding for each in head.silenced), {})
    for finding, entry in zip(moved, head.silenced, strict=True):
        identity = _identity(finding)
        if silent[identity] > 0:
            silent[identity] -= 1
        else:
            yield SilenceChange(finding, entry.by, entry.reason)


def _relative(
    verification: Verification, findings: Iterable[Finding], renamed: Mapping[str, str]
) -> tuple[Finding, ...]:
    """The findings with file names relative to the manifest, since the two sides are in different folders."""
    folder = verification.manifest.folder or "."
    files = sorted(verification.facts.deployment.files, key=len, reverse=True)
    names = {re.compile(rf"(?<![\w/.-]){re.escape(file)}"): os.path.relpath(file, folder) for file in files}
    names |= {re.compile(rf"(?<![\w-]){re.escape(old)}(?![\w-])"): new for old, new in renamed.items()}
    here = os.path.realpath(folder)

    def seen_from_here(match: re.Match[str]) -> str:
        near = os.path.commonpath([here, match[0]]).count(os.sep) >= 2
        return os.path.relpath(match[0], here) if near else match[0]

    def moved(finding: Finding) -> Finding:
        place = finding.location
        file = os.path.relpath(place.file, folder) if place.file else ""
        message = _ABSOLUTE.sub(seen_from_here, finding.message)
        for pattern, name in names.items():
            message = pattern.sub(lambda _, name=name: name, message)  # type: ignore[misc]
        return replace(finding, location=replace(place, file=file), message=message)

    return tuple(map(moved, findings))


def _identity(finding: Finding) -> tuple[str, str, str]:
    """The key for matching a finding, without the node of a blob, whose name may depend on the number of a domain."""
    return finding.rule, finding.message, finding.location.file


def _surplus(findings: tuple[Finding, ...], known: Counter[tuple[str, str, str]]) -> Iterator[Finding]:
    """The findings that are not among the known ones; of several equal ones, the surplus."""
    left = known.copy()
    for finding in findings:
        identity = _identity(finding)
        if left[identity] > 0:
            left[identity] -= 1
        else:
            yield finding


def _assumptions(verification: Verification, renamed: Mapping[str, str]) -> set[str]:
    return {
        f"{_with_names(assumption.text, renamed)} ({assumption.trust})"
        for theorem in verification.theorems
        if theorem.verdict is Verdict.PROVED
        for assumption in theorem.assumptions
    }


def _with_names(text: str, renamed: Mapping[str, str]) -> str:
    """The text with the new names of domains; parts of longer words, such as file names, are unchanged."""
    for old, new in renamed.items():
        text = re.sub(rf"(?<![\w./-]){re.escape(old)}(?![\w/-]|\.\w)", lambda _, name=new: name, text)  # type: ignore[misc]
    return text


def _verdicts(verification: Verification, renamed: Mapping[str, str]) -> dict[tuple[str, tuple[str, ...]], Verdict]:
    return {
        (release, tuple(sorted(renamed.get(name, name) for name in theorem.subjects))): theorem.verdict
        for release, theorem in verification.facts.theorems()
        if theorem.kind == PAIR_SEPARATION
    }


def _lines(verification: Verification) -> tuple[str, ...]:
    return tuple(verification.manifest.target.xen)


def _pairs(base: Verification, head: Verification, renamed: Mapping[str, str]) -> Iterator[PairChange]:
    before, after = _verdicts(base, renamed), _verdicts(head, {})
    there = _together(head)
    kept = set(_lines(base)) & set(_lines(head))
    for line, domains in sorted(before.keys() | after.keys()):
        if line not in _lines(head):
            continue
        new = after.get((line, domains))
        if line in kept:
            old = before.get((line, domains))
        else:  # a new release is compared with the worst earlier verdict on the pair
            known = [before[key] for key in before if key[1] == domains]
            old = next((verdict for verdict in known if verdict is not Verdict.PROVED), known[0] if known else None)
        harmless = old is None and new is Verdict.PROVED
        allowed = new is None and _allowed(head, domains)
        if old is not new and not harmless:
            exists = _exists(domains, there.get(line)) and not allowed
            yield PairChange(line, domains, old, new, exists)


def _allowed(verification: Verification, domains: tuple[str, ...]) -> bool:
    """Whether the policy allows a pair to share; such pairs are reported under `sharing`."""
    return len(domains) == 2 and verification.manifest.policy.share_of(*domains) is not None


def _shared(verification: Verification, renamed: Mapping[str, str]) -> dict[tuple[str, tuple[str, str]], ColorSet]:
    """The common colors of each pair, by release."""
    found: dict[tuple[str, tuple[str, str]], ColorSet] = {}
    for result in verification.facts.results:
        for system in _colored(result).values():
            held = [(renamed.get(name, name), colors) for name, colors in _held(system)]
            for position, (one, colors) in enumerate(held):
                for other, others in held[position + 1 :]:
                    if not colors.isdisjoint(others):
                        first, second = sorted((one, other))
                        key = result.release, (first, second)
                        found[key] = found.get(key, ColorSet()) | colors & others
    return found


def _sharing(base: Verification, head: Verification, renamed: Mapping[str, str]) -> Iterator[SharingChange]:
    """Pairs that share more colors than before: a new domain, more colors, or a new permission."""
    before, after = _shared(base, renamed), _shared(head, {})
    permitted = dict(_permitted(base, renamed))
    for (line, pair), colors in sorted(after.items()):
        known = before.get((line, pair))
        if line not in _lines(base):
            known = next((before[key] for key in before if key[1] == pair), None)
        share = head.manifest.policy.share_of(*pair)
        newly = share is not None and pair not in permitted and known is not None
        if known is None or len(colors) > len(known) or newly:
            yield SharingChange(line, pair, known or ColorSet(), colors, share.reason if share else None, newly=newly)


def _permitted(verification: Verification, renamed: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    for share in verification.manifest.policy.shares:
        names = sorted({renamed.get(name, name) for name in share.domains})
        for position, one in enumerate(names):
            yield from (((one, other), share.reason) for other in names[position + 1 :])


def _together(verification: Verification) -> dict[str, list[set[str]]]:
    """The domains that exist together: the names on each way, by release; unknown releases are left out."""
    return {
        result.release: [{"xen", *(domain.name for domain in way.system.domains)} for way in ways_of(result)]
        for result in verification.facts.results
        if result.system is not None
    }


def _exists(domains: tuple[str, ...], there: list[set[str]] | None) -> bool:
    """Whether the domains exist together on some way, or may."""
    return there is None or any(names >= set(domains) for names in there)


def _colored(result: ReleaseResult) -> dict[str, System]:
    """The systems with coloring on, by way."""
    return {way.name: way.system for way in ways_of(result) if way.system.coloring and way.system.nr_colors is not None}


def _held(system: System) -> Iterator[tuple[str, ColorSet]]:
    yield "xen", ColorSet.of(system.xen_colors)
    for domain in system.domains:
        yield domain.name, ColorSet.of(domain.colors)


def _colors(base: Verification, head: Verification, renamed: Mapping[str, str]) -> Iterator[ColorChange]:
    before, after = _colors_by_way(base, renamed), _colors_by_way(head, {})
    kept = set(_lines(base)) & set(_lines(head))
    for line, name in dict.fromkeys((*before, *after)):
        if line in kept:
            for old, new in _moved(before.get((line, name), {}), after.get((line, name), {})):
                yield ColorChange(line, name, old, new)


def _colors_by_way(
    verification: Verification, renamed: Mapping[str, str]
) -> dict[tuple[str, str], dict[str, ColorSet]]:
    """The colors of each domain, by release and name, then by way."""
    found: dict[tuple[str, str], dict[str, ColorSet]] = {}
    for result in verification.facts.results:
        for way, system in _colored(result).items():
            for name, colors in _held(system):
                found.setdefault((result.release, renamed.get(name, name)), {})[way] = colors
    return found


_Value = TypeVar("_Value", bound=Hashable)


def _moved(before: Mapping[str, _Value], after: Mapping[str, _Value]) -> Iterator[tuple[_Value | None, _Value | None]]:
    """The values of one domain before and after that differ on some way, each difference once.

    A way that only one side has is compared with all ways of the other.
    """
    usual_before, usual_after = next(iter(before.values()), None), next(iter(after.values()), None)
    found: dict[tuple[_Value | None, _Value | None], None] = {}
    for way, new in after.items():
        if way in before:
            found[before[way], new] = None
        elif new not in before.values():
            found[usual_before, new] = None
    for way, old in before.items():
        if way not in after and old not in after.values():
            found[old, usual_after] = None
    yield from (change for change in found if change[0] != change[1])


def margin(built: Built, free_final: tuple[int, ...]) -> int:
    """Frames left on the colors of a domain when all domains are built; for one that was not built, minus the
    frames that it lacks.
    """
    colors = {color for color in built.domain.colors if color < len(free_final)}
    if built.created:
        return sum(free_final[color] for color in colors)
    return min(0, sum(built.free_before[color] for color in colors) - built.domain.needed_pages)


def _left(verification: Verification, renamed: Mapping[str, str]) -> dict[tuple[str, str], int | None]:
    """The margin of each domain on the way that leaves least; None if the boot of some way is not modelled."""
    found: dict[tuple[str, str], int | None] = {}
    for result in verification.facts.results:
        unclear: set[str] = set()
        for way in ways_of(result):
            boot = way.boot if result.boot is not None else None
            if boot is None or not boot.free_final:
                unclear |= (
                    {renamed.get(domain.name, domain.name) for domain in way.system.domains} if way.name else set()
                )
                continue
            for built in boot.built:
                key = result.release, renamed.get(built.domain.name, built.domain.name)
                left, known = margin(built, boot.free_final), found.get(key)
                found[key] = left if known is None else min(known, left)
        found |= {key: None for key in found if key[0] == result.release and key[1] in unclear}
    return found


def _margins(
    base: Verification, head: Verification, renamed: Mapping[str, str], tolerance: float
) -> Iterator[MarginChange]:
    before, after = _left(base, renamed), _left(head, {})
    kept = set(_lines(base)) & set(_lines(head))
    there = _together(head)
    for line, name in dict.fromkeys((*before, *after)):
        old, new = before.get((line, name)), after.get((line, name))
        if old != new and line in kept:
            yield MarginChange(line, name, old, new, _exists((name,), there.get(line)), tolerance)
