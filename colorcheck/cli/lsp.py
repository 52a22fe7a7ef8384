"""`colorcheck lsp`: the language server for editors."""

from __future__ import annotations

import argparse

from colorcheck.cli.console import Stop
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="speak over standard input and output (the default)")


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - there is one way to speak
    try:
        from colorcheck.editor.server import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise Stop("the language server needs pygls", 'pip install "xen-colorcheck[lsp]"') from None
    server().start_io()
    return Exit.CLEAN
