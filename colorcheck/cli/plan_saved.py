"""`plan --out`, `--apply`, `--write` and `--undo`: write plans into the input files, and undo that."""

from __future__ import annotations

import argparse
import base64
import json
import os
from pathlib import Path

from colorcheck.cli.arguments import load_manifest
from colorcheck.cli.console import Stop, write
from colorcheck.cli.output import refuse_an_input
from colorcheck.documents.plan import document
from colorcheck.files.atomic import write_whole
from colorcheck.files.watching import Recorder, watched
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.report.view import headline
from colorcheck.verification.exit import Exit
from colorcheck.workflows import plan_write
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.plan import Planned


def add_saved(group: argparse._ArgumentGroup, edits: argparse._MutuallyExclusiveGroup) -> None:
    group.add_argument("--out", metavar="FILE", help="save the plan for --apply")
    edits.add_argument(
        "--apply", metavar="FILE", help="write a saved plan if the inputs are unchanged since it was made"
    )
    edits.add_argument("--undo", action="store_true", help="restore what the last written plan changed")


def written(options: argparse.Namespace, planned: Planned, manifest: Manifest) -> int:
    """Write a plan and verify again. Raises Stop and restores the files if that fails."""
    colors = tuple((each.name, each.colors) for each in planned.plan.domains)
    change = plan_write.Change(planned.plan.edits, planned.new_files, colors)
    return _change(options, change, manifest)


def applied(options: argparse.Namespace) -> int:
    """Write a saved plan."""
    manifest = load_manifest(options)
    try:
        change = plan_write.saved_change(options.apply, manifest, _inputs(manifest))
    except plan_write.WriteError as error:
        raise Stop(str(error), error.advice, Exit.USAGE) from None
    return _change(options, change, manifest)


def undone(options: argparse.Namespace) -> int:
    """Undo the last plan."""
    manifest = load_manifest(options)
    try:
        names = plan_write.undo(manifest, _inputs(manifest))
    except plan_write.WriteError as error:
        raise Stop(str(error), error.advice, Exit.USAGE) from None
    write("\n".join(f"restored {name}" for name in names))
    return Exit.CLEAN


def saved(path: str, planned: Planned, manifest: Manifest, inputs: tuple[str, ...]) -> None:
    """Save a plan with the hashes of its inputs. Raises Stop."""
    if not planned.plan.edits:
        raise Stop("--out: there is nothing to change, so there is no plan to save", status=Exit.UNDECIDED)
    refuse_an_input("--out", path, inputs)
    folder = manifest.folder
    made = document(planned.plan, planned.costs, planned.gains, plan_write.hashed(inputs, folder))
    made["edits"] = [
        {**edit.to_dict(), "file": os.path.relpath(edit.location.file, folder or ".")} for edit in planned.plan.edits
    ]
    made["new_files"] = [
        {"file": os.path.relpath(name, folder or "."), "content": base64.b64encode(data).decode("ascii")}
        for name, data in planned.new_files
    ]
    try:
        write_whole(Path(path), json.dumps(made, indent=2) + "\n")
    except OSError as error:
        raise Stop(f"cannot write {path}: {error.strerror or error}") from None


def _change(options: argparse.Namespace, change: plan_write.Change, manifest: Manifest) -> int:
    try:
        done = plan_write.write_change(change, manifest, lambda: load_manifest(options))
    except plan_write.WriteError as error:
        raise Stop(str(error), error.advice, Exit.FINDINGS) from None
    write("\n".join(f"wrote {name}" for name in done.files))
    if not done.can_undo:
        write(f"{plan_write.UNDO} cannot be written, so --undo cannot take this back")
    write(f"verified again: {headline(done.after).word}, {headline(done.after).sentence}")
    return done.after.exit_status()


def _inputs(manifest: Manifest) -> tuple[str, ...]:
    """The files that a plan reads."""
    recorder = Recorder()
    with watched(recorder):
        modelled = pipeline.for_plans(manifest)
    return read_files(recorder, modelled.facts.deployment.files, manifest)


def read_files(recorder: Recorder, files: tuple[str, ...], manifest: Manifest) -> tuple[str, ...]:
    """The files that were read for a deployment, its manifest first, without files of colorcheck itself."""
    names = [manifest.file, *files, *recorder.contents]
    found = dict.fromkeys(os.path.normpath(name) for name in names if os.path.isfile(name))
    package = str(Path(__file__).parents[1])
    return tuple(name for name in found if not os.path.abspath(name).startswith(package))
