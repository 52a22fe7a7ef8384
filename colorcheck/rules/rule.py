"""What a rule is: an ID, a name, a page, two examples and a pure function from facts to findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import dedent

from msgspec import Struct

from colorcheck.core.diagnostic import Confidence, Edit, Finding, Problem, Related, Severity
from colorcheck.core.json_values import Json
from colorcheck.core.source import Location
from colorcheck.core.witness import PlainWitness, Witness
from colorcheck.rules.example import Example
from colorcheck.rules.index import Kind
from colorcheck.rules.words import said
from colorcheck.verification.results import Facts
from colorcheck.xen.kinds import Note

SECTIONS = ("What it checks", "Why it matters", "What it cannot see", "Source")


class Page(Struct, frozen=True):
    """A rule's page: a title of one line and the text of each section, paragraphs on one line each."""

    title: str
    checks: str
    matters: str
    blind: str
    source: str

    def sections(self) -> Iterator[tuple[str, str]]:
        """(heading, text) in the fixed order."""
        return zip(SECTIONS, (self.checks, self.matters, self.blind, self.source), strict=True)


class Rule(Struct, frozen=True):
    """One rule.

    `documentation` is the rule's page in the fixed shape that `page` reads; `kinds` are the kinds of `Problem` and
    `Note` that this rule reports. `bad` leads to a finding of this rule, `good` does not: the tests run both through
    the whole pipeline. A rule whose findings no deployment can cause (a crash of the tool) has no examples and gives
    the reason in `untestable`.
    """

    id: str
    name: str
    severity: Severity
    documentation: str
    check: Callable[[Facts], Iterator[Finding]]
    bad: Example | None = None
    good: Example | None = None
    kinds: tuple[Kind, ...] = ()
    untestable: str = ""

    @property
    def page(self) -> Page:
        """The parsed documentation. Raises ValueError if it does not have the fixed shape."""
        return parse_page(self.documentation)

    def finding(
        self,
        message: str,
        location: Location,
        help: str = "",  # noqa: A002
        *,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        related: Iterable[Related] = (),
        witness: Witness | Mapping[str, Json] | None = None,
        fix: Iterable[Edit] = (),
        about: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this rule, with the rule's own severity unless another one is given.

        `witness` may be a JSON object instead of a `Witness`. Raises TypeError for anything else.
        """
        if isinstance(witness, Mapping):
            witness = PlainWitness(witness)
        elif not (witness is None or isinstance(witness, Witness)):
            raise TypeError(f"a witness is a Witness or a JSON object, not a {type(witness).__name__}")
        return Finding(
            rule=self.id,
            name=self.name,
            severity=severity or self.severity,
            message=message,
            location=location,
            help=help,
            confidence=confidence,
            related=tuple(related),
            witness=witness,
            fix=tuple(fix),
            about=about,
        )


def nothing(facts: Facts) -> Iterator[Finding]:  # noqa: ARG001
    """The check of a rule whose findings are made elsewhere."""
    return iter(())


def parse_page(documentation: str) -> Page:
    """Parses a title, then one or more paragraphs for each of `SECTIONS`, each starting with its name and a colon.

    Raises ValueError.
    """
    title, _, body = dedent(documentation).strip().partition("\n")
    parts = re.split(rf"^({'|'.join(SECTIONS)}): ", body, flags=re.MULTILINE)
    texts = dict(zip(parts[1::2], (" ".join(part.split()) for part in parts[2::2]), strict=True))
    if parts[0].strip() or tuple(texts) != SECTIONS or not all(texts.values()):
        raise ValueError(f"{title!r} needs the sections {', '.join(SECTIONS)}, in this order")
    return Page(title.strip(), *texts.values())


class Seen(Struct, frozen=True):
    """A note or a problem, with the releases for which it holds; empty if it does not depend on Xen."""

    source: Problem | Note
    releases: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return self.source.kind if isinstance(self.source, Problem) else type(self.source)

    @property
    def message(self) -> str:
        return self.source.message if isinstance(self.source, Problem) else said(self.source)

    @property
    def location(self) -> Location:
        return self.source.location

    @property
    def help(self) -> str:
        return self.source.help if isinstance(self.source, Problem) else ""

    @property
    def fix(self) -> tuple[Edit, ...]:
        return self.source.fix if isinstance(self.source, Problem) else ()

    @property
    def domain(self) -> str:
        return "" if isinstance(self.source, Problem) else self.source.domain


def seen(facts: Facts, *kinds: Kind) -> Iterator[Seen]:
    """All problems of the readers and notes of the Xen model of these kinds, each once for all releases that have
    it.
    """
    reported: set[tuple[str, Location]] = set()
    for problem in problems(facts):
        if problem.kind in kinds:
            reported.add((str(problem.kind), problem.location))
            yield Seen(problem)
    met: dict[tuple[object, ...], tuple[Note, list[str]]] = {}
    for release, note in notes(facts):
        if type(note) in kinds and (note.KIND, note.location) not in reported:
            key = (note.KIND, said(note), note.location, note.domain)
            met.setdefault(key, (note, []))[1].append(release)
    for note, releases in met.values():
        yield Seen(note, tuple(dict.fromkeys(releases)))


def problems(facts: Facts) -> Iterator[Problem]:
    """The problems of all readers, each once."""
    deployment, found = facts.deployment, list(facts.deployment.problems)
    if deployment.tree is not None:
        found += deployment.tree.problems
    if deployment.image_builder is not None:
        found += (*deployment.image_builder.problems, *deployment.image_builder_problems)
    return iter(dict.fromkeys(found))


def notes(facts: Facts) -> Iterator[tuple[str, Note]]:
    """(release, note) of every Xen that was modelled: first of its options and domains, then of its boot.

    Empty if a device tree is named and could not be read: without it, nothing useful can be said about Xen.
    """
    for result in facts.results if readable(facts) else ():
        for stage in (result.system, result.boot):
            yield from ((result.release, note) for note in (stage.notes if stage else ()))


def readable(facts: Facts) -> bool:
    """Whether the device tree, if one is named, could be read."""
    return facts.manifest.device_tree is None or facts.deployment.tree is not None


def on(facts: Facts, releases: Iterable[str]) -> str:
    """` (Xen 4.20)` if only some of several targets are meant; empty if all are."""
    releases = tuple(dict.fromkeys(releases))
    targets = [result.release for result in facts.results]
    if not releases or len(targets) < 2 or set(releases) == set(targets):
        return ""
    return f" (Xen {', '.join(releases)})"
