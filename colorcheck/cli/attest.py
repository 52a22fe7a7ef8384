"""`colorcheck attest --log BOOTLOG`: a real boot against the model."""

from __future__ import annotations

import argparse
import json

from colorcheck import pipeline
from colorcheck.attest import Attestation, Attested, Check, attest
from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, write
from colorcheck.inputs.boot_log import BootLog, parse_boot_log
from colorcheck.results import Exit

_STATUS = {Attestation.ATTESTED: Exit.CLEAN, Attestation.DIFFERS: Exit.FINDINGS, Attestation.TOO_LITTLE: Exit.UNDECIDED}
_MARK = {True: "agrees ", False: "DIFFERS", None: "not said"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--log", metavar="BOOTLOG", required=True, help="what Xen's serial console printed")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(options: argparse.Namespace) -> int:
    manifest = load_manifest(options)
    log = _read(options.log)
    if log.says_nothing:
        raise Stop(
            f"{options.log}: no line of Xen's boot in it", "give what the serial console printed from power-on", Exit.NOTHING
        )
    attested = _attest(log, pipeline.replay(manifest))
    if options.format == "json":
        write(json.dumps({"schema": "colorcheck/attest/1", "log": options.log, **attested.to_dict()}, indent=2))
    else:
        write(_text(attested, options.log))
    return _STATUS[attested.verdict]
