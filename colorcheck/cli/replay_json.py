"""Writes the JSON document of `replay` with every frame, run by run, so that memory does not grow with their number."""

from __future__ import annotations

import json
import secrets
import sys
from itertools import islice

from colorcheck.cli.console import write_json, write_json_part
from colorcheck.cli.progress import progress
from colorcheck.documents.boots import Replay
from colorcheck.xen.memory.frames import Frames

_PATIENCE = 1.0  # seconds before a progress bar appears
_CHUNK = 20_000  # runs per write


def written_with_frames(found: Replay) -> None:
    """Print the document of `found.to_dict()` piecewise: a huge system has tens of millions of runs."""
    held: list[Frames] = []
    place = secrets.token_hex(16)

    def later(frames: Frames) -> str:
        held.append(frames)
        return place

    pieces = json.dumps(found.to_dict(frames=later)).split(f'"{place}"')
    total = sum(frames.count for frames in held)
    with progress(total, _PATIENCE, shown=not sys.stdout.isatty()) as advance:
        done = 0
        for piece, frames in zip(pieces, held, strict=False):
            write_json_part(piece + "[")
            runs = ((f"[{run.first}, {run.step}, {run.count}]", run.count) for run in frames)
            comma = ""
            while chunk := list(islice(runs, _CHUNK)):
                write_json_part(comma + ", ".join(text for text, _ in chunk))
                done += sum(count for _, count in chunk)
                advance("frames", done, "")
                comma = ", "
            write_json_part("]")
    write_json(pieces[-1])
