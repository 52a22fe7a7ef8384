"""`colorcheck attest --log BOOTLOG`: compare a real boot with the model."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import add_document_arguments, refuse_an_input, say_trouble, style
from colorcheck.documents.attest import document
from colorcheck.evidence.attest import Attestation, Attested
from colorcheck.evidence.attested import attested as attested_log
from colorcheck.evidence.share import shared
from colorcheck.files.atomic import write_report
from colorcheck.files.reading import Unreadable, text
from colorcheck.hardware.board import Board
from colorcheck.inputs.boot.boot_log import BootLog, parse_boot_log
from colorcheck.plugins.manager import catalogue
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Modelled
from colorcheck.workflows import verify as pipeline

LOG_LARGEST = 64 << 20
_STATUS = {
    Attestation.ATTESTED: Exit.CLEAN,
    Attestation.DIFFERS: Exit.FINDINGS,
    Attestation.PARTLY: Exit.UNDECIDED,
    Attestation.TOO_LITTLE: Exit.UNDECIDED,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--log", metavar="BOOTLOG", required=True, help="the output of Xen's serial console")
    parser.add_argument(
        "--share",
        metavar="FILE",
        help="also write a report without names, serial numbers and network addresses that can be published",
    )
    parser.add_argument("--yes", action="store_true", help="with --share: write without asking first")
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    manifest = load_manifest(options)
    log = _read(options.log)
    if log.says_nothing:
        raise Stop(
            f"{options.log}: it contains no line of Xen's boot",
            "give the serial console's output from power-on",
            Exit.NOTHING,
        )
    replayed = pipeline.replay(manifest)
    trouble = say_trouble(replayed)
    attested, release = _attest(log, replayed)
    if options.share:
        refuse_an_input("--share", options.share, (*replayed.facts.deployment.files, options.log))
        return _share(options, json.dumps(shared(log, attested, release, _known(replayed)), indent=2))
    if options.format == "json":
        write_json(json.dumps(document(options.log, release, attested), indent=2))
    else:
        from colorcheck.report.terminal.attest import render

        write(render(attested, options.log, release, style(options)))
    return Exit.FAULT if trouble == Exit.FAULT else _STATUS[attested.verdict]


def _known(replayed: Modelled) -> Board | None:
    """The board; None if it is not in the catalogue."""
    board = replayed.facts.board
    return board if board and board.name in catalogue().names() else None


def _share(options: argparse.Namespace, document: str) -> int:
    """Show what would be written, and write it if the user agrees or gave --yes."""
    write_json(document)
    if not options.yes and not _agreed(options.share):
        raise Stop(f"{options.share} was not written", "--yes writes it without asking")
    try:
        write_report(Path(options.share), document + "\n")
    except OSError as error:
        raise Stop(f"cannot write {options.share}: {error.strerror or error}") from None
    return Exit.CLEAN


def _agreed(file: str) -> bool:
    if not sys.stdin.isatty():
        return False
    complain(f"write this to {file}? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _read(path: str) -> BootLog:
    try:
        return parse_boot_log(path, text(path, LOG_LARGEST, named=True))
    except Unreadable as error:
        raise Stop(f"cannot read {path}: {error.reason}", error.advice) from None


def _attest(log: BootLog, replayed: Modelled) -> tuple[Attested, str]:
    found = attested_log(log, replayed.facts)
    if found is None:
        why = "; ".join(skipped.reason for skipped in replayed.skipped) or "its boot cannot be modelled"
        raise Stop(f"nothing to compare the log with: {why}", "specify the device tree and the board", Exit.UNDECIDED)
    return found
