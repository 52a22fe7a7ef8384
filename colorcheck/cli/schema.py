"""`colorcheck schema NAME`: print the JSON Schema of a document."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.console import Stop, write_json
from colorcheck.core.suggest import did_you_mean
from colorcheck.documents.json_schema import SHAPES, schema_of
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("document", metavar="NAME", nargs="+", help=f"one of {', '.join(SHAPES)}")


def run(options: argparse.Namespace) -> int:
    name = " ".join(options.document)
    if name not in SHAPES:
        names = list(SHAPES)
        raise Stop(
            f"{name} is not the name of a document with a schema",
            did_you_mean(name, names, f"these are: {', '.join(names)}"),
        )
    write_json(json.dumps(schema_of(name), indent=2))
    return Exit.CLEAN
