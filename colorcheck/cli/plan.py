"""`colorcheck plan`: find colors that are disjoint and leave enough memory."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable

from msgspec.structs import replace

from colorcheck.cli.arguments import add_target_arguments, load_manifest, positive, seconds
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import add_document_arguments, deliver_edits, say_trouble, style
from colorcheck.cli.plan_asked import add_questions, found_front, further_guests, picked, show_front, why
from colorcheck.cli.plan_demands import add_demands, demanded
from colorcheck.cli.plan_saved import add_saved, applied, read_files, saved, undone, written
from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.suggest import did_you_mean
from colorcheck.documents.plan import document
from colorcheck.files.watching import Recorder, watched
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.plan.pose import PlanOptions
from colorcheck.report.terminal.plan import render, render_difference
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Modelled
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.plan import Planned

_DEMANDS = frozenset(
    (
        ProblemKind.MANIFEST_KEY,
        ProblemKind.MANIFEST_VALUE,
        ProblemKind.OTHER_KIND,
        ProblemKind.UNKNOWN_KEY,
        ProblemKind.UNKNOWN_DOMAIN,
        ProblemKind.UNKNOWN_OBJECTIVE,
        ProblemKind.MISS_CURVE,
        ProblemKind.UNREADABLE,
    )
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_document_arguments(parser)
    demands = parser.add_argument_group("requirements beyond the manifest")
    demands.add_argument(
        "--keep", metavar="NAMES", default="", help="domains (or xen) that keep their colors, as in rt,xen"
    )
    add_demands(demands)
    demands.add_argument(
        "--max-ranges", metavar="N", type=positive, help="the largest number of contiguous color ranges per domain"
    )
    demands.add_argument(
        "--choose-reserve", action="store_true", help="reduce the buddy reserve if there is no plan otherwise"
    )
    demands.add_argument(
        "--l1-aliasing",
        action="store_true",
        help="one color is enough for Xen, though it may halve its L1 instruction cache",
    )
    demands.add_argument("--separate-banks", action="store_true", help="no two domains in the same DRAM bank")
    demands.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=10.0,
        help="how long to look for a better plan (default: 10)",
    )
    edits = parser.add_mutually_exclusive_group()
    edits.add_argument("--diff", action="store_true", help="show the changes to the input files as a diff")
    edits.add_argument("--write", action="store_true", help="apply the changes to the input files")
    add_saved(parser.add_argument_group("saved plans"), edits)
    add_questions(parser.add_argument_group("questions"))


def run(options: argparse.Namespace) -> int:
    if options.undo:
        return undone(options)
    if options.apply:
        return applied(options)
    if options.front is None and (options.pick is not None or options.html):
        raise Stop("--pick and --html belong to --front")
    demands, further = demanded(options), further_guests(options)
    recorder = Recorder()
    with watched(recorder):
        manifest = load_manifest(options)
        _refuse_unread_demands(manifest.problems)
        if options.front is not None or options.why is not None:
            verification = pipeline.for_plans(manifest, further)
            _refuse_strangers(verification)
            if options.why is not None:
                return why(options, verification, demands)
            front = found_front(options, verification, demands)
            if front is None:
                return max(Exit.UNDECIDED, say_trouble(verification))
            if options.pick is None:
                return show_front(options, verification, front)
            demands = picked(options, front, demands)
        planned, verification = pipeline.plan(manifest, demands, further)
    if further:  # they are in no file, so nothing can be written
        made = {file.file for file in further}
        shown = tuple(problem for problem in planned.problems if problem.location.file not in made)
        planned = replace(planned, problems=shown)
    _refuse_unread_demands(planned.problems)
    _refuse_strangers(verification)
    _show(options, planned)
    status = max(_status(planned), say_trouble(verification))
    if further:
        return max(status, _further(options, manifest, planned, demands))
    if options.out:
        saved(options.out, planned, manifest, read_files(recorder, verification.facts.deployment.files, manifest))
    if options.write and planned.plan.edits:
        return max(status, written(options, planned, manifest))
    return status


def _show(options: argparse.Namespace, planned: Planned) -> None:
    if options.format == "json":
        write_json(json.dumps(document(planned.plan, planned.costs, planned.gains), indent=2))
    elif options.diff:
        deliver_edits(planned.plan.edits, write_them=False)
    else:
        shown = style(options)
        write(render(planned.plan, planned.costs, shown, gains=planned.gains, full_lines=planned.full_lines))
    if planned.overlay and options.format != "json":
        write("\n" + planned.overlay)
    for problem in planned.problems:
        complain(f"{problem.location}: {problem.message}", problem.help)


def _further(options: argparse.Namespace, manifest: Manifest, planned: Planned, demands: PlanOptions) -> int:
    """Show the cost of further guests: the plan with them next to the plan without them."""
    if options.write or options.out:
        raise Stop(
            "a guest that is not in any file yet cannot be written", "create its file and plan with --domain FILE"
        )
    without, _ = pipeline.plan(manifest, demands)
    if options.format != "json":
        write(render_difference(without.plan, without.costs, planned.costs))
    return Exit.CLEAN


def _refuse_unread_demands(problems: Iterable[Problem]) -> None:
    """Raises Stop if a demand could not be read: a plan without it is not the requested one."""
    wrong = next((problem for problem in problems if problem.kind in _DEMANDS), None)
    if wrong is not None:
        raise Stop(f"{wrong.location}: {wrong.message}", wrong.help)


def _refuse_strangers(verification: Modelled) -> None:
    """Raises Stop if a demand names a domain that does not exist: another one was meant."""
    known = [domain.name for _, system in verification.facts.systems() for domain in system.domains]
    for policy in verification.manifest.domain_policies:
        if known and policy.name not in known:
            hint = did_you_mean(policy.name, known, f"there are {', '.join(dict.fromkeys(known))}")
            raise Stop(f"[domains.{policy.name}]: there is no domain with this name", hint)


def _status(planned: Planned) -> int:
    if planned.plan.status == "infeasible":
        return Exit.FINDINGS
    return Exit.UNDECIDED if planned.plan.status == "unknown" else Exit.CLEAN
