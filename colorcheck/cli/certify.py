"""`colorcheck certify`: write certificates of the theorems, and re-check them with a second solver."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from colorcheck.cli.arguments import add_target_arguments, load, seconds
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.report.view import headline
from colorcheck.verification.exit import Exit
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Verification
from colorcheck.workflows.evidence.recipe import Recipe

if TYPE_CHECKING:
    from colorcheck.files.watching import Recorder
    from colorcheck.proof.certificates import CertificateCheck


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", metavar="DIR", help="derive the certificates in DIR again and re-check them with cvc5")
    what.add_argument("--write", metavar="DIR", help="verify and write certificates to DIR (like verify --certify)")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=60.0, help="for one theorem (default: 60)"
    )
    parser.add_argument(
        "--allowed-signers", metavar="FILE", help="with --check: the signers whose signature is accepted"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(options: argparse.Namespace) -> int:
    if options.write:
        check_folder(options.write)
        verification, recipe, read = watched_run(options, timeout=options.timeout)
        manifest = write_certificates_of(verification, recipe, read, options.write)
        write(f"wrote {len(verification.theorems)} theorems: {manifest}")
        shown = headline(verification)
        complain(f"{shown.word}: {shown.sentence}")
        for fact in open_facts(verification.facts, Reach.MEMORY):
            complain(f"{fact.location}: open: {fact.why}", f"settle it: {'; '.join(fact.settle)}")
        return verification.exit_status()
    return _check(options)


def watched_run(options: argparse.Namespace, *, timeout: float = 10.0) -> tuple[Verification, Recipe, Recorder]:
    """Verify what the options name; also gives the recipe and the recorded inputs. Raises Stop."""
    from colorcheck.files.watching import Recorder, watched
    from colorcheck.workflows import verify as pipeline

    read = Recorder()
    with watched(read):
        manifest, recipe = load(options)
        limit = getattr(options, "time_limit", None)
        return pipeline.verify(manifest, timeout=timeout, time_limit=limit), recipe, read


def check_folder(folder: str) -> None:
    """Raises Stop if certificates cannot be written to a folder; to be called before the proofs, which take long."""
    existing = os.path.abspath(folder)
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        raise Stop(f"cannot write certificates to {folder}: {existing} is not a directory")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise Stop(f"cannot write certificates to {folder}: {existing} is not writable")


def write_certificates_of(verification: Verification, recipe: Recipe, read: Recorder, folder: str) -> Path:
    """Write the certificates of all theorems; returns the path of their manifest. Raises Stop."""
    from colorcheck.workflows.evidence.certificates import certificates
    from colorcheck.workflows.evidence.certificates import write as write_folder
    from colorcheck.workflows.evidence.copies import Unbound, copies
    from colorcheck.workflows.evidence.derive import verdicts

    try:
        return write_folder(folder, certificates(copies(recipe, read), verdicts(verification)))
    except Unbound as error:
        raise Stop(f"cannot write certificates: {error}") from None
    except OSError as error:
        raise Stop(f"cannot write certificates to {folder}: {error.strerror or error}") from None


def _check(options: argparse.Namespace) -> int:
    from colorcheck.proof.certificates import Cvc5Missing
    from colorcheck.workflows.evidence.certificates import check

    try:
        checks = check(options.check, timeout=options.timeout, signers=options.allowed_signers)
    except Cvc5Missing as error:
        raise Stop(str(error)) from None
    if options.format == "json":
        document = {"schema": "colorcheck/certify/2", "checks": [check.to_dict() for check in checks]}
        write_json(json.dumps(document, indent=2))
    else:
        write(summary(checks))
    return status(checks)


def summary(checks: Sequence[CertificateCheck]) -> str:
    """One line for each check that is not confirmed, and a count per status."""
    lines = [
        f"{check.status}: {check.subject}{f': {check.message}' if check.message else ''}"
        for check in checks
        if not check.ok
    ]
    counts = Counter(check.status for check in checks)
    text = ", ".join(f"{count} {status}" for status, count in sorted(counts.items(), key=lambda item: item[0]))
    by = Counter(judge for check in checks for judge in check.judges)
    judges = f" ({', '.join(f'{name} {count}' for name, count in by.items())})" if by else ""
    return "\n".join([*lines, f"{len(checks)} checks: {text}{judges}"])


def status(checks: Sequence[CertificateCheck]) -> int:
    """1 if a check differs or is refuted, 4 if one is not confirmed, 0 if all are confirmed."""
    statuses = {check.status for check in checks if not check.ok}
    if statuses <= {"no-answer", "vacuous"}:
        return Exit.UNDECIDED if statuses or not checks else Exit.CLEAN
    return Exit.FINDINGS
