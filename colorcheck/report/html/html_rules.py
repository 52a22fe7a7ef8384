"""The pages of the rules with findings: readers of a report may not have colorcheck."""

from __future__ import annotations

import htpy as h

from colorcheck.core.pages import address
from colorcheck.report.html.page import section as page_section
from colorcheck.rules import find
from colorcheck.rules.rule import Rule
from colorcheck.verification.results import Verification


def link(rule: str) -> h.Node:
    """A rule's ID, as a link to its page below if there is one."""
    return h.a(href=f"#{rule}")[rule] if find(rule) else rule


def found(verification: Verification) -> list[Rule]:
    """The rules of the findings, each once; rules of plugins have no page."""
    names = sorted({finding.rule for finding in verification.findings})
    return [rule for rule in map(find, names) if rule is not None]


def section(verification: Verification) -> h.Node:
    """The page of each rule with findings; empty without findings."""
    rules = found(verification)
    return page_section("rules", "Rules", [_page(rule) for rule in rules]) if rules else None


def _page(rule: Rule) -> h.Element:
    where = address(rule.id)
    return h.article(".rule")[
        h.h3(id=rule.id)[f"{rule.id} ", h.span(".soft")[rule.name]],
        h.p[_prose(rule.page.title)],
        [h.p[h.strong[f"{heading}:"], " ", _prose(text)] for heading, text in rule.page.sections()],
        h.p[h.a(href=where)[where]] if where else None,
        h.p[h.code[f"colorcheck explain {rule.id}"]],
    ]


def _prose(text: str) -> list[h.Node]:
    """A text with what is between backticks as code."""
    return [h.code[part] if number % 2 else part for number, part in enumerate(text.split("`"))]
