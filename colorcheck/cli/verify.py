"""`colorcheck verify`: the gate."""

from __future__ import annotations

import argparse

from colorcheck import pipeline
from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.output import add_report_arguments, deliver, outputs, style
from colorcheck.diagnostic import Severity
from colorcheck.report import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_report_arguments(parser)
    gate = parser.add_argument_group("gate")
    gate.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        default=str(Severity.ERROR),
        help="the lowest severity that ends with exit status 1 (default: error)",
    )


def run(options: argparse.Namespace) -> int:
    wanted = outputs(options)
    verification = pipeline.verify(load_manifest(options))
    for output in wanted:
        deliver(output, render(verification, output.format, style(options, output)))
    return verification.exit_status(Severity(options.fail_on))
