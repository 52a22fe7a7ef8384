"""The report as one self-contained HTML file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import htpy as h

from colorcheck.core.diagnostic import Finding, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.report import marks, view
from colorcheck.report.html import html_map, html_open, html_rules
from colorcheck.report.html.page import footer, links, listed, page, section, table
from colorcheck.report.style import Style
from colorcheck.report.terminal.corrections import Correction, corrections
from colorcheck.report.terminal.excerpt import excerpt
from colorcheck.verification.residue import GRADES, residues
from colorcheck.verification.results import Verification

_WIDE = 400  # columns of a source line that are shown


def render(verification: Verification, style: Style, further: Mapping[str, h.Node] | None = None) -> str:
    """The page. `further` has sections of other commands, by heading."""
    maps = tuple(view.color_maps(verification.facts))
    data = json.dumps([html_map.details(drawn, verification, style) for drawn in maps])
    title = f"colorcheck: {view.headline(verification).word}, {style.relative(verification.manifest.file)}"
    return page(title, _body(verification, maps, style, further or {}), data)


def _body(
    verification: Verification, maps: tuple[view.ColorMap, ...], style: Style, further: Mapping[str, h.Node]
) -> list[h.Node]:
    more = [section(heading.lower(), heading, content) for heading, content in further.items()]
    content = (
        _findings(verification, style),
        html_map.section(maps),
        html_map.memory(verification),
        html_open.section(verification),
        _theorems(verification, style),
        _requirements(verification),
        _residue(verification),
        *more,
        html_rules.section(verification),
        _unchecked(verification),
    )
    return [_head(verification, style, tuple(further)), h.main("#main")[content], footer()]


def _head(verification: Verification, style: Style, further: tuple[str, ...]) -> h.Element:
    headline = view.headline(verification)
    target = verification.target()
    board = target["board_title"] or target["board"] or "board unknown"
    known = [str(board), f"Xen {', '.join(verification.manifest.target.xen)}"]
    if target["nr_colors"]:
        known.append(f"{target['nr_colors']} colors")
    known.append(style.relative(verification.manifest.file))
    grades = [
        h.p[
            h.a(href="#shared")[
                f"Isolation of Xen {each.residue.release}: grade {each.residue.grade}, {each.residue.reason}"
            ]
        ]
        for each in view.alike(residues(verification.facts))
    ]
    waits = ("open",) if html_open.waiting(verification) else ()
    traced = ("requirements",) if verification.requirements else ()
    pages = ("rules",) if html_rules.found(verification) else ()
    parts = ("findings", "colors", "memory", *waits, "theorems", *traced, "shared")
    return h.header[
        h.h1[h.span(class_=f"verdict {headline.mood}")[f"{marks.SIGNS[headline.mood]} {headline.word}"]],
        h.p[h.strong[headline.sentence]],
        h.p(".soft")[" · ".join(known)],
        grades,
        links((part, part.capitalize()) for part in (*parts, *(heading.lower() for heading in further), *pages)),
    ]


def _findings(verification: Verification, style: Style) -> h.Element:
    silent = view.not_told(verification)
    return section(
        "findings",
        f"Findings ({len(verification.findings)})",
        h.p(".soft")[f"{silent.capitalize()}."] if silent else None,
        [_finding(finding, style) for finding in view.worst_first(verification.findings)] or h.p["None."],
    )


def _finding(finding: Finding, style: Style) -> h.Element:
    places = ((h.code[style.place(each.location)], f" {each.message}") for each in finding.related)
    return h.article(class_=f"finding {finding.severity}")[
        h.h3[f"{finding.severity} ", html_rules.link(finding.rule), " ", h.span(".soft")[finding.name]],
        h.p[finding.message],
        h.p[h.code[style.place(finding.location)]],
        _source(finding, style),
        h.p[h.strong["Instead:"], f" {finding.help}"] if finding.help else None,
        [_correction(each, style) for each in corrections(finding.fix, style.sources, _WIDE)],
        listed(places),
        _witness(finding),
    ]


def _correction(correction: Correction, style: Style) -> h.Element:
    """A line as `verify --fix` writes it."""
    pieces = ((piece, "") if isinstance(piece, str) else piece for piece in correction.pieces())
    line = [h.ins[words] if mood == "green" else words for words, mood in pieces]
    return h.p[h.strong["Fix:"], " ", h.code[style.place(correction.location)], " ", h.code[line]]


def _source(finding: Finding, style: Style) -> h.Node:
    """The source line of the finding, with its place marked."""
    shown = excerpt(finding.location, style.sources, _WIDE)
    if not shown:
        return None
    end = shown.start + shown.length
    before, marked, after = shown.text[: shown.start], shown.text[shown.start : end], shown.text[end:]
    return h.div(".source", role="group", tabindex="0", aria_label=f"Line {shown.number}")[
        f"{shown.number:>4} | {before}", h.mark[marked], after
    ]


def _witness(finding: Finding) -> h.Node:
    if finding.witness is None:
        return None
    parts = finding.witness.to_dict().items()
    lines = "\n".join(f"{key}: {json.dumps(value, default=str)}" for key, value in parts)
    return h.details[h.summary["Witness"], h.pre[lines]]


def _theorems(verification: Verification, style: Style) -> h.Element:
    panels = view.theorem_panels(verification.facts)
    return section("theorems", "Theorems", [_panel(releases, theorems, style) for releases, theorems in panels])


def _panel(releases: str, theorems: tuple[Theorem, ...], style: Style) -> Iterator[h.Node]:
    yield h.h3[f"Xen {releases}"]
    for group in view.theorem_groups(theorems):
        yield h.details(open=group.verdict is not Verdict.PROVED)[
            h.summary[
                h.span(class_=str(marks.of_verdict(group.verdict)))[f"{marks.sign(group.verdict)} {group.verdict}"],
                f": {len(group.theorems)} of kind {str(group.kind).replace('-', ' ')}",
            ],
            listed((_theorem(theorem, style) for theorem in group.theorems), "theorems"),
        ]
    taken = view.assumptions(theorems)
    if taken:
        rows = (h.tr[h.td[str(each.trust)], h.td[each.text], h.td[each.source]] for each in taken)
        yield h.details[
            h.summary[view.counted(len(taken), "assumption")],
            table(f"Assumptions, Xen {releases}", ("Trust", "Assumption", "Source"), rows),
        ]


def _theorem(theorem: Theorem, style: Style) -> Iterator[h.Node]:
    mark = marks.sign(theorem.verdict)
    yield h.span(class_=str(marks.of_verdict(theorem.verdict)), aria_hidden="true")[mark]
    yield f" {theorem.refutation if theorem.verdict is Verdict.REFUTED else theorem.statement} "
    yield h.span(".soft")[f"({theorem.verdict}, {theorem.seconds:.2f} s)"]
    if theorem.mathematics:
        yield h.br, h.code[theorem.mathematics]
    if theorem.reason:
        yield h.br, h.span(".soft")["because "], theorem.reason
    if theorem.verdict is not Verdict.PROVED:
        yield [(h.br, h.code[style.place(each.location)], f" {each.message}") for each in theorem.core]


def _requirements(verification: Verification) -> h.Node:
    """Each requirement with every theorem and rule behind it."""
    if not verification.requirements:
        return None
    rows = []
    for requirement in verification.requirements:
        mood = marks.of_standing(requirement.standing)
        status = f"{marks.SIGNS[mood]} {str(requirement.standing).replace('-', ' ')}"
        evidence = (
            (h.code[" ".join(filter(None, (each.subject or each.pattern, each.release)))], f" {each.told}")
            for each in requirement.evidence
        )
        rows.append(h.tr[h.td[requirement.id], h.td[h.span(class_=str(mood))[status]], h.td[listed(evidence)]])
    return section("requirements", "Requirements", table("Requirements", ("Requirement", "Status", "Evidence"), rows))


def _residue(verification: Verification) -> h.Element:
    content: list[h.Node] = []
    for shared in view.alike(residues(verification.facts)):
        residue = shared.residue
        grade = h.strong[f"grade {residue.grade}"]
        content.append(h.p[f"Xen {residue.release}: ", grade, f", {GRADES[residue.grade]} ({residue.reason})"])
        content.append(
            listed(
                (h.strong[each.what], f" ({amount})" if amount else "", f": {each.why}")
                for each, amount in zip(residue.remainders, shared.amounts, strict=True)
            )
        )
    return section("shared", "Still shared", content)


def _unchecked(verification: Verification) -> h.Node:
    said = [f"{entry.check}: {entry.reason}" for entry in verification.not_checked]
    said += [f"fault in {fault.where}: {fault.message}" for fault in verification.faults]
    return section("unchecked", "Not checked", listed(said)) if said else None
