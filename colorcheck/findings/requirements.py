"""Requirements of the manifest, traced to their evidence; findings for missing evidence and for exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from colorcheck.core.diagnostic import Finding
from colorcheck.core.suggest import did_you_mean
from colorcheck.rules.index import Listed
from colorcheck.rules.requirements.cc810_no_evidence import RULE as WITHOUT_EVIDENCE
from colorcheck.rules.requirements.cc811_requirement_not_met import RULE as NOT_MET
from colorcheck.rules.rule import Rule
from colorcheck.verification.requirements import NOT_STATED, UNCHECKED, Answers, RuleName
from colorcheck.verification.results import Facts, Silenced, Skipped
from colorcheck.verification.traced import Evidence, EvidenceKind, Standing, Traced


def traced(
    facts: Facts,
    findings: tuple[Finding, ...],
    silenced: tuple[Silenced, ...],
    skipped: Iterable[Skipped],
    rules: Iterable[Rule | Listed],
) -> tuple[Traced, ...]:
    """Each requirement with its evidence. `findings` are all findings of the rules, reported or not."""
    names = tuple(RuleName(rule.id, rule.name) for rule in rules)
    answers = Answers(facts, findings, silenced, tuple(skipped), names)
    return tuple(answers.traced(requirement) for requirement in facts.manifest.requirements)


def unmet(requirements: Iterable[Traced], facts: Facts, rules: Iterable[Rule | Listed]) -> Iterator[Finding]:
    """Findings for patterns that are not evidence, and for unmet requirements that no theorem reports."""
    theorems = dict.fromkeys(theorem.id for _, theorem in facts.theorems())
    known = (*theorems, *(name for rule in rules for name in (rule.id, rule.name)))
    modelled = any(result.boot is not None for result in facts.results)
    for requirement in requirements:
        for each in requirement.evidence:
            if each.kind is EvidenceKind.NOTHING:
                if modelled:  # otherwise the run reports that nothing could be stated
                    otherwise = f"theorems here: {', '.join(list(theorems)[:8])}"
                    yield WITHOUT_EVIDENCE.finding(
                        f'{requirement.id}: "{each.pattern}" matches neither a theorem nor a rule: it is no evidence',
                        requirement.location,
                        did_you_mean(each.pattern, known, otherwise),
                    )
            elif each.standing is not Standing.MET and _silent(each):
                yield NOT_MET.finding(
                    f"{requirement.id} is not met: {each.subject}{_under(each)}: {each.told}", requirement.location
                )


def _silent(each: Evidence) -> bool:
    """Whether only the requirement itself shows that it is not met."""
    if each.kind is EvidenceKind.THEOREM:
        return each.told == NOT_STATED
    return each.told != UNCHECKED


def _under(each: Evidence) -> str:
    return f" (Xen {each.release})" if each.release else ""
