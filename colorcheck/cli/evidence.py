"""`colorcheck evidence`: everything that a safety case needs in one folder; checked, and compared with another."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from colorcheck.cli.arguments import add_target_arguments, seconds
from colorcheck.cli.certify import status, summary, watched_run
from colorcheck.cli.console import Stop, write
from colorcheck.files.reading import Unreadable, contents
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Verification
from colorcheck.workflows.evidence import bundle
from colorcheck.workflows.evidence import certificates as folders
from colorcheck.workflows.evidence.copies import LARGEST, Unbound, copies
from colorcheck.workflows.evidence.derive import as_json
from colorcheck.workflows.evidence.sbom import sbom
from colorcheck.workflows.evidence.tool import environment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", nargs="?", help="the folder to write to")
    add_target_arguments(parser)
    parser.add_argument(
        "--check", metavar="DIR", help="derive everything in DIR again from its copies and re-check it with cvc5"
    )
    parser.add_argument("--compare", metavar=("A", "B"), nargs=2, help="show what changed from folder A to folder B")
    parser.add_argument(
        "--log", metavar="BOOTLOG", action="append", default=[], help="attest this log; may be repeated"
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=60.0, help="for one theorem, with --check (default: 60)"
    )
    parser.add_argument(
        "--allowed-signers", metavar="FILE", help="with --check: the signers whose signature is accepted"
    )


def run(options: argparse.Namespace) -> int:
    if sum(map(bool, (options.folder, options.check, options.compare))) != 1:
        raise Stop("name a folder to write to, or give --check DIR or --compare A B")
    if options.check:
        return _check(options)
    if options.compare:
        return _compare(*options.compare)
    return _write(options)


def _write(options: argparse.Namespace) -> int:
    verification, recipe, read = watched_run(options)
    attached = {bundle.SBOM: as_json(sbom()).encode()}
    for name in options.log:
        try:
            attached[f"{bundle.LOGS}{Path(name).name}"] = contents(name, LARGEST, named=True)
        except Unreadable as error:
            raise Stop(f"cannot read {name}: {error.reason}", error.advice) from None
    if len(attached) != len(options.log) + 1:
        raise Stop("two logs have the same name", "name them differently")
    try:
        files = bundle.bundle(copies(recipe, read), attached)
        files[bundle.TIMES] = as_json(_times(verification)).encode()
        folders.write(options.folder, files, bundle.MANIFEST)
    except Unbound as error:
        raise Stop(f"cannot write evidence: {error}") from None
    except OSError as error:
        raise Stop(f"cannot write to {options.folder}: {error.strerror or error}") from None
    said = json.loads(files[bundle.MANIFEST])
    write(f"{said['grade']}: wrote {len(files)} files: {Path(options.folder) / bundle.MANIFEST}")
    return int(said["exit_status"])


def _times(verification: Verification) -> dict[str, object]:
    """Everything that differs between runs and machines."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(given))) if given.isdecimal() and len(given) < 12 else ""
    return {
        "schema": "colorcheck/times/1",
        **({"date": date} if date else {}),
        "seconds": {stage: round(spent, 6) for stage, spent in verification.seconds},
        "environment": environment(),
    }


def _check(options: argparse.Namespace) -> int:
    try:
        checks = bundle.check(options.check, timeout=options.timeout, signers=options.allowed_signers)
    except folders.Cvc5Missing as error:
        raise Stop(str(error)) from None
    write(summary(checks))
    return status(checks)


def _compare(first: str, second: str) -> int:
    try:
        lines = bundle.compare(first, second)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise Stop(f"cannot compare: {error}", "name two folders that `colorcheck evidence` wrote") from None
    write("\n".join(lines) if lines else "nothing changed")
    return Exit.FINDINGS if lines else Exit.CLEAN
