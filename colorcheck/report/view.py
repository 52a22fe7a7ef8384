"""The content of reports, computed once: the headline, the color map, memory, theorems in groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Finding, Severity, Verdict
from colorcheck.core.theorem import Assumption, Theorem, TheoremKind, Tried
from colorcheck.core.units import size_of_pages
from colorcheck.replay.restarts import budgets
from colorcheck.report.marks import Mood
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Facts, ReleaseResult, Silence, Verification, weakest
from colorcheck.verification.traced import EvidenceKind, Standing, Traced
from colorcheck.xen.facts.keys import about
from colorcheck.xen.kinds import FailureKind

if TYPE_CHECKING:
    from colorcheck.verification.residue import Residue
    from colorcheck.xen.booted import Boot, Built
    from colorcheck.xen.system import Domain

PAIR = TheoremKind.PAIR_SEPARATION


class Headline(Struct, frozen=True):
    """The verdict in one word and one sentence."""

    word: str
    sentence: str
    mood: Mood


class ColorUser(Struct, frozen=True):
    """One user of colors: its colors, those it shares against the policy, and those it shares as the policy allows."""

    name: str
    colors: ColorSet
    shared: ColorSet
    allowed: ColorSet
    source: str


class Clash(Struct, frozen=True):
    """Two users with common colors. `reason` is the policy's if it allows that."""

    first: str
    second: str
    colors: ColorSet
    reason: str | None


class ColorMap(Struct, frozen=True):
    """The colors of Xen and the domains, in one release or in several that agree."""

    releases: str
    nr_colors: int
    rows: tuple[ColorUser, ...]
    clashes: tuple[Clash, ...]
    cache: int | None = None
    """Bytes of the colored cache per color; None if Xen's colors are not the cache's."""
    unstated: tuple[str, ...] = ()
    """Domains of the boot log whose colors no input states."""

    @property
    def free(self) -> ColorSet:
        """Colors that neither Xen nor a domain has; none if the colors of a domain are not known."""
        if self.unstated:
            return ColorSet()
        used = ColorSet()
        for row in self.rows:
            used |= row.colors
        return ColorSet.all(self.nr_colors) - used


class MemoryRow(Struct, frozen=True):
    """A domain's frames: those it needs, and those its colors had left when it was built; both 0 for a guest whose file
    xl refuses, of which no size is known."""

    name: str
    needed: int
    free: int
    created: bool
    failure: str
    budgets: tuple[str, ...] = ()
    """How often it can be created before the host reboots, in words; several if releases differ."""

    @property
    def shown(self) -> tuple[object, ...]:
        """The values that are shown: two rows that differ by a frame look the same."""
        sizes = size_of_pages(self.needed), size_of_pages(self.free)
        return self.name, sizes, self.missing > 0, self.created, self.failure

    @property
    def missing(self) -> int:
        """Frames that are missing; 0 if it fits."""
        return max(0, self.needed - self.free)


class TheoremGroup(Struct, frozen=True):
    """Theorems of one kind with one verdict."""

    kind: TheoremKind
    verdict: Verdict
    theorems: tuple[Theorem, ...]


def headline(verification: Verification) -> Headline:
    """The verdict; anything undecided or unchecked never sounds good."""
    status = verification.exit_status()
    refuted, proved = verification.count(Verdict.REFUTED), verification.count(Verdict.PROVED)
    opened = verification.count(Verdict.UNKNOWN) + verification.count(Verdict.VACUOUS)
    errors = verification.count(Severity.ERROR)
    if status is Exit.FAULT:
        return Headline("FAULT", "colorcheck itself failed; do not rely on the rest", Mood.BAD)
    if refuted:
        text = f"; {counted(errors, 'error')} in the files" if errors else ""
        return Headline(
            "REFUTED", f"{refuted} of {counted(refuted + proved + opened, 'theorem')} refuted{text}", Mood.BAD
        )
    if errors:
        text = f"; {counted(proved, 'theorem')} proved" if proved else ""
        return Headline("NOT ACCEPTED", f"{counted(errors, 'error')} in the files{text}", Mood.BAD)
    if status is Exit.NOTHING:
        return Headline("NOTHING TO CHECK", "no deployment was found", Mood.OPEN)
    if status is Exit.UNDECIDED:
        return Headline("UNDECIDED", ", ".join(_undecided(verification, proved)), Mood.OPEN)
    if not proved:
        return Headline("NOTHING PROVED", "no theorem was checked, and nothing was found", Mood.OPEN)
    return Headline("PROVED", _all_of(verification, proved), Mood.GOOD)


