"""Rules for people and programs: the list, and a rule's page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from colorcheck.report.marks import SEVERITIES
from colorcheck.report.style import Style
from colorcheck.report.terminal.terminal import indented, printed, text, title
from colorcheck.rules.example import Example
from colorcheck.rules.rule import Rule

if TYPE_CHECKING:
    from rich.console import RenderableType


def as_document(rules: Iterable[Rule]) -> dict[str, object]:
    """The document `colorcheck/rules/1`."""
    return {"schema": "colorcheck/rules/1", "rules": [_entry(rule) for rule in rules]}


def page_document(rule: Rule) -> dict[str, object]:
    """The document `colorcheck/explain/1`."""
    sections = dict(rule.page.sections())
    examples = {name: example.shown() for name, example in (("bad", rule.bad), ("good", rule.good)) if example}
    return {"schema": "colorcheck/explain/1", **_entry(rule), "sections": sections, "examples": examples}


def _entry(rule: Rule) -> dict[str, object]:
    return {"id": rule.id, "name": rule.name, "severity": str(rule.severity), "title": rule.page.title}


def as_text(rules: Iterable[Rule], style: Style) -> str:
    """One line per rule."""
    rules = tuple(rules)
    width = max((len(rule.name) for rule in rules), default=0)
    lines = (
        indented(
            f"{rule.id:<7}{rule.name:<{width}}  ",
            text((f"{rule.severity:<8}", SEVERITIES[rule.severity]), rule.page.title),
        )
        for rule in rules
    )
    return printed(lines, style)


def page_text(rule: Rule, style: Style) -> str:
    """The whole page."""
    return printed(_page(rule), style)


def page_markdown(rule: Rule) -> str:
    """The page as Markdown for the documentation site."""
    page = rule.page
    parts = [f"# {rule.id} {rule.name}", f"**{_plain(page.title)}** Severity: {rule.severity}."]
    parts += [f"## {heading}\n\n{_plain(body)}" for heading, body in page.sections()]
    for heading, example in (("Bad", rule.bad), ("Good", rule.good)):
        if example is not None:
            shown = example.shown() or "# the deployment that all examples are based on"
            parts.append(f"## {heading}\n\n```text\n{shown}\n```")
    return "\n\n".join(parts) + "\n"


def _plain(body: str) -> str:
    """The text of a section, in which only code is markup."""
    parts = re.split(r"(`[^`]*`)", body)
    return "".join(part if part.startswith("`") else re.sub(r"([\[\]<*_])", r"\\\1", part) for part in parts)


def _page(rule: Rule) -> Iterator[RenderableType]:
    severity = str(rule.severity)
    yield text((f"{rule.id} ", "bold"), f"{rule.name}  ", (severity, SEVERITIES[rule.severity]))
    yield text((rule.page.title, "bold"))
    for heading, body in rule.page.sections():
        yield from title(heading)
        yield text(body)
    yield from _example("Bad", rule.bad)
    yield from _example("Good", rule.good)


def _example(heading: str, example: Example | None) -> Iterator[RenderableType]:
    if example is None:
        return
    yield from title(heading)
    shown = example.shown()
    yield text(shown or "the deployment that all examples are based on: everything is disjoint and fits")
