"""`colorcheck migrate`: translate the files for another release of Xen."""

from __future__ import annotations

import argparse
import json

from colorcheck.cli.arguments import add_target_arguments, load_manifest
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import add_document_arguments, deliver_edits
from colorcheck.inputs.read import read_deployment
from colorcheck.plugins.manager import plugins
from colorcheck.verification.exit import Exit
from colorcheck.workflows.migrate import migrate, open_for, source_release
from colorcheck.xen.migrate.migrate import Migration
from colorcheck.xen.release.release import Release
from colorcheck.xen.release.releases import UnknownReleaseError, release_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_document_arguments(parser)
    spelling = parser.add_argument_group("spelling")
    spelling.add_argument("--to", metavar="XEN", required=True, help="the target release, such as 4.22")
    spelling.add_argument(
        "--from", dest="source", metavar="XEN", help="the release that the files are written for (default: detected)"
    )
    edits = parser.add_mutually_exclusive_group()
    edits.add_argument("--diff", action="store_true", help="show the changes as a diff (default)")
    edits.add_argument("--write", action="store_true", help="apply the changes to the files")


def run(options: argparse.Namespace) -> int:
    target = _release(options.to)
    deployment = read_deployment(load_manifest(options), plugins().input_readers)
    if deployment.manifest.boot_script is not None:
        from colorcheck.workflows.handover import received_by_xen

        _, deployment = received_by_xen(deployment)
    source = _release(options.source) if options.source else source_release(deployment)
    done = migrate(deployment, target, source)
    unread, opened = deployment.problems, open_for(deployment)
    reported = (*unread, *done.problems)
    if options.format == "json":
        if options.write and done.edits:
            deliver_edits(done.edits, write_them=True, quiet=True)
        write_json(json.dumps(_document(done, source, target, written=options.write), indent=2))
    elif done.edits:
        deliver_edits(done.edits, write_them=options.write)
    else:
        where = " in what could be read" if unread or opened else ""
        write(f"nothing to change{where}: {deployment.manifest.file} is already written for {target.title}")
    for problem in reported:
        complain(f"{problem.location}: {problem.message}", problem.help)
    for fact in opened:
        complain(f"open: {fact.why}", f"settle it: {'; '.join(fact.settle)}")
    if done.problems:
        return Exit.FINDINGS
    return Exit.UNDECIDED if unread or opened else Exit.CLEAN


def _release(name: str) -> Release:
    try:
        return release_of(name)
    except UnknownReleaseError as error:
        raise Stop(str(error)) from None


def _document(done: Migration, source: Release, target: Release, *, written: bool) -> dict[str, object]:
    return {
        "schema": "colorcheck/migrate/1",
        "from": source.name,
        "to": target.name,
        "written": written,
        "edits": [edit.to_dict() for edit in done.edits],
        "problems": [
            {
                "kind": problem.kind,
                "message": problem.message,
                "help": problem.help,
                "location": problem.location.to_dict(),
            }
            for problem in done.problems
        ],
    }