def _all_of(verification: Verification, proved: int) -> str:
    """The number of proved theorems, with the kinds that were not selected."""
    left = [name for name in verification.questions() if not verification.asked(name)]
    if left:
        kinds = dict.fromkeys(name.partition("/")[0] for name in left)
        return f"{counted(proved, 'theorem')} ({', '.join(kinds)} not asked)"
    return f"{'all ' if proved > 1 else ''}{counted(proved, 'theorem')} proved"


def _undecided(verification: Verification, proved: int) -> Iterator[str]:
    """The number of proved theorems, and what the rest depends on: the facts, and two worlds with different results."""
    if proved:
        yield f"{proved} proved"
    waiting: dict[tuple[str, ...], list[Theorem]] = {}
    others = 0
    known = {fact.what for fact in verification.open_facts()}
    for name, answers in verification.questions().items():
        theorem = weakest(answers)
        if not verification.asked(name) or theorem.verdict not in (Verdict.UNKNOWN, Verdict.VACUOUS):
            continue
        facts = tuple(fact for fact in theorem.facts if fact in known)
        if facts and theorem.verdict is Verdict.UNKNOWN:
            waiting.setdefault(facts, []).append(theorem)
        else:
            others += 1
    for facts, theorems in waiting.items():
        shown = next((theorem.worlds for theorem in reversed(theorems) if len(theorem.worlds) > 1), ())
        differ = set(shown[0].values) ^ set(shown[1].values) if shown else set()
        names = [fact for fact in facts if not differ or fact in {name for name, _ in differ}]
        reported = [about(fact) or fact for fact in names]
        more = f" and {len(reported) - 1} more" if len(reported) > 1 else ""
        yield f"{len(theorems)} depend{'s' * (len(theorems) == 1)} on {reported[0]}{more}{_worlds(shown)}"
    if others:
        yield f"{counted(others, 'theorem')} not decided"
    if verification.not_checked:
        yield f"{counted(len(verification.not_checked), 'check')} could not run"
    unread = len(verification.facts.deployment.unread)
    if unread:
        yield f"{counted(unread, 'input')} not read"


