"""`colorcheck validate`: compare this installation with measurements of real Xen, xl, dtc and U-Boot."""

from __future__ import annotations

import argparse
import json
import sys

from colorcheck.cli.console import Stop, write, write_json
from colorcheck.cli.output import add_document_arguments, style
from colorcheck.verification.exit import Exit
from colorcheck.workflows.validation.cases import KINDS, NoCases


def add_arguments(parser: argparse.ArgumentParser) -> None:
    text = "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    parser.add_argument("kinds", metavar="KIND", nargs="*", help=f"only these kinds of cases; {text} (default: all)")
    quick = "run only one case in N of each kind, for a quick look (default: 1)"
    parser.add_argument("--every", metavar="N", type=int, default=1, help=quick)
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    from colorcheck.documents.validation import CaseStanding, Judged, Validation
    from colorcheck.report.terminal.validation import render
    from colorcheck.workflows.evidence.tool import environment, tool
    from colorcheck.workflows.validation.run import validate

    unknown = next((kind for kind in options.kinds if kind not in KINDS), None)
    if unknown is not None:
        raise Stop(f'unknown kind of case "{unknown}"', f"kinds are {', '.join(KINDS)}")
    if options.every < 1:
        raise Stop(f"--every {options.every}: must be a positive integer")
    judged = list[Judged]()
    try:
        for kind in dict.fromkeys(options.kinds or KINDS):
            found = list(validate([kind], options.every))
            judged += found
            if sys.stderr.isatty():
                print(f"{kind}: {len(found)} cases", file=sys.stderr)  # noqa: T201
    except NoCases as error:
        raise Stop(str(error), "reinstall colorcheck: the cases are part of it") from None
    validation = Validation(tool(), environment(), tuple(judged), options.every)
    if options.format == "json":
        write_json(json.dumps(validation.to_dict(), indent=2))
    else:
        write(render(validation, style(options)))
    if not judged:
        return Exit.NOTHING
    return Exit.FINDINGS if validation.count(CaseStanding.DIFFERS) else Exit.CLEAN
