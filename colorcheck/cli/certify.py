"""`colorcheck certify`: certificates of the theorems, written and re-checked by a second solver."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from colorcheck.cli.arguments import add_target_arguments, load_manifest, seconds
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.report.view import headline
from colorcheck.verification.exit import Exit
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", metavar="DIR", help="re-check the certificates in DIR with cvc5")
    what.add_argument("--write", metavar="DIR", help="verify, and write certificates to DIR (as verify --certify does)")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=60.0, help="for one theorem (default: 60)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(options: argparse.Namespace) -> int:
    if options.write:
        verification = pipeline.verify(load_manifest(options), timeout=options.timeout, smt=True)
        manifest = write_certificates_of(verification, options.write)
        write(f"wrote {len(verification.theorems)} theorems: {manifest}")
        told = headline(verification)
        write(f"{told.word}: {told.sentence}")
        for fact in open_facts(verification.facts, Reach.MEMORY):
            complain(f"{fact.location}: open: {fact.why}", f"settle it: {'; '.join(fact.settle)}")
        return verification.exit_status()
    return _check(options)


def write_certificates_of(verification: Verification, folder: str) -> Path:
    """Write the certificates of all theorems; gives the path of their manifest. Raises Stop."""
    from colorcheck.proof.certificates import write_certificates

    try:
        return write_certificates(verification.facts.theorems(), folder, verification.facts.deployment.files)
    except OSError as error:
        raise Stop(f"cannot write certificates to {folder}: {error.strerror or error}") from None


def _check(options: argparse.Namespace) -> int:
    from colorcheck.proof.certificates import Cvc5Missing, check_certificates

    try:
        checks = check_certificates(options.check, timeout=options.timeout)
    except Cvc5Missing as error:
        raise Stop(str(error)) from None
    if options.format == "json":
        document = {"schema": "colorcheck/certify/1", "checks": [check.to_dict() for check in checks]}
        write_json(json.dumps(document, indent=2))
    else:
        bad = [check for check in checks if not check.ok]
        lines = [f"{check.status}: {check.subject}{f': {check.message}' if check.message else ''}" for check in bad]
        write("\n".join([*lines, f"{len(checks) - len(bad)} of {len(checks)} confirmed"]))
    if all(check.input for check in checks):
        complain("these certificates state no theorem")
        return Exit.UNDECIDED
    statuses = {check.status for check in checks if not check.ok}
    if statuses <= {"no-answer"}:
        return Exit.UNDECIDED if statuses else Exit.CLEAN
    return Exit.FINDINGS