def _worlds(shown: tuple[Tried, ...]) -> str:
    """Two worlds, in brackets: one in which the theorem holds, and why it does not in the other."""
    reported = []
    for world in shown:
        word = "holds" if world.verdict is Verdict.PROVED else world.reason or "fails"
        reported.append(f"{word} with {world.in_words(shown)}")
    return f" ({'; '.join(reported)})" if reported else ""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by their severity, those of one severity in their order."""
    return sorted(findings, key=lambda finding: list(Severity).index(finding.severity))


class AlikeResidue(Struct, frozen=True):
    """What stays shared under releases that agree; `amounts` has the size of each remainder, in words."""

    residue: Residue
    amounts: tuple[str, ...]


def alike(found: Iterable[Residue]) -> tuple[AlikeResidue, ...]:
    """The residues; those of several releases are merged if they differ only in amounts."""
    groups: dict[object, list[Residue]] = {}
    for each in found:
        kinds = tuple((r.what, r.why, r.crosses) for r in each.remainders)
        groups.setdefault((each.grade, each.reason, kinds), []).append(each)
    return tuple(
        AlikeResidue(
            replace(same[0], release=", ".join(each.release for each in same)),
            tuple(_amount(same, n) for n in range(len(same[0].remainders))),
        )
        for same in groups.values()
    )


def _amount(same: Sequence[Residue], number: int) -> str:
    """The size of one remainder, with the releases if they differ."""
    sizes: dict[str, list[str]] = {}
    for each in same:
        pages = each.remainders[number].pages
        sizes.setdefault(size_of_pages(pages) if pages else "none", []).append(each.release)
    if len(sizes) == 1:
        return "" if "none" in sizes else next(iter(sizes))
    return "; ".join(f"{size} on Xen {', '.join(releases)}" for size, releases in sizes.items())


def color_maps(facts: Facts) -> Iterator[ColorMap]:
    """The color map of each release with coloring on; one for all releases that agree."""
    shown: list[tuple[list[str], ColorMap]] = []
    for result in facts.results:
        made = color_map(facts, result)
        if made is None:
            continue
        same = next(
            (releases for releases, other in shown if other.rows == made.rows and other.nr_colors == made.nr_colors),
            None,
        )
        if same is None:
            shown.append(([result.release], made))
        else:
            same.append(result.release)
    for releases, made in shown:
        yield replace(made, releases=", ".join(releases))


def color_map(facts: Facts, result: ReleaseResult) -> ColorMap | None:
    """The color map; None if coloring is off.

    Pairs that are proved isolated, for example by pinning, share no colors.
    """
    system = result.system
    if system is None or not system.coloring or system.nr_colors is None:
        return None
    users = [("xen", ColorSet.of(system.xen_colors), str(system.xen_source))]
    users += [(d.name, *_colors(d)) for d in system.domains]
    logged = dict(_logged(facts))
    users += [(name, colors, "in the boot log") for name, colors in logged.items() if colors]
    apart = {t.subjects for t in result.theorems if t.kind == PAIR and t.verdict is Verdict.PROVED}
    clashes = []
    for position, (first, colors, _) in enumerate(users):
        if not colors:
            continue
        for second, others, _ in users[position + 1 :]:
            if not colors.isdisjoint(others) and (first, second) not in apart:
                share = facts.manifest.policy.share_of(first, second)
                clashes.append(Clash(first, second, colors & others, share.reason if share else None))
    unstated = tuple(name for name, colors in logged.items() if not colors)
    users += [(name, ColorSet(), "in the boot log, colors not known") for name in unstated]
    rows = tuple(_row(name, colors, source, clashes) for name, colors, source in users)
    cache = bytes_of_color(facts, system.nr_colors)
    return ColorMap(result.release, system.nr_colors, rows, tuple(clashes), cache, unstated)


def _logged(facts: Facts) -> Iterator[tuple[str, ColorSet]]:
    """The domains that Xen built at boot according to the log, where no device tree describes them, with the colors
    that the debug key q printed; no colors if the log does not have them.
    """
    log = facts.deployment.boot_log
    if log is None or facts.deployment.tree is not None:
        return
    colors = {each.id: each.colors.value for each in log.domains if each.colors}
    for number in sorted({bank.value[0] for bank in log.banks if isinstance(bank.value, tuple)} - {0}):
        found = colors.get(number)
        yield f"d{number}", ColorSet.of(found) if isinstance(found, tuple) else ColorSet()


def bytes_of_color(facts: Facts, nr_colors: int) -> int | None:
    """Bytes of the last-level cache per color; None if not known."""
    llc = facts.board.boot_cluster.llc if facts.board and facts.board.clusters else None
    if llc is None or llc.size is None or llc.nr_colors != nr_colors:
        return None
    return llc.size // nr_colors


def _colors(domain: Domain) -> tuple[ColorSet, str]:
    """A domain's colors and their origin; empty if it is refused before it has any."""
    return (ColorSet(), "never created") if domain.failure else (ColorSet.of(domain.colors), str(domain.source))


def _row(name: str, colors: ColorSet, source: str, clashes: list[Clash]) -> ColorUser:
    shared, allowed = ColorSet(), ColorSet()
    for clash in clashes:
        if name in (clash.first, clash.second):
            if clash.reason is None:
                shared |= clash.colors
            else:
                allowed |= clash.colors
    return ColorUser(name, colors, shared, allowed - shared, source)


def memory_panels(facts: Facts) -> Iterator[tuple[str, Boot, tuple[MemoryRow, ...]]]:
    """(releases, boot, rows) for colored boots with domains; releases whose rows look the same share one."""
    panels: dict[object, list[tuple[str, Boot, tuple[MemoryRow, ...]]]] = {}
    for release, boot in facts.boots():
        rows = memory_rows(boot)
        if rows and boot.system.coloring:
            panels.setdefault((tuple(row.shown for row in rows), boot.panic), []).append((release, boot, rows))
    for same in panels.values():
        alike = zip(*(rows for _, _, rows in same), strict=True)
        releases = [release for release, _, _ in same]
        merged = (replace(rows[0], budgets=_budgets(releases, rows)) for rows in alike)
        yield ", ".join(releases), same[0][1], tuple(merged)


def boot_panels(facts: Facts) -> Iterator[tuple[str, Boot, tuple[MemoryRow, ...]]]:
    """(releases, boot, rows) for every boot; releases with the same memory map and rows that look alike share one."""
    panels: dict[object, list[tuple[str, Boot, tuple[MemoryRow, ...]]]] = {}
    for release, boot in facts.boots():
        rows = memory_rows(boot)
        key = boot.memory_map, tuple(row.shown for row in rows), boot.panic, boot.system.coloring
        panels.setdefault(key, []).append((release, boot, rows))
    for same in panels.values():
        releases = [release for release, _, _ in same]
        alike_rows = zip(*(rows for _, _, rows in same), strict=True)
        merged = (replace(rows[0], budgets=_budgets(releases, rows)) for rows in alike_rows)
        yield ", ".join(releases), same[0][1], tuple(merged)


