"""`colorcheck replay`: boot the deployment in the simulated allocator."""

from __future__ import annotations

import argparse
import json

from colorcheck import pipeline
from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import write
from colorcheck.cli.output import add_document_arguments, say_trouble, style
from colorcheck.documents import Replay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_document_arguments(parser)
    parser.add_argument("--no-frames", action="store_true", help="leave out of the JSON which frame is whose")


def run(options: argparse.Namespace) -> int:
    found = Replay(pipeline.replay(load_manifest(options)))
    if options.format == "json":
        write(json.dumps(found.to_dict(frames=not options.no_frames), indent=None if not options.no_frames else 2))
    else:
        from colorcheck.report.replay import render

        write(render(found.verification, style(options)))
    return say_trouble(found.verification)
