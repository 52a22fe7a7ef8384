"""Writing to the terminal: streams that take any text, and a pipe that may close early. The one way out."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

from colorcheck.core.safe import safe, safe_json
from colorcheck.verification.exit import Exit


class Stop(Exception):
    """End the command: a message for people, what to do, and the exit status."""

    def __init__(self, message: str, help: str = "", status: int = Exit.USAGE) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status


def prepare_streams() -> None:
    """File names and values need not be text: what the terminal cannot show is escaped, never an error."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def under_ci() -> bool:
    """Whether a CI job runs this: its log is read later, so that nothing moves or is colored."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def write(text: str, *, commands: bool = False) -> None:
    """Write a text and a newline to standard output, safe for whoever shows it.

    With `commands`, its lines may be workflow commands: the text is a report that makes them. Where the reader has
    gone, the rest is dropped in silence.
    """
    _write(sys.stdout, _line(safe(text, commands=commands)))


def write_json(text: str) -> None:
    """Write a JSON document and a newline."""
    _write(sys.stdout, _line(safe_json(text)))


def write_json_part(text: str) -> None:
    """Write a part of a JSON document, without a newline."""
    _write(sys.stdout, safe_json(text))


def write_exactly(data: bytes) -> None:
    """Write bytes that another program reads, and that are known to be harmless."""
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
    except (BrokenPipeError, ValueError):  # the reader has gone, the stream was closed
        _close(stream)
    except OSError as error:
        _close(stream)
        if stream is sys.stdout and error.errno != errno.EBADF:
            raise Stop(f"cannot write to standard output: {error.strerror}") from None


def _close(stream: TextIO) -> None:
    """The interpreter flushes again at its end; give it a stream that takes everything."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