def _budgets(releases: Sequence[str], rows: Iterable[MemoryRow]) -> tuple[str, ...]:
    """The restart budgets of one domain, each once; with its releases unless it is the same for all."""
    found: dict[str, list[str]] = {}
    for release, row in zip(releases, rows, strict=True):
        for text in row.budgets:
            found.setdefault(text, []).append(release)
    return tuple(text if len(who) == len(releases) else f"{text} (Xen {', '.join(who)})" for text, who in found.items())


def theorem_panels(facts: Facts) -> Iterator[tuple[str, tuple[Theorem, ...]]]:
    """(releases, theorems); releases with the same theorems and verdicts share one panel."""
    panels: dict[object, tuple[list[str], tuple[Theorem, ...]]] = {}
    for result in facts.results:
        key = tuple((theorem.statement, theorem.verdict, theorem.reason) for theorem in result.theorems)
        if key:
            panels.setdefault(key, ([], result.theorems))[0].append(result.release)
    return ((", ".join(releases), theorems) for releases, theorems in panels.values())


def memory_rows(boot: Boot) -> tuple[MemoryRow, ...]:
    """The domains in the order of their creation."""
    found = {budget.domain.name: (budget.alone, budget.together) for budget in budgets(boot)}
    return tuple(_memory_row(built, _budget(found.get(built.domain.name))) for built in boot.built)


def _budget(creations: tuple[int, int] | None) -> str:
    """How often a domain can be created, alone and if every guest restarts equally often; empty if no toolstack
    can create it.
    """
    if creations is None:
        return ""
    alone, together = creations
    others = f" ({together} if the others restart as often)" if together != alone else ""
    return f"can be created {'once' if alone == 1 else f'{alone} times'} before a reboot{others}"


def _memory_row(built: Built, budget: str) -> MemoryRow:
    colors = set(built.domain.colors)
    free = sum(pages for color, pages in enumerate(built.free_before) if color in colors)
    failure = built.failure.message if built.failure else ""
    refused = built.failure is not None and built.failure.kind is FailureKind.XL_REJECTS
    needed = 0 if refused else built.domain.needed_pages
    return MemoryRow(
        built.domain.name, needed, 0 if refused else free, built.created, failure, (budget,) * bool(budget)
    )


def theorem_groups(theorems: tuple[Theorem, ...]) -> tuple[TheoremGroup, ...]:
    """The theorems in groups: bad news first, then by kind in order of appearance."""
    groups: dict[tuple[Verdict, TheoremKind], list[Theorem]] = {}
    for verdict in (Verdict.REFUTED, Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.PROVED):
        for theorem in theorems:
            if theorem.verdict is verdict:
                groups.setdefault((verdict, theorem.kind), []).append(theorem)
    return tuple(TheoremGroup(kind, verdict, tuple(members)) for (verdict, kind), members in groups.items())


def assumptions(theorems: tuple[Theorem, ...]) -> tuple[Assumption, ...]:
    """All assumptions, each once, in order of appearance."""
    return tuple(dict.fromkeys(assumption for theorem in theorems for assumption in theorem.assumptions))


def requirement_lines(requirement: Traced) -> Iterator[str]:
    """The evidence of a requirement in a line; if it is not met, its status and a line for each obstacle."""
    if requirement.standing is Standing.MET:
        theorems = {each.subject for each in requirement.evidence if each.kind is EvidenceKind.THEOREM}
        rules = {each.subject for each in requirement.evidence if each.kind is EvidenceKind.RULE}
        shown = [f"{counted(len(theorems), 'theorem')} proved"] * bool(theorems)
        shown += [f"{counted(len(rules), 'rule')} found nothing"] * bool(rules)
        yield f"met: {', '.join(shown)}"
        return
    yield str(requirement.standing).replace("-", " ")
    for each in requirement.weakest():
        under = f" (Xen {each.release})" if each.release else ""
        yield f"{each.subject or each.pattern}{under}: {each.told}"


def not_told(verification: Verification) -> str:
    """The number of findings that are not reported, and why; empty if there are none."""
    by = {
        Silence.COMMENT: "silenced by comments",
        Silence.SELECTION: "ignored by selection",
        Silence.BASELINE: "in the baseline",
    }
    counts = verification.silences()
    parts = [f"{counts[kind]} {words}" for kind, words in by.items() if counts[kind]]
    return f"not shown: {', '.join(parts)}" if parts else ""


def counted(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")
