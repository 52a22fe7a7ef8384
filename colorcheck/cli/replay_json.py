"""Writes the JSON document of `replay` with every frame: run by run, so that memory does not grow with the frames."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from colorcheck.cli.console import under_ci, write
from colorcheck.documents.boots import Replay
from colorcheck.xen.memory.frames import Frames

_PATIENCE = 1.0  # seconds before a progress bar appears
_CHUNK = 20_000  # runs that are written at once


def written_with_frames(found: Replay) -> None:
    """Prints what `found.to_dict()` gives. The frames of a huge system are tens of millions of runs."""
    held: list[Frames] = []
    place = secrets.token_hex(16)

    def later(frames: Frames) -> str:
        held.append(frames)
        return place

    pieces = json.dumps(found.to_dict(frames=later)).split(f'"{place}"')
    with _progress(sum(frames.count for frames in held)) as advance:
        for piece, frames in zip(pieces, held, strict=False):
            _write(piece + "[")
            runs = ((f"[{run.first}, {run.step}, {run.count}]", run.count) for run in frames)
            comma = ""
            while chunk := list(islice(runs, _CHUNK)):
                _write(comma + ", ".join(text for text, _ in chunk))
                advance(sum(count for _, count in chunk))
                comma = ", "
            _write("]")
    write(pieces[-1])


def _write(text: str) -> None:
    """Part of a line to standard output."""
    sys.stdout.write(text)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar of frames on standard error, if that is a terminal, the document goes elsewhere, and writing takes longer
    than a second. The document must not pass through the bar's console."""
    if not sys.stderr.isatty() or under_ci() or sys.stdout.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    begin, done = time.monotonic(), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if time.monotonic() - begin > _PATIENCE:
            bar.start()
        bar.update(task, completed=done)

    task = bar.add_task("frames", total=total)
    try:
        yield advance
    finally:
        bar.stop()
