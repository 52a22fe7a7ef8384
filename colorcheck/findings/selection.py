"""Which findings are reported: rules selected or ignored by name or silenced by comments, and findings that cannot
be silenced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePath

from msgspec import Struct

from colorcheck.core.diagnostic import Finding, Related, Severity
from colorcheck.core.source import Location
from colorcheck.core.suggest import did_you_mean
from colorcheck.findings.consequences import without_consequences
from colorcheck.findings.silence_comments import Comment, comments
from colorcheck.rules import order
from colorcheck.rules.index import Listed
from colorcheck.rules.rule import Rule
from colorcheck.rules.silence.cc801_silence_without_reason import RULE as WITHOUT_REASON
from colorcheck.rules.silence.cc802_silence_unused import RULE as UNUSED
from colorcheck.rules.silence.cc803_silence_unknown_rule import RULE as UNKNOWN
from colorcheck.rules.silence.cc804_cannot_be_silenced import RULE as KEPT
from colorcheck.rules.silence.cc805_hidden_without_reason import RULE as HIDDEN
from colorcheck.verification.results import Facts, Silence, Silenced

ALWAYS = ("CC4", "CC8", "CC9")
_NO_REASON = "no reason given"
_HOW = 'write ignore = [{ rule = "RULE", reason = "..." }], or reason = "..." in [rules] next to select'


class Selected(Struct, frozen=True):
    """The reported findings, and the others, each with what silenced it and why."""

    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...] = ()


class _Ask(Struct, frozen=True):
    """A request to silence rules: their IDs, prefixes or names, its place, its reason, and its scope."""

    names: tuple[str, ...]
    location: Location
    reason: str
    files: str = "*"
    line: int = 0
    by: Silence = Silence.COMMENT

    def wants(self, finding: Finding, folder: str) -> bool:
        place = finding.location
        if self.line and not (
            place.file == self.location.file and place.line <= self.line <= max(place.end_line, place.line)
        ):
            return False
        return any(matches(name, finding) for name in self.names) and _under(place.file, self.files, folder)


def matches(name: str, finding: Finding) -> bool:
    """Whether a name matches the finding's rule: its ID, the beginning of its ID (`CC1`), or its name."""
    return finding.rule.startswith(name.upper()) or finding.name == name.lower()


def can_be_silenced(finding: Finding) -> bool:
    """Whether a finding can be silenced; refuted theorems, unreadable inputs and faults of colorcheck are always
    reported.
    """
    return not (
        finding.rule.startswith(ALWAYS) or (finding.rule.startswith("CC0") and finding.severity is Severity.ERROR)
    )


def select(findings: Iterable[Finding], facts: Facts, rules: Iterable[Rule | Listed]) -> Selected:
    """Apply the manifest's [rules] and the comments in the inputs to the findings."""
    rules, manifest = tuple(rules), facts.manifest
    reported, silenced, extra = list(findings), list[Silenced](), list[Finding]()
    for comment in comments(facts):
        extra += _unknown(comment.rules, comment.location, rules)
        if not comment.reason:
            extra.append(_without_reason(comment))
            continue
        ask = _Ask(comment.rules, comment.location, comment.reason, line=comment.line)
        hit = _silence(ask, reported, silenced, extra, manifest.folder)
        if not hit and not _left_out(comment, facts):
            extra.append(_unused(comment))
    for ask in _asks(facts):
        extra += _unknown(ask.names, ask.location, rules)
        _silence(ask, reported, silenced, extra, manifest.folder)
    extra += _unknown(manifest.select, manifest.location("rules.select"), rules)
    if manifest.select:
        chosen = [f for f in reported if not can_be_silenced(f) or any(matches(name, f) for name in manifest.select)]
        why, where = manifest.silence_reason, manifest.location("rules.select")
        hidden = [Silenced(f, where, why or _NO_REASON, Silence.SELECTION) for f in reported if f not in chosen]
        silenced, reported = silenced + hidden, chosen
        extra += _unreasoned(hidden, where)
    return Selected(tuple(sorted((*without_consequences(reported, facts), *extra), key=order)), tuple(silenced))


