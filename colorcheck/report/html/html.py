"""One self-contained HTML file: no network, nothing run but its own script, and no input becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from colorcheck import __version__
from colorcheck.core.diagnostic import Finding, Verdict
from colorcheck.core.theorem import Theorem
from colorcheck.core.units import size_of_pages
from colorcheck.report import marks, view
from colorcheck.report.html import html_map, html_open
from colorcheck.report.html.html_map import text
from colorcheck.report.style import Style
from colorcheck.report.terminal.excerpt import excerpt
from colorcheck.verification.residue import GRADES, residues
from colorcheck.verification.results import Verification

_WIDE = 400  # columns of a source line that are shown


def render(verification: Verification, style: Style, further: Mapping[str, str] | None = None) -> str:
    """The page. `further` are sections of other commands: markup by its heading."""
    maps = tuple(view.color_maps(verification.facts))
    data = json.dumps([html_map.details(drawn, verification, style) for drawn in maps])
    body = "\n".join(_body(verification, maps, style, further or {}))
    title = text(f"colorcheck: {view.headline(verification).word}, {style.relative(verification.manifest.file)}")
    return page(title, body, data)


def page(title: str, body: str, data: str = "[]") -> str:
    """A whole page. `title` and `body` are markup; `data`, JSON, is what the script shows of color maps."""
    css, script = _resource("html.css"), _resource("html.js")
    allowed = ("default-src 'none'", f"style-src '{_digest(css)}'", f"script-src '{_digest(script)}'")
    policy = "; ".join((*allowed, "base-uri 'none'", "form-action 'none'"))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="generator" content="colorcheck {__version__}">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
{body}
<script type="application/json" id="data">{_inert(data)}</script>
<script>{script}</script>
</body>
</html>
"""


def _resource(name: str) -> str:
    return (Path(__file__).resolve().parent / name).read_text(encoding="utf-8")


def _digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _inert(data: str) -> str:
    """JSON that cannot end its script element."""
    return data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _body(
    verification: Verification, maps: tuple[view.ColorMap, ...], style: Style, further: Mapping[str, str]
) -> Iterator[str]:
    yield from _head(verification, style, tuple(further))
    yield '<main id="main">'
    yield from _findings(verification, style)
    yield from html_map.section(maps)
    yield from html_map.memory(verification)
    yield from html_open.section(verification)
    yield from _theorems(verification, style)
    yield from _requirements(verification)
    yield from _residue(verification)
    for heading, markup in further.items():
        name = heading.lower()
        yield f'<section aria-labelledby="{name}"><h2 id="{name}">{text(heading)}</h2>{markup}</section>'
    yield from _unchecked(verification)
    yield "</main>"
    yield f'<footer class="soft"><p>colorcheck {__version__}</p></footer>'


def _head(verification: Verification, style: Style, further: tuple[str, ...]) -> Iterator[str]:
    headline = view.headline(verification)
    target = verification.target()
    yield "<header>"
    yield f'<h1><span class="verdict {headline.mood}">{marks.SIGNS[headline.mood]} {text(headline.word)}</span></h1>'
    yield f"<p><strong>{text(headline.sentence)}</strong></p>"
    board = target["board_title"] or target["board"] or "board unknown"
    known = [str(board), f"Xen {', '.join(verification.manifest.target.xen)}"]
    if target["nr_colors"]:
        known.append(f"{target['nr_colors']} colors")
    known.append(style.relative(verification.manifest.file))
    yield f'<p class="soft">{text(" · ".join(known))}</p>'
    for residue in view.alike(residues(verification.facts)):
        grade = f"Isolation of Xen {residue.release}: grade {residue.grade}, {residue.reason}"
        yield f'<p><a href="#shared">{text(grade)}</a></p>'
    traced = ("requirements",) if verification.requirements else ()
    waits = ("open",) if html_open.waiting(verification) else ()
    parts = (
        "findings",
        "colors",
        "memory",
        *waits,
        "theorems",
        *traced,
        "shared",
        *(heading.lower() for heading in further),
    )
    links = "".join(f'<li><a href="#{part}">{part.capitalize()}</a></li>' for part in parts)
    yield f'<nav aria-label="Parts of the report"><ul>{links}</ul></nav></header>'


