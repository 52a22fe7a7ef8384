"""Writing to the terminal: streams that take any text, and a pipe that may close early."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from colorcheck.verification.results import Exit


class Stop(Exception):
    """End the command: a message for people, what to do, and the exit status."""

    def __init__(self, message: str, help: str = "", status: int = Exit.USAGE) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status


def prepare_streams() -> None:
    """File names and values need not be text: what the terminal cannot show is escaped, never an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Write a text and a newline to standard output. Where the reader has gone, the rest is dropped in silence."""
    _write(sys.stdout, text if text.endswith("\n") or not text else text + "\n")


def complain(message: str, help: str = "") -> None:  # noqa: A002
    """Write a message to standard error."""
    _write(sys.stderr, f"colorcheck: {message}\n" + (f"  {help}\n" if help else ""))


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes again at its end; give it a stream that takes everything.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
