"""`colorcheck explain CC401`: the page of a rule."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.console import Stop, write, write_json
from colorcheck.cli.output import add_document_arguments, style
from colorcheck.core.suggest import did_you_mean
from colorcheck.report.terminal.rules import page_document, page_text
from colorcheck.rules import RULES, find
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="a rule's ID, such as CC401, or its name, such as shared-colors")
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    rule = find(options.rule)
    if rule is None:
        names = [name for known in RULES for name in (known.id, known.name)]
        hint = did_you_mean(options.rule, names, "`colorcheck rules` lists them")
        raise Stop(f'there is no rule "{options.rule}"', hint)
    if options.format == "json":
        write_json(json.dumps(page_document(rule), indent=2))
    else:
        write(page_text(rule, style(options)))
    return Exit.CLEAN