def _findings(verification: Verification, style: Style) -> Iterator[str]:
    yield f'<section aria-labelledby="findings"><h2 id="findings">Findings ({len(verification.findings)})</h2>'
    if silent := view.not_told(verification):
        yield f'<p class="soft">{text(silent.capitalize())}.</p>'
    if not verification.findings:
        yield "<p>None.</p>"
    for finding in verification.findings:
        yield from _finding(finding, style)
    yield "</section>"


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    yield f'<article class="finding {finding.severity}">'
    yield f'<h3>{finding.severity} {text(finding.rule)} <span class="soft">{text(finding.name)}</span></h3>'
    yield f"<p>{text(finding.message)}</p>"
    yield f"<p><code>{text(style.place(finding.location))}</code></p>"
    shown = excerpt(finding.location, style.sources, _WIDE)
    if shown:
        before, marked = shown.text[: shown.start], shown.text[shown.start : shown.start + shown.length]
        after = shown.text[shown.start + shown.length :]
        line = f"{shown.number:>4} | {text(before)}<mark>{text(marked)}</mark>{text(after)}"
        yield f'<div class="source" role="group" tabindex="0" aria-label="Line {shown.number}">{line}</div>'
    if finding.help:
        yield f"<p><strong>Instead:</strong> {text(finding.help)}</p>"
    if finding.related:
        places = (f"<li><code>{text(style.place(r.location))}</code> {text(r.message)}</li>" for r in finding.related)
        yield f"<ul>{''.join(places)}</ul>"
    if finding.witness is not None:
        parts = finding.witness.to_dict().items()
        witness = "\n".join(f"{key}: {json.dumps(value, default=str)}" for key, value in parts)
        yield f"<details><summary>Witness</summary><pre>{escape(witness)}</pre></details>"
    yield "</article>"


def _theorems(verification: Verification, style: Style) -> Iterator[str]:
    yield '<section aria-labelledby="theorems"><h2 id="theorems">Theorems</h2>'
    for releases, theorems in view.theorem_panels(verification.facts):
        yield f"<h3>Xen {text(releases)}</h3>"
        for group in view.theorem_groups(theorems):
            mark, mood = marks.sign(group.verdict), marks.of_verdict(group.verdict)
            opened = "" if group.verdict is Verdict.PROVED else " open"
            what = (
                f'<span class="{mood}">{mark} {group.verdict}</span>: {len(group.theorems)} of kind {text(group.kind)}'
            )
            items = "".join(f"<li>{_theorem(theorem, style)}</li>" for theorem in group.theorems)
            yield f'<details{opened}><summary>{what}</summary><ul class="theorems">{items}</ul></details>'
        taken = view.assumptions(theorems)
        rows = "".join(f"<tr><td>{a.trust}</td><td>{text(a.text)}</td><td>{text(a.source)}</td></tr>" for a in taken)
        if rows:
            listed = html_map.table(f"Assumptions, Xen {releases}", ("Trust", "Assumption", "Source"), rows)
            yield f"<details><summary>{len(taken)} assumptions</summary>{listed}</details>"
    yield "</section>"


def _theorem(theorem: Theorem, style: Style) -> str:
    mark, mood = marks.sign(theorem.verdict), marks.of_verdict(theorem.verdict)
    said = theorem.refutation if theorem.verdict is Verdict.REFUTED else theorem.statement
    told = f'<span class="{mood}" aria-hidden="true">{mark}</span> {text(said)} '
    told += f'<span class="soft">({theorem.verdict}, {theorem.seconds:.2f} s)</span>'
    if theorem.mathematics:
        told += f"<br><code>{text(theorem.mathematics)}</code>"
    if theorem.reason:
        told += f"<br>{text(theorem.reason)}"
    if theorem.verdict is not Verdict.PROVED:
        told += "".join(f"<br><code>{text(style.place(r.location))}</code> {text(r.message)}" for r in theorem.core)
    return told


def _requirements(verification: Verification) -> Iterator[str]:
    """Each requirement with every theorem and rule behind it."""
    if not verification.requirements:
        return
    yield '<section aria-labelledby="requirements"><h2 id="requirements">Requirements</h2>'
    rows = ""
    for requirement in verification.requirements:
        mood = marks.of_standing(requirement.standing)
        status = f'<span class="{mood}">{marks.SIGNS[mood]} {text(str(requirement.standing).replace("-", " "))}</span>'
        items = "".join(
            f"<li><code>{text(' '.join(filter(None, (each.subject or each.pattern, each.release))))}</code> "
            f"{text(each.told)}</li>"
            for each in requirement.evidence
        )
        rows += f"<tr><td>{text(requirement.id)}</td><td>{status}</td><td><ul>{items}</ul></td></tr>"
    yield html_map.table("Requirements", ("Requirement", "Status", "Evidence"), rows)
    yield "</section>"


def _residue(verification: Verification) -> Iterator[str]:
    yield '<section aria-labelledby="shared"><h2 id="shared">Still shared</h2>'
    for residue in residues(verification.facts):
        grade = f"<strong>grade {residue.grade}</strong>, {text(GRADES[residue.grade])}"
        yield f"<p>Xen {text(residue.release)}: {grade} ({text(residue.reason)})</p>"
        items = ""
        for remainder in residue.remainders:
            amount = f" ({size_of_pages(remainder.pages)})" if remainder.pages else ""
            items += f"<li><strong>{text(remainder.what)}</strong>{amount}: {text(remainder.why)}</li>"
        yield f"<ul>{items}</ul>"
    yield "</section>"


def _unchecked(verification: Verification) -> Iterator[str]:
    said = [f"{entry.check}: {entry.reason}" for entry in verification.skipped]
    said += [f"fault in {fault.where}: {fault.message}" for fault in verification.faults]
    if said:
        items = "".join(f"<li>{text(each)}</li>" for each in said)
        yield f'<section aria-labelledby="unchecked"><h2 id="unchecked">Not checked</h2><ul>{items}</ul></section>'
