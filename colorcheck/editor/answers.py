"""Information for an editor: findings, the meaning of a color list or an option, and the other side of a conflict."""

from __future__ import annotations

import os
from collections.abc import Iterator

from msgspec import Struct

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Finding, Related, Severity, Verdict
from colorcheck.core.source import Location
from colorcheck.core.theorem import Theorem
from colorcheck.core.units import size
from colorcheck.editor.deployments import Deployed
from colorcheck.editor.option_pages import page_of
from colorcheck.editor.positions import holds
from colorcheck.findings.silence_comments import silencing
from colorcheck.report import view
from colorcheck.rules import find
from colorcheck.verification.results import Facts
from colorcheck.xen.system import System


class Cursor(Struct, frozen=True):
    """The place of a cursor: a real file name, and line and column counted from 1."""

    file: str
    line: int
    column: int

    def inside(self, location: Location) -> bool:
        """Whether the cursor is in a location."""
        return self._here(location) and holds(location, self.line, self.column)

    def on(self, location: Location) -> bool:
        """Whether the cursor is on a line of a location."""
        return self._here(location) and max(location.line, 1) <= self.line <= max(location.end_line, location.line, 1)

    def _here(self, location: Location) -> bool:
        return bool(location.file) and os.path.realpath(location.file) == self.file


class Action(Struct, frozen=True):
    """A change that an editor can offer, and the finding that it fixes."""

    title: str
    edits: tuple[Edit, ...]
    finding: Finding | None = None


class Refuted(Struct, frozen=True):
    """A refuted theorem and one of the places that cause it."""

    theorem: Theorem
    place: Related


def refuted(checked: Deployed) -> Iterator[Refuted]:
    """Refuted theorems at those of their places where no error is shown: a report lists them, an editor has only
    places, and who edits one of two files that clash sees it in both."""
    if checked.verification is None:
        return
    errors = [each for each in checked.verification.findings if each.severity is Severity.ERROR]
    shown = {_line(each.location) for each in errors}
    for answers in checked.verification.questions().values():
        for _, theorem in answers:
            if theorem.verdict is Verdict.REFUTED and checked.verification.asked(theorem.id):
                here = [each for each in theorem.core if each.location.file and _line(each.location) not in shown]
                yield from (Refuted(theorem, each) for each in here)
                break


def _line(location: Location) -> tuple[str, int]:
    return location.file, location.line


def findings_at(checked: Deployed, place: Cursor) -> Iterator[Finding]:
    """The findings whose location contains the cursor."""
    for finding in _findings(checked):
        if place.inside(finding.location):
            yield finding


def _findings(checked: Deployed) -> tuple[Finding, ...]:
    return checked.verification.findings if checked.verification else ()


def hover(checked: Deployed, place: Cursor) -> str:
    """Markdown for the cursor: the colors of a list under each release, the option, the findings; or nothing."""
    parts: list[str] = []
    if checked.verification is not None:
        parts += _colors(checked, checked.verification.facts, place)
    lines = checked.lines(place.file)
    if 0 < place.line <= len(lines):
        option = page_of(place.file, lines[place.line - 1], place.column)
        parts += [option] if option else []
    for finding in findings_at(checked, place):
        rule = find(finding.rule)
        page = f"\n\n{rule.page.matters}" if rule else ""
        parts.append(f"**{finding.rule} {finding.name}**: {_plain(finding.message)}{_plain(page)}")
    return "\n\n---\n\n".join(parts)


def others(checked: Deployed, place: Cursor) -> tuple[Location, ...]:
    """The locations related to the cursor: those of findings and, for a color list, the other owners of its colors."""
    found: dict[Location, None] = {}
    for finding in findings_at(checked, place):
        found |= {related.location: None for related in finding.related if related.location.file}
    facts = checked.verification.facts if checked.verification else None
    for result in facts.results if facts else ():
        if result.system is None:
            continue
        for name, colors in _here(result.system, checked, place):
            found |= {
                other: None
                for user, theirs, other in _users(result.system)
                if user != name and not colors.isdisjoint(theirs)
            }
    return tuple(location for location in found if not place.inside(location))


def actions(checked: Deployed, place: Cursor) -> Iterator[Action]:
    """The fixes for the findings on this line, and the comment that silences each."""
    found = [each for each in _findings(checked) if place.on(each.location)]
    for finding in found:
        if finding.fix:
            yield Action(finding.help or f"Correct {finding.rule}", finding.fix, finding)
    for finding in found:
        where = finding.location
        lines = checked.lines(where.file)
        if where.line < 1 or where.line > len(lines):
            continue
        indent = lines[where.line - 1][: len(lines[where.line - 1]) - len(lines[where.line - 1].lstrip())]
        above = Location(where.file, where.line, 1, where.line, 1)
        comment = Edit(above, f"{indent}{silencing(finding)}\n")
        yield Action(f"Silence {finding.rule} here (write a reason)", (comment,), finding)


def _colors(checked: Deployed, facts: Facts, place: Cursor) -> Iterator[str]:
    """How each release reads a color list here: the colors, their share of the cache, and which other domains have
    them."""
    reported: dict[str, list[str]] = {}
    name = ""
    for result in facts.results:
        system = result.system
        if system is None:
            continue
        for user, colors in _here(system, checked, place):
            name = user
            reported.setdefault(_said(facts, system, user, colors), []).append(result.release)
    if reported:
        lines = "\n".join(f"- Xen {', '.join(lines)}: {text}" for text, lines in reported.items())
        yield f"**Colors of {_plain(name)}**\n\n{lines}"


def _said(facts: Facts, system: System, user: str, colors: ColorSet) -> str:
    if not system.coloring:
        return "coloring is off, every domain may get every frame"
    cache = view.bytes_of_color(facts, system.nr_colors) if system.nr_colors else None
    share = f", {size(len(colors) * cache)} of the cache" if cache else ""
    count = f" of {system.nr_colors}" if system.nr_colors else ""
    also = [
        f"{other} ({colors & theirs})"
        for other, theirs, _ in _users(system)
        if other != user and not colors.isdisjoint(theirs)
    ]
    shared = f"; also in {', '.join(also)}" if also else "; no other domain has them"
    return _plain(f"{colors or 'none'}{count}{share}{shared}")


def _here(system: System, checked: Deployed, place: Cursor) -> Iterator[tuple[str, ColorSet]]:
    """The owner of the color list here, with the colors that the release really gives it, also if it ignores the
    list."""
    users = list(_users(system))
    found = {name: colors for name, colors, location in users if place.inside(location)}
    lines = checked.lines(place.file)
    if not found and 0 < place.line <= len(lines) and "color" in lines[place.line - 1].lower():
        ignored = {name for finding in findings_at(checked, place) for name in finding.about}
        found = {name: colors for name, colors, _ in users if name in ignored}
    yield from found.items()


def _users(system: System) -> Iterator[tuple[str, ColorSet, Location]]:
    yield "xen", ColorSet.of(system.xen_colors), system.xen_location
    for domain in system.domains:
        yield domain.name, ColorSet() if domain.failure else ColorSet.of(domain.colors), domain.location


def _plain(text: str) -> str:
    """Text that Markdown displays unchanged."""
    return "".join(f"\\{letter}" if letter in "\\`*_<>[]#|" else letter for letter in text)
