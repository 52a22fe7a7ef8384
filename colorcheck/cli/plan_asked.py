"""`plan --front`, `--why` and a further guest: questions to the planner."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path

from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import say_trouble, style
from colorcheck.cli.plan_demands import plain_colors
from colorcheck.core.suggest import did_you_mean
from colorcheck.files.atomic import write_whole
from colorcheck.inputs.xl.xl import XlFile, read_xl
from colorcheck.plan.pose import PlanOptions
from colorcheck.plan.search.front import DEFAULT_GOALS, Front, Goal
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Modelled
from colorcheck.workflows.plan_questions import front_of, what_if

_FURTHER = re.compile(r"([A-Za-z_][\w.-]*):([1-9][0-9]{0,8})([MG])(?:i?B)?", re.ASCII)
_HAS = re.compile(r"\s*(\S+)\s+has\s+([0-9, -]+)\s*")
_FACTORS = {"M": 1, "G": 1024}


def add_questions(group: argparse._ArgumentGroup) -> None:
    names = ", ".join(Goal)
    group.add_argument(
        "--front",
        metavar="OBJECTIVES",
        nargs="?",
        const=",".join(DEFAULT_GOALS),
        help=f"the Pareto front of up to three of {names} (default: {', '.join(DEFAULT_GOALS)}); PATH must come "
        f"before it",
    )
    group.add_argument("--pick", metavar="N", type=int, help="with --front: select its N-th plan to show or write")
    group.add_argument("--html", metavar="FILE.html", help="with --front: write it as an HTML page with a chart")
    group.add_argument("--why", metavar="TEXT", help='show what would break, as in --why "rt has 2-5"')


def further_guests(options: argparse.Namespace) -> tuple[XlFile, ...]:
    """The hypothetical guests of `--domain NAME:SIZE`, which are removed from the options.

    Raises Stop for a wrong size.
    """
    given = getattr(options, "inputs.domains", None) or []
    made: list[XlFile] = []
    files = []
    for text in given:
        match = _FURTHER.fullmatch(text)
        if match is None or os.path.exists(text):
            files.append(text)
            continue
        lines = f'name = "{match[1]}"\nmemory = {int(match[2]) * _FACTORS[match[3]]}\nkernel = "/boot/Image"\n'
        made.append(read_xl(lines, f"--domain {text}"))
    setattr(options, "inputs.domains", files or None)
    return tuple(made)


def goals_of(text: str) -> tuple[Goal, ...]:
    """The objectives of a front. Raises Stop."""
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in tuple(Goal):
            raise Stop(f"--front: {name} is not an objective", did_you_mean(name, Goal, f"there are {', '.join(Goal)}"))
    if not 1 <= len(names) <= 3:
        raise Stop("--front takes one to three objectives", f"there are {', '.join(Goal)}")
    return tuple(Goal(name) for name in names)


def found_front(options: argparse.Namespace, verification: Modelled, demands: PlanOptions) -> Front | None:
    """The front; None, with the reason reported, if there is none."""
    found, posed = front_of(verification.facts, demands, goals_of(options.front))
    for problem in posed.problems:
        raise Stop(f"{problem.location}: {problem.message}", problem.help)
    if found is None:
        complain(posed.reason)
    return found


def show_front(options: argparse.Namespace, verification: Modelled, found: Front) -> int:
    from colorcheck.report.html.html_front import page_of
    from colorcheck.report.terminal.front import render

    if options.html:
        try:
            write_whole(Path(options.html), page_of(found, verification.manifest.file))
        except OSError as error:
            raise Stop(f"cannot write {options.html}: {error.strerror or error}") from None
    if options.format == "json":
        write_json(json.dumps({"schema": "colorcheck/front/1", **found.to_dict()}, indent=2))
    else:
        write(render(found, style(options)))
    trouble = say_trouble(verification)
    if not found.points:
        return max(Exit.UNDECIDED if found.incomplete else Exit.FINDINGS, trouble)
    return trouble


def picked(options: argparse.Namespace, found: Front, demands: PlanOptions) -> PlanOptions:
    """The demands for the plan that was picked. Raises Stop if it does not exist."""
    from msgspec.structs import replace

    if not 1 <= options.pick <= len(found.points):
        raise Stop(f"--pick {options.pick}: the front has {len(found.points)} plans", "numbered from 1")
    return replace(demands, pins=found.points[options.pick - 1].colors, keep=())


def why(options: argparse.Namespace, verification: Modelled, demands: PlanOptions) -> int:
    """Show what would break. Raises Stop for names and colors that do not exist."""
    from colorcheck.report.terminal.why import render

    match = _HAS.fullmatch(options.why)
    colors = plain_colors(match[2]) if match else None
    if match is None or colors is None:
        raise Stop(f"--why {options.why}: write NAME has COLORS", 'as in --why "rt has 2-5"')
    answer, posed = what_if(verification.facts, demands, match[1], colors)
    for problem in posed.problems:
        raise Stop(f"{problem.location}: {problem.message}".replace("--pin", "--why"), problem.help)
    if answer is None:
        complain(posed.reason)
        return max(Exit.UNDECIDED, say_trouble(verification))
    write(render(answer, style(options)))
    return max(Exit.FINDINGS if answer.broken else Exit.CLEAN, say_trouble(verification))
