"""One HTML page of many deployments: a table of all, and below it what was found in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from colorcheck import __version__
from colorcheck.fleet.checked import Checked
from colorcheck.report.html.html import page
from colorcheck.report.html.html_map import table, text
from colorcheck.report.marks import SIGNS, Mood
from colorcheck.verification.exit import Exit

_MOODS: dict[int, Mood] = {Exit.CLEAN: Mood.GOOD, Exit.NOTHING: Mood.OPEN, Exit.UNDECIDED: Mood.OPEN}


def page_of(checked: Sequence[Checked]) -> str:
    """A self-contained page, those that did not pass first; needs their reports in JSON."""
    ordered = sorted(checked, key=lambda each: (each.status == 0, each.manifest))
    counts = Counter(each.word for each in checked)
    told = ", ".join(f"{count} {word.lower()}" for word, count in sorted(counts.items())) or "none"
    return page(text(f"colorcheck: {len(checked)} deployments"), "\n".join(_body(ordered, told)))


def _body(checked: Sequence[Checked], told: str) -> Iterator[str]:
    links = '<li><a href="#deployments">Deployments</a></li><li><a href="#findings">Findings</a></li>'
    yield f"<header><h1>{len(checked)} deployments</h1><p><strong>{text(told)}</strong></p>"
    yield f'<nav aria-label="Parts of the report"><ul>{links}</ul></nav></header><main id="main">'
    yield '<section aria-labelledby="deployments"><h2 id="deployments">Deployments</h2>'
    headings = ("Deployment", "Verdict", "Said", "Errors", "Warnings", "Theorems proved")
    rows = "".join(_row(number, each) for number, each in enumerate(checked))
    yield table("Verdicts of all deployments", headings, rows)
    yield '</section><section aria-labelledby="findings"><h2 id="findings">Findings</h2>'
    shown = [part for number, each in enumerate(checked) if each.status for part in _details(number, each)]
    yield from shown or ["<p>None.</p>"]
    yield f'</section></main><footer class="soft"><p>colorcheck {__version__}</p></footer>'


def _row(number: int, each: Checked) -> str:
    mood = _MOODS.get(each.status, Mood.BAD)
    name = f'<a href="#d{number}">{text(each.manifest)}</a>' if each.status else text(each.manifest)
    cells = f'<td class="{mood}">{SIGNS[mood]}&nbsp;{text(each.word)}</td><td>{text(each.sentence)}</td>'
    counts = "".join(f"<td>{count}</td>" for count in (each.errors, each.warnings, each.proved))
    return f'<tr><th scope="row">{name}</th>{cells}{counts}</tr>'


def _details(number: int, each: Checked) -> Iterator[str]:
    yield f'<article><h3 id="d{number}">{text(each.manifest)}</h3>'
    if each.message:
        yield f"<p>{text(each.message)}</p>"
    report = cast("dict[str, Any]", each.documents.get("json", {}))
    for finding in report.get("findings", ()):
        yield _finding(finding)
    for theorem in report.get("theorems", ()):
        if theorem["verdict"] != "proved":
            yield f"<p><strong>{text(theorem['verdict'])}</strong>: {text(theorem['statement'])}</p>"
    for skipped in report.get("skipped", ()):
        yield f"<p><strong>not checked</strong>: {text(skipped['check'])}, {text(skipped['reason'])}</p>"
    yield "</article>"


def _finding(finding: Mapping[str, object]) -> str:
    place = finding["location"]
    where = f"{place['file']}:{place['line']}:{place['column']}" if isinstance(place, Mapping) else ""
    instead = f"<p><strong>Instead:</strong> {text(finding['help'])}</p>" if finding["help"] else ""
    severity, rule, name = (text(finding[key]) for key in ("severity", "rule", "name"))
    return (
        f'<div class="finding {severity}"><h4>{severity} {rule} <span class="soft">{name}</span></h4>'
        f"<p>{text(finding['message'])}</p>"
        f"<p><code>{text(where)}</code></p>{instead}</div>"
    )
