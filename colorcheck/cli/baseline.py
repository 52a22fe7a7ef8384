"""`colorcheck baseline`: accept the findings of an existing project and see only new ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, complain, write
from colorcheck.cli.output import (
    add_report_arguments,
    add_threshold_argument,
    deliver,
    ended,
    outputs,
    refuse_inputs,
    say_faults,
    style,
)
from colorcheck.core.diagnostic import Problem, Severity
from colorcheck.files.atomic import write_whole
from colorcheck.files.reading import Unreadable, text
from colorcheck.findings.baseline import NAME, Baseline, compare, create, prune, read
from colorcheck.report import Output, render
from colorcheck.report.style import Style
from colorcheck.report.view import counted
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("create", "check", "prune"), help="what to do with the baseline")
    add_target_arguments(parser)
    parser.add_argument("--baseline", metavar="FILE", default=NAME, help=f"the baseline (default: {NAME})")
    add_threshold_argument(parser)
    add_report_arguments(parser)


def run(options: argparse.Namespace) -> int:
    verification = pipeline.verify(load_manifest(options))
    look = style(options)
    if options.action == "create":
        return _create(verification, look, options.baseline)
    if options.action == "prune":
        return _prune(verification, look, options.baseline)
    compared = without_known(verification, options.baseline, look)
    refuse_inputs(outputs(options), verification.facts.deployment.files)
    for output in outputs(options):
        deliver(output, render(compared, output.format, style(options, output)))
    return ended(compared.exit_status(Severity(options.fail_on)), options)


def without_known(verification: Verification, file: str, look: Style) -> Verification:
    """The verification without the findings of a baseline; entries that no longer match a finding are reported."""
    compared = compare(verification, _read(file), look)
    if compared.stale:
        gone = counted(len(compared.stale), "entry") if len(compared.stale) == 1 else f"{len(compared.stale)} entries"
        complain(f"{file}: the findings of {gone} are gone", "remove them with `colorcheck baseline prune`")
    return compared.verification


def _create(verification: Verification, look: Style, file: str) -> int:
    refuse_inputs((Output("baseline", file),), verification.facts.deployment.files)
    made = create(verification.findings, look, file)
    _write(made)
    write(f"wrote {file}: {counted(len(made.entries), 'known finding')}")
    left = len(verification.findings) - len(made.entries)
    if left:
        complain(f"{counted(left, 'finding')} not added: refuted theorems and unreadable inputs are always reported")
    return Exit.FAULT if say_faults(verification) else Exit.CLEAN


def _prune(verification: Verification, look: Style, file: str) -> int:
    known = _read(file)
    stale = compare(verification, known, look).stale
    _write(prune(known, stale))
    write(f"wrote {file}: {len(stale)} removed, {len(known.entries) - len(stale)} left")
    return Exit.FAULT if say_faults(verification) else Exit.CLEAN


def _read(file: str) -> Baseline:
    try:
        found = read(text(file, named=True), file)
    except Unreadable as error:
        raise Stop(f"cannot read {file}: {error.reason}", "create one with `colorcheck baseline create`") from None
    if isinstance(found, Problem):
        raise Stop(f"{file}: {found.message}", found.help)
    return found


def _write(made: Baseline) -> None:
    try:
        write_whole(Path(made.file), made.to_text())
    except OSError as error:
        raise Stop(f"cannot write {made.file}: {error.strerror or error}") from None
