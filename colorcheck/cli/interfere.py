"""`colorcheck interfere`: simulate the caches under attack: without colors, with today's and with the plan's."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import add_document_arguments, say_trouble, style
from colorcheck.cli.profile import write_profile
from colorcheck.cli.progress import progress
from colorcheck.files.atomic import write_whole
from colorcheck.plan.curves import DEFAULT_UNIT
from colorcheck.verification.exit import Exit
from colorcheck.workflows import verify as pipeline

if TYPE_CHECKING:
    from colorcheck.interference.experiment import Coloring, Costs, ReplacementPolicy
    from colorcheck.interference.workloads import Workload
    from colorcheck.workflows.interfere import Lab, Request

POLICIES = ("lru", "plru", "random")
COLORINGS = ("off", "current", "plan")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_document_arguments(parser)
    what = parser.add_argument_group("simulation")
    what.add_argument(
        "--workload",
        metavar="DOMAIN=KIND:KEY=VALUE,…",
        action="append",
        default=[],
        help="what a virtual CPU of a domain runs: handler, chase, matrix, copy, mix, bomb, or trace:FILE; may be "
        "repeated, also for the same domain (default: a handler in the victim, bombs in all others)",
    )
    what.add_argument(
        "--victim", metavar="DOMAIN", help="the domain that runs the default victim (default: a critical domain)"
    )
    what.add_argument("--policy", choices=(*POLICIES, "all"), default="lru", help="replacement policy (default: lru)")
    what.add_argument(
        "--coloring", choices=COLORINGS, action="append", help="run only this one; may be repeated (default: all)"
    )
    what.add_argument("--accesses", type=_count, metavar="N", help="accesses per run, all domains together")
    what.add_argument("--warm-up", type=_count, metavar="N", help="accesses before counting starts (default: a tenth)")
    what.add_argument(
        "--seed", type=_count, default=1, metavar="N", help="the seed for all random choices (default: 1)"
    )
    what.add_argument(
        "--costs",
        type=_costs,
        metavar="L1,LLC,MEMORY",
        help="latency in cycles of an access that is served by each level",
    )
    shown = parser.add_argument_group("pictures and curves")
    shown.add_argument("--plot", metavar="FILE.svg", help="write latencies and evictions by set as a picture")
    shown.add_argument("--html", metavar="FILE.html", help="write the HTML report of verify with these pictures")
    shown.add_argument(
        "--curve",
        metavar="DOMAIN",
        help="print the domain's misses with 1, 2, … colors as a profile for plan",
    )
    shown.add_argument(
        "--live", action="store_true", help="show the caches at work; keys: c coloring, p policy, q quit"
    )
    shown.add_argument("--record", metavar="FILE.cast", help="record the live view as an asciicast instead")
    shown.add_argument("--seconds", type=_count, metavar="N", help="end the live view or the recording after N seconds")


def run(options: argparse.Namespace) -> int:
    from colorcheck.interference.caches import NoModel
    from colorcheck.interference.compiled import WITHOUT_NUMBA, has_numba
    from colorcheck.interference.traces import TraceError
    from colorcheck.interference.workloads import WorkloadError

    verification = pipeline.replay(load_manifest(options))
    status = say_trouble(verification)
    if status in (Exit.NOTHING, Exit.FAULT):
        return status
    try:
        from colorcheck.workflows.interfere import prepare

        if not has_numba():
            complain(WITHOUT_NUMBA)
        lab = prepare(verification.facts, _request(options))
        return max(status, _carried_out(options, lab))
    except (NoModel, TraceError) as error:
        raise Stop(str(error), status=Exit.UNDECIDED) from None
    except WorkloadError as error:
        raise Stop(str(error)) from None


def _carried_out(options: argparse.Namespace, lab: Lab) -> int:
    if options.curve:
        return _curve(options, lab)
    if options.live or options.record:
        from colorcheck.cli.live import show

        return show(lab, options.record, options.seconds)
    return _compare(options, lab)


def _compare(options: argparse.Namespace, lab: Lab) -> int:
    from colorcheck.interference.study import run_study

    with progress(lab.study.warm_up + lab.study.accesses) as advance:

        def note(coloring: Coloring, policy: ReplacementPolicy, done: int, seconds: float) -> None:
            advance(f"{policy}, {coloring}", done, _rate(done, seconds))

        comparison = lab.comparison(run_study(lab.study, progress=note))
    if options.plot:
        from colorcheck.report.html.interference_plot import svg

        _save(options.plot, svg(comparison))
    if options.html:
        from colorcheck.report.html import html
        from colorcheck.report.html.interference_plot import section

        verification = pipeline.verify(load_manifest(options))
        _save(options.html, html.render(verification, style(options), {"Interference": section(comparison)}))
    if options.format == "json":
        write_json(json.dumps(comparison.to_dict(), indent=2))
    else:
        from colorcheck.report.terminal.interference import render

        write(render(comparison, style(options)))
    return Exit.CLEAN


def _curve(options: argparse.Namespace, lab: Lab) -> int:
    from colorcheck.interference.study import miss_curve

    if lab.nr_colors is None:
        raise Stop("the number of colors is not known: coloring is off", status=Exit.UNDECIDED)
    with progress(lab.study.warm_up + lab.study.accesses) as advance:

        def note(colors: int, done: int, seconds: float) -> None:
            advance(f"{colors} colors", done, _rate(done, seconds))

        curve = miss_curve(lab.study, options.curve, lab.nr_colors, lab.study.policies[0], note)
    measured = f"simulated by colorcheck interfere, {lab.study.policies[0]}, seed {lab.study.seed}"
    write_profile(options.format, options.curve, curve, DEFAULT_UNIT, measured)
    return Exit.CLEAN


def _rate(done: int, seconds: float) -> str:
    return f"{done / seconds / 1e6:.1f} million accesses/s" if seconds else ""


def _request(options: argparse.Namespace) -> Request:
    from colorcheck.interference.experiment import Coloring, ReplacementPolicy
    from colorcheck.workflows.interfere import Request

    chosen = POLICIES if options.policy == "all" else (options.policy,)
    colorings = options.coloring or (["off", "current"] if options.curve else COLORINGS)
    return Request(
        loads=tuple(_workload(text) for text in options.workload),
        victim=options.victim or None,
        policies=tuple(ReplacementPolicy(name) for name in chosen),
        colorings=tuple(coloring for coloring in Coloring if coloring in colorings),
        seed=options.seed,
        accesses=options.accesses,
        warm_up=options.warm_up,
        costs=options.costs,
    )


def _workload(text: str) -> tuple[str, Workload]:
    from colorcheck.interference.workloads import parse_workload

    domain, equals, load = text.partition("=")
    if not equals or not domain:
        raise Stop(f"--workload {text}: write DOMAIN=KIND, for example rt=handler:lines=512")
    return domain, parse_workload(load)


def _count(text: str) -> int:
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 62:
        raise argparse.ArgumentTypeError(f"{text} is not a non-negative integer")
    return number


def _costs(text: str) -> Costs:
    from colorcheck.interference.experiment import Costs

    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (3, 4) or any(not 0 <= number < 1 << 20 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text}: write three cycles, L1,LLC,MEMORY, or four, L1,L2,LLC,MEMORY")
    return Costs(numbers[0], numbers[1], numbers[-2], numbers[-1], "given on the command line")


def _save(file: str, text: str) -> None:
    try:
        write_whole(Path(file), text)
    except OSError as error:
        raise Stop(f"cannot write {file}: {error.strerror or error}") from None
    complain(f"wrote {file}")
