"""The evidence for each requirement of the manifest: the theorems and rules that its patterns name, with their results.

Nothing is met by default. A requirement is not met if a pattern matches nothing, if a theorem is stated for only some
of the releases, if the policy allows a pair to share, or if a finding was silenced.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from colorcheck.core.diagnostic import Finding, Verdict
from colorcheck.core.theorem import Theorem, TheoremKind
from colorcheck.inputs.manifest.manifest import Share, StatedRequirement
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Facts, Silenced, Skipped, names_theorem
from colorcheck.verification.traced import Evidence, EvidenceKind, Standing, Traced

UNCHECKED = "not everything could be checked"
"""For a rule, if the run itself reports what is missing."""
NOT_STATED = "not stated"
"""For a theorem that is stated only for other releases."""
CRASHED = "CC901"
"""The rule that reports a crash of another one, by its ID."""
_BY_VERDICT = {Verdict.PROVED: Standing.MET, Verdict.REFUTED: Standing.VIOLATED}


class RuleName(Struct, frozen=True):
    """A rule that ran, with the names that a pattern can match."""

    id: str
    name: str

    def named_by(self, pattern: str) -> bool:
        """Whether a pattern matches the rule: its ID or name, with wildcards, or the beginning of its ID (`CC3`)."""
        short = pattern.upper().startswith("CC") and pattern[2:].isdecimal() and self.id.startswith(pattern.upper())
        return short or fnmatchcase(self.id, pattern.upper()) or fnmatchcase(self.name, pattern.lower())


class Answers(Struct, frozen=True):
    """All possible evidence: theorems by release, findings, and what was left out.

    `findings` are all findings of the rules, including silenced ones and consequences.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    skipped: tuple[Skipped, ...]
    rules: tuple[RuleName, ...]

    def traced(self, requirement: StatedRequirement) -> Traced:
        """A requirement with its evidence."""
        evidence = tuple(each for pattern in requirement.patterns for each in self._of(pattern))
        return Traced(requirement.id, requirement.patterns, evidence, requirement.location)

    def _of(self, pattern: str) -> Iterator[Evidence]:
        found = [*self._theorems(pattern), *self._exceptions(pattern)]
        found = found or [*self._rules(pattern)]
        nothing = Evidence(
            pattern, EvidenceKind.NOTHING, "", Standing.NO_EVIDENCE, "it names neither a theorem nor a rule"
        )
        yield from found or (nothing,)

    def _theorems(self, pattern: str) -> Iterator[Evidence]:
        by_id: dict[str, dict[str, Theorem]] = {}
        for release, theorem in self.facts.theorems():
            if names_theorem(pattern, theorem.id):
                by_id.setdefault(theorem.id, {})[release] = theorem
        for name, answers in by_id.items():
            for release in self.facts.manifest.target.xen:
                answer = answers.get(release)
                if answer is None:
                    words, standing = NOT_STATED, Standing.OPEN
                else:
                    words = str(answer.verdict) + (f": {answer.reason}" if answer.reason else "")
                    standing = _BY_VERDICT.get(answer.verdict, Standing.OPEN)
                yield Evidence(pattern, EvidenceKind.THEOREM, name, standing, words, release)

    def _exceptions(self, pattern: str) -> Iterator[Evidence]:
        """Pairs that the pattern matches and about which nothing is stated, because the policy allows them to share."""
        stated = {
            frozenset(theorem.subjects)
            for _, theorem in self.facts.theorems()
            if theorem.kind is TheoremKind.PAIR_SEPARATION
        }
        known = {"xen"} | {domain.name for _, system in self.facts.systems() for domain in system.domains}
        for share in self.facts.manifest.policy.shares:
            for first, second in _pairs(share):
                name = f"separation/{first}/{second}"
                there = {first, second} <= known and frozenset((first, second)) not in stated
                if there and names_theorem(pattern, name):
                    text = f"not stated: [[policy.share]] lets them share ({share.reason})"
                    yield Evidence(pattern, EvidenceKind.EXCEPTION, name, Standing.OPEN, text)

    def _rules(self, pattern: str) -> Iterator[Evidence]:
        for rule in self.rules:
            if rule.named_by(pattern):
                standing, words = self._found_by(rule.id)
                yield Evidence(pattern, EvidenceKind.RULE, rule.id, standing, words)

    def _found_by(self, rule: str) -> tuple[Standing, str]:
        found = [finding for finding in self.findings if finding.rule == rule]
        quiet = {id(each.finding): each.reason for each in self.silenced}
        shown = [finding for finding in found if id(finding) not in quiet]
        if shown:
            more = f" and {len(shown) - 1} more" if len(shown) > 1 else ""
            return Standing.VIOLATED, f"found: {shown[0].message}{more}"
        if found:
            return Standing.OPEN, f"found, and silenced: {found[0].message} ({quiet[id(found[0])]})"
        crashed = any(finding.rule == CRASHED and rule in finding.message for finding in self.findings)
        if crashed or self.skipped or self.facts.deployment.unread:
            return Standing.OPEN, UNCHECKED
        if self.facts.deployment.tree is None:
            return Standing.OPEN, "nothing found, but there is no device tree to check"
        opaque = next((fact for fact in open_facts(self.facts, Reach.MEMORY) if fact.opaque), None)
        if opaque is not None:
            return Standing.OPEN, f"nothing found, but not all is known: {opaque.why}"
        return Standing.MET, "nothing found"


def _pairs(share: Share) -> Iterator[tuple[str, str]]:
    names = tuple(dict.fromkeys(share.domains))
    yield from ((first, second) for at, first in enumerate(names) for second in names[at + 1 :])
