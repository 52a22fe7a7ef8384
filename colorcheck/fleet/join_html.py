"""One HTML page for many deployments: a table of all, and below it the findings in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

import htpy as h

from colorcheck.fleet.checked import Checked
from colorcheck.report.html.page import footer, links, page, section, table
from colorcheck.report.marks import SIGNS, Mood
from colorcheck.verification.exit import Exit

_MOODS: dict[int, Mood] = {Exit.CLEAN: Mood.GOOD, Exit.NOTHING: Mood.OPEN, Exit.UNDECIDED: Mood.OPEN}


def page_of(checked: Sequence[Checked]) -> str:
    """A self-contained page, those that did not pass first; needs their reports in JSON."""
    ordered = sorted(checked, key=lambda each: (each.status == 0, each.manifest))
    counts = Counter(each.word for each in checked)
    text = ", ".join(f"{count} {word.lower()}" for word, count in sorted(counts.items())) or "none"
    return page(f"colorcheck: {len(checked)} deployments", _body(ordered, text))


def _body(checked: Sequence[Checked], text: str) -> list[h.Node]:
    headings = ("Deployment", "Verdict", "Said", "Errors", "Warnings", "Theorems proved")
    rows = [_row(number, each) for number, each in enumerate(checked)]
    shown = [_details(number, each) for number, each in enumerate(checked) if each.status]
    return [
        h.header[
            h.h1[f"{len(checked)} deployments"],
            h.p[h.strong[text]],
            links((("deployments", "Deployments"), ("findings", "Findings"))),
        ],
        h.main("#main")[
            section("deployments", "Deployments", table("Verdicts of all deployments", headings, rows)),
            section("findings", "Findings", shown or h.p["None."]),
        ],
        footer(),
    ]


def _row(number: int, each: Checked) -> h.Element:
    mood = _MOODS.get(each.status, Mood.BAD)
    return h.tr[
        h.th(scope="row")[h.a(href=f"#d{number}")[each.manifest] if each.status else each.manifest],
        h.td(class_=str(mood))[f"{SIGNS[mood]}\u00a0{each.word}"],
        h.td[each.sentence],
        [h.td[str(count)] for count in (each.errors, each.warnings, each.proved)],
    ]


def _details(number: int, each: Checked) -> h.Element:
    report = cast("dict[str, Any]", each.documents.get("json", {}))
    undecided = [theorem for theorem in report.get("theorems", ()) if theorem["verdict"] != "proved"]
    skipped = [f": {entry['check']}, {entry['reason']}" for entry in report.get("skipped", ())]
    return h.article[
        h.h3(id=f"d{number}")[each.manifest],
        h.p[each.message] if each.message else None,
        [_finding(finding) for finding in report.get("findings", ())],
        [h.p[h.strong[str(theorem["verdict"])], f": {theorem['statement']}"] for theorem in undecided],
        [h.p[h.strong["not checked"], words] for words in skipped],
    ]


def _finding(finding: Mapping[str, object]) -> h.Element:
    place = finding["location"]
    where = f"{place['file']}:{place['line']}:{place['column']}" if isinstance(place, Mapping) else ""
    severity, rule, name = (str(finding[key]) for key in ("severity", "rule", "name"))
    return h.div(class_=f"finding {severity}")[
        h.h4[f"{severity} {rule} ", h.span(".soft")[name]],
        h.p[str(finding["message"])],
        h.p[h.code[where]],
        h.p[h.strong["Instead:"], f" {finding['help']}"] if finding["help"] else None,
    ]
