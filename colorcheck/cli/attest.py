"""`colorcheck attest --log BOOTLOG`: a real boot against the model."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from msgspec.structs import replace

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import add_document_arguments, say_trouble, style
from colorcheck.evidence.attest import Attestation, Attested, attest, attest_arguments
from colorcheck.evidence.share import shared
from colorcheck.files.atomic import write_report
from colorcheck.files.reading import Unreadable, text
from colorcheck.hardware.board import Board
from colorcheck.inputs.boot.boot_log import BootLog, parse_boot_log
from colorcheck.plugins.manager import catalogue
from colorcheck.rules.attestation import cc701_log_differs as log_differs
from colorcheck.verification.exit import Exit
from colorcheck.verification.open import Reach, open_facts
from colorcheck.verification.results import Modelled
from colorcheck.workflows import verify as pipeline
from colorcheck.xen.options.arguments import built_in_arguments, logged_command_line
from colorcheck.xen.release.log_version import log_version

LOG_LARGEST = 64 << 20
_STATUS = {
    Attestation.ATTESTED: Exit.CLEAN,
    Attestation.DIFFERS: Exit.FINDINGS,
    Attestation.PARTLY: Exit.UNDECIDED,
    Attestation.TOO_LITTLE: Exit.UNDECIDED,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--log", metavar="BOOTLOG", required=True, help="what Xen's serial console printed")
    parser.add_argument(
        "--share",
        metavar="FILE",
        help="also write what can be shown to everybody: no names, no serial numbers, no network addresses",
    )
    parser.add_argument("--yes", action="store_true", help="with --share: write without asking")
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    manifest = load_manifest(options)
    log = _read(options.log)
    if log.says_nothing:
        raise Stop(
            f"{options.log}: no line of Xen's boot in it",
            "give what the serial console printed from power-on",
            Exit.NOTHING,
        )
    replayed = pipeline.replay(manifest)
    trouble = say_trouble(replayed)
    attested, release = _attest(log, replayed)
    attested = _as_far_as_read(attested, replayed)
    if options.share:
        return _share(options, json.dumps(shared(log, attested, release, _known(replayed)), indent=2))
    if options.format == "json":
        head = {"schema": "colorcheck/attest/1", "log": options.log, "xen": release}
        findings = [finding.to_dict() for finding in log_differs.findings(attested.checks)]
        write_json(json.dumps({**head, **attested.to_dict(), "findings": findings}, indent=2))
    else:
        from colorcheck.report.terminal.attest import render

        write(render(attested, options.log, release, style(options)))
    return Exit.FAULT if trouble == Exit.FAULT else _STATUS[attested.verdict]


def _known(replayed: Modelled) -> Board | None:
    """The board, if the catalogue has it."""
    board = replayed.facts.board
    return board if board and board.name in catalogue().names() else None


def _share(options: argparse.Namespace, document: str) -> int:
    """Show what would be written, and write it if that is wanted."""
    write_json(document)
    if not options.yes and not _agreed(options.share):
        raise Stop(f"{options.share} is not written", "--yes writes it without asking")
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


def _as_far_as_read(attested: Attested, replayed: Modelled) -> Attested:
    """A log attests nothing about what was not read."""
    opened = [fact for fact in open_facts(replayed.facts, Reach.MEMORY) if fact.opaque]
    if not opened or attested.verdict is not Attestation.ATTESTED:
        return attested
    why = f"what the log says agrees, but not all is known that it is held against: {opened[0].why}"
    return replace(attested, verdict=Attestation.TOO_LITTLE, reason=why)


def _read(path: str) -> BootLog:
    try:
        return parse_boot_log(path, text(path, LOG_LARGEST, named=True))
    except Unreadable as error:
        raise Stop(f"cannot read {path}: {error.reason}", error.advice) from None


def _attest(log: BootLog, replayed: Modelled) -> tuple[Attested, str]:
    """Against the target whose release the log names, else the first one; and which one that was."""
    said = log_version(str(log.version.value)) if log.version else None
    command_line = logged_command_line(replayed.facts.deployment)
    boots = list(replayed.facts.boots())
    if not boots:
        systems = [(result.release, result.system) for result in replayed.facts.results if result.system is not None]
        if systems:
            release, system = systems[0]
            return attest_arguments(log, system, command_line), release
        why = "; ".join(skipped.reason for skipped in replayed.skipped) or "its boot cannot be modelled"
        raise Stop(f"nothing to compare the log with: {why}", "name the device tree and the board", Exit.UNDECIDED)
    near = (each for each in boots if said and said.is_near(each[1].system.release))
    same = (each for each in boots if said and said.agrees(each[1].system.release))
    release, boot = next(same, next(near, boots[0]))
    known = replayed.facts.deployment.boot_log
    source = known.file if known and known.digest == log.digest else ""
    built_in = built_in_arguments(replayed.facts.deployment).text
    return attest(log, boot, command_line, built_in=built_in, source=log.file if source else ""), release
