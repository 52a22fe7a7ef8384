"""`colorcheck effective`: which colors Xen really gives to whom, and why."""

from __future__ import annotations

import argparse
import json

from colorcheck import pipeline
from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import write
from colorcheck.cli.output import add_document_arguments, say_trouble, style
from colorcheck.documents import Effective


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    found = Effective(pipeline.effective(load_manifest(options)))
    if options.format == "json":
        write(json.dumps(found.to_dict(), indent=2))
    else:
        from colorcheck.report.effective import render

        write(render(found.verification, style(options)))
    return say_trouble(found.verification)
