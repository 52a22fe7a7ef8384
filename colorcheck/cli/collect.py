"""`colorcheck collect`: print a script that packs the facts of a running Xen system."""

from __future__ import annotations

import argparse

from colorcheck.cli.console import write
from colorcheck.verification.exit import Exit
from colorcheck.workflows.collected import SCRIPT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: the script is always the same."""


def run(_options: argparse.Namespace) -> int:
    write(SCRIPT.rstrip("\n"))
    return Exit.CLEAN
