"""Output to the terminal: streams accept any text, and a pipe may close early. All output passes through here."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

from colorcheck.core.safe import safe, safe_json
from colorcheck.verification.exit import Exit


class Stop(Exception):
    """Ends the command: a message for the user, a hint what to do, and the exit status."""

    def __init__(self, message: str, help: str = "", status: int = Exit.USAGE) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status


def prepare_streams() -> None:
    """File names and values need not be valid text: characters that the terminal cannot show are escaped."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def under_ci() -> bool:
    """Whether a CI job runs this: its log is read later, so there is no progress bar and no color."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def write(text: str, *, commands: bool = False) -> None:
    """Write a text and a newline to standard output, with control characters made harmless.

    With `commands`, lines may be workflow commands because the report generates them. If the reader has closed the
    pipe, the rest is dropped silently.
    """
    _write(sys.stdout, _line(safe(text, commands=commands)))


def write_json(text: str) -> None:
    """Write a JSON document and a newline."""
    _write(sys.stdout, _line(safe_json(text)))


def write_json_part(text: str) -> None:
    """Write a part of a JSON document, without a newline."""
    _write(sys.stdout, safe_json(text))


def write_exactly(data: bytes) -> None:
    """Write bytes that another program reads and that are known to be harmless."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        _write(sys.stdout, data.decode("utf-8", "backslashreplace"))
        return
    try:
        sys.stdout.flush()
        buffer.write(data)
        buffer.flush()
    except (BrokenPipeError, ValueError):
        _close(sys.stdout)


def complain(message: str, help: str = "") -> None:  # noqa: A002
    """Write a message to standard error."""
    _write(sys.stderr, safe(f"colorcheck: {message}\n" + (f"  {help}\n" if help else "")))


def _line(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (BrokenPipeError, ValueError):  # the reader closed the pipe
        _close(stream)
    except OSError as error:
        _close(stream)
        if stream is sys.stdout and error.errno != errno.EBADF:
            raise Stop(f"cannot write to standard output: {error.strerror}") from None


def _close(stream: TextIO) -> None:
    """The interpreter flushes again when it exits; give it a stream that accepts everything."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
