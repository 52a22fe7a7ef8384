"""`colorcheck explain CC401`: the page of a rule."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.console import Stop, write, write_json
from colorcheck.cli.output import add_document_arguments, style
from colorcheck.core.suggest import did_you_mean
from colorcheck.report.terminal.rules import page_document, page_text
from colorcheck.rules import RULES, find
from colorcheck.rules.rule import Rule
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rule", metavar="RULE", nargs="+", help="a rule's ID, such as CC401, or its name, such as shared-colors"
    )
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    rules = [_rule(name) for name in options.rule]
    if options.format == "json":
        if len(rules) > 1:
            raise Stop("--format json takes one rule", "ask for one rule at a time")
        write_json(json.dumps(page_document(rules[0]), indent=2))
    else:
        write("\n".join(page_text(rule, style(options)) for rule in rules))
    return Exit.CLEAN


def _rule(name: str) -> Rule:
    rule = find(name)
    if rule is None:
        names = [name for known in RULES for name in (known.id, known.name)]
        raise Stop(f'unknown rule "{name}"', did_you_mean(name, names, "`colorcheck rules` lists them"))
    return rule
