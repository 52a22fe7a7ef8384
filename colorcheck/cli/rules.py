"""`colorcheck rules`: list the rules, one per line."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.console import write, write_json
from colorcheck.cli.output import add_document_arguments, style
from colorcheck.report.terminal.rules import as_document, as_text
from colorcheck.rules import RULES
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    if options.format == "json":
        write_json(json.dumps(as_document(RULES), indent=2))
    else:
        write(as_text(RULES, style(options)))
    return Exit.CLEAN
