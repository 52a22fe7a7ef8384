"""`colorcheck verify`: check a deployment and prove its isolation; the gate for CI."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from colorcheck.cli.arguments import add_target_arguments
from colorcheck.cli.certify import check_folder, watched_run, write_certificates_of
from colorcheck.cli.console import Stop
from colorcheck.cli.output import (
    add_report_arguments,
    add_threshold_argument,
    deliver,
    deliver_edits,
    ended,
    outputs,
    refuse_inputs,
    say_faults,
    style,
)
from colorcheck.core.diagnostic import Severity
from colorcheck.report import Style, render
from colorcheck.report.services import concise
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.evidence.recipe import Recipe

if TYPE_CHECKING:
    from colorcheck.files.watching import Recorder

_ALONE = ("certify", "with-plan", "baseline", "fix", "diff", "quiet", "show-silence")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_report_arguments(parser)
    _add_fleet_arguments(parser)
    parser.add_argument("--fix", action="store_true", help="apply the corrections that are safe, and verify again")
    parser.add_argument("--diff", action="store_true", help="with --fix: show the corrections without applying them")
    parser.add_argument(
        "--explain",
        metavar="THEOREM",
        help="instead of a report, show the facts that a theorem uses, the worlds that were tried, and the bound",
    )
    parser.add_argument("--certify", metavar="DIR", help="write certificates of the theorems to DIR")
    parser.add_argument(
        "--with-plan", action="store_true", help="in the HTML report, show the plan next to today's colors"
    )
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=_seconds,
        help="for the whole run; theorems undecided by then are unknown (default: no limit)",
    )
    parser.add_argument(
        "--quiet", "-q", action="store_true", help="print only findings at or above --fail-on, and the summary"
    )
    parser.add_argument("--show-silence", action="store_true", help="show the comment that would silence each finding")
    gate = parser.add_argument_group("gate")
    gate.add_argument("--baseline", metavar="FILE", help="do not report findings that this file lists")
    add_threshold_argument(gate)


def run(options: argparse.Namespace) -> int:
    if _wants_fleet(options):
        alone = next((f"--{name}" for name in _ALONE if getattr(options, name.replace("-", "_"))), "")
        if alone:
            raise Stop(f"{alone} is for one deployment, not for many")
        from colorcheck.cli.fleet import run_fleet

        return ended(run_fleet(options), options)
    for name, given in (("--jobs", options.jobs is not None), ("--no-cache", options.no_cache)):
        if given:
            raise Stop(f"{name} belongs to --recursive")
    wanted = outputs(options)
    if options.with_plan and all(output.format != "html" for output in wanted):
        raise Stop("--with-plan belongs to the HTML report", "ask for one: --output html=FILE")
    if options.fix and options.path == "-":
        raise Stop("--fix cannot write to standard input", "name the file")
    if options.diff and not options.fix:
        raise Stop("--diff belongs to --fix")
    if options.certify:
        check_folder(options.certify)
    verification, recipe, read = watched_run(options)
    if options.explain is not None:
        return _explained(verification, options)
    if options.fix and options.diff:
        return _shown(verification, Severity(options.fail_on))
    if options.fix:
        verification, recipe, read = _fixed((verification, recipe, read), options)
    if options.certify:
        write_certificates_of(verification, recipe, read, options.certify)
    if options.baseline:
        from colorcheck.cli.baseline import without_known

        verification = without_known(verification, options.baseline, style(options))
    refuse_inputs(wanted, verification.facts.deployment.files)
    for output in wanted:
        if options.quiet and output.path is None and output.format in ("text", "concise"):
            deliver(output, concise.quiet(verification, style(options), Severity(options.fail_on)))
        elif options.with_plan and output.format == "html":
            deliver(output, _with_plan(verification, style(options, output)))
        else:
            deliver(output, render(verification, output.format, style(options, output)))
    return ended(verification.exit_status(Severity(options.fail_on)), options)


def _explained(verification: Verification, options: argparse.Namespace) -> int:
    """Print what one theorem is based on instead of the report."""
    from colorcheck.cli.console import write
    from colorcheck.core.suggest import did_you_mean
    from colorcheck.report.terminal.facts import render_explanation

    known = verification.questions()
    if options.explain not in known:
        hint = did_you_mean(options.explain, known, f"theorems are {', '.join(list(known)[:8])}, …")
        raise Stop(f"unknown theorem {options.explain}", hint)
    write(render_explanation(verification, options.explain, style(options)))
    return verification.exit_status(Severity(options.fail_on))


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError("must be a positive number of seconds")
    return found


def _with_plan(verification: Verification, shape: Style) -> str:
    """The HTML report with a plan for the same deployment in it."""
    from colorcheck.report.html import html, html_plan

    planned, _ = pipeline.plan(verification.manifest)
    return html.render(verification, shape, {"Plan": html_plan.section(planned.plan, planned.problem, shape)})


def _shown(verification: Verification, fail_on: Severity) -> int:
    """Print the corrections as a diff instead of a report; the exit status is that of the unchanged files."""
    from colorcheck.findings.fixes import fixes

    say_faults(verification)
    deliver_edits(fixes(verification.findings), write_them=False)
    return verification.exit_status(fail_on)


def _fixed(
    done: tuple[Verification, Recipe, Recorder], options: argparse.Namespace
) -> tuple[Verification, Recipe, Recorder]:
    """Apply the fixes of the findings and verify again."""
    from colorcheck.findings.fixes import fixes

    edits = fixes(done[0].findings)
    if not edits:
        return done
    deliver_edits(edits, write_them=True)
    return watched_run(options)


def _add_fleet_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("many deployments")
    group.add_argument("--recursive", action="store_true", help="check every deployment below the folder PATH")
    group.add_argument(
        "--changed-since", metavar="REV", help="only deployments affected by changes since this git revision"
    )
    group.add_argument("--jobs", metavar="N", type=int, help="worker processes (default: one per core)")
    group.add_argument("--no-cache", action="store_true", help="neither use nor store results of earlier runs")


def _wants_fleet(options: argparse.Namespace) -> bool:
    return bool(options.recursive or options.changed_since is not None)