def _asks(facts: Facts) -> Iterator[_Ask]:
    manifest = facts.manifest
    for each in manifest.ignore:
        reason = each.reason or manifest.silence_reason or _NO_REASON
        yield _Ask(each.rules, each.location, reason, by=Silence.SELECTION)
    for entry in manifest.path_rules:
        yield _Ask(entry.ignore, entry.location, entry.reason, entry.path, by=Silence.SELECTION)


def _silence(ask: _Ask, reported: list[Finding], silenced: list[Silenced], extra: list[Finding], folder: str) -> bool:
    """Move the findings that the request matches from `reported` to `silenced`; returns whether there were any."""
    wanted = [finding for finding in reported if ask.wants(finding, folder)]
    kept = [finding for finding in wanted if not can_be_silenced(finding)]
    hidden: list[Silenced] = []
    for finding in wanted:
        if finding not in kept:
            reported.remove(finding)
            hidden.append(Silenced(finding, ask.location, ask.reason, ask.by))
    silenced += hidden
    extra += _unreasoned(hidden, ask.location)
    if kept:
        extra.append(_kept(kept[0], ask.location))
    return bool(wanted)


def _unreasoned(hidden: Iterable[Silenced], where: Location) -> Iterator[Finding]:
    """A finding if errors are hidden without a reason."""
    errors = [entry.finding for entry in hidden if entry.reason == _NO_REASON]
    errors = [finding for finding in errors if finding.severity is Severity.ERROR]
    if errors:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in errors))
        yield HIDDEN.finding(
            f"this hides {len(errors)} error{'s' * (len(errors) != 1)} ({rules}) and gives no reason",
            where,
            _HOW if where.line else 'give the reason: --silence-reason "..."',
            related=[Related(finding.location, f"{finding.rule}: {finding.message}") for finding in errors[:8]],
        )


def _kept(finding: Finding, where: Location) -> Finding:
    advice = "name the domains in [[policy.share]] of the manifest, with the reason, if they may share"
    return KEPT.finding(
        f"{finding.rule} ({finding.name}) cannot be silenced",
        where,
        advice if finding.rule.startswith("CC4") else "fix what it found",
    )


def _without_reason(comment: Comment) -> Finding:
    return WITHOUT_REASON.finding(
        "this comment gives no reason, so it silences nothing",
        comment.location,
        f"write the reason after the bracket: colorcheck: ignore[{', '.join(comment.rules)}] REASON",
    )


def _unused(comment: Comment) -> Finding:
    return UNUSED.finding(
        f"found nothing here with {', '.join(comment.rules) or 'no rule'}: this comment silences nothing",
        comment.location,
        "delete the comment",
    )


def _unknown(names: Iterable[str], where: Location, rules: tuple[Rule | Listed, ...]) -> Iterator[Finding]:
    known = [*(rule.id for rule in rules), *(rule.name for rule in rules)]
    for name in names:
        if name.lower() not in known and not any(rule.id.startswith(name.upper()) for rule in rules):
            yield UNKNOWN.finding(
                f'unknown rule "{name}"', where, did_you_mean(name, known, "`colorcheck rules` lists them")
            )


def _left_out(comment: Comment, facts: Facts) -> bool:
    """Whether rules that the comment names are not part of this run, so that the comment may be needed."""
    manifest = facts.manifest
    return bool(manifest.select) or any(
        name.upper().startswith(ignored.upper()) or ignored.upper().startswith(name.upper())
        for name in comment.rules
        for each in manifest.ignore
        for ignored in each.rules
    )


def _under(file: str, pattern: str, folder: str) -> bool:
    """Whether a file, relative to the manifest's folder, matches a pattern such as `legacy/*.cfg`."""
    if pattern == "*":
        return True
    path = PurePath(file)
    base = PurePath(folder or ".")
    relative = path.relative_to(base) if path.is_relative_to(base) else path
    return fnmatchcase(relative.as_posix(), pattern) or fnmatchcase(path.as_posix(), pattern)
