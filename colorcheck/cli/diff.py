"""`colorcheck diff BASE HEAD`: the merge gate."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorcheck.cli.arguments import manifest_file
from colorcheck.cli.console import Stop, complain, write
from colorcheck.files.revisions import RevisionError, checked_out, is_revision, repository
from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest
from colorcheck.report.terminal.difference import as_markdown, as_text
from colorcheck.verification.difference import Difference, Reason, compare
from colorcheck.verification.results import Exit, Verification
from colorcheck.workflows.verify import verify

_DEFAULT = f"{Reason.NEW_SHARING},{Reason.LESS_MARGIN},{Reason.NEW_ERRORS}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", metavar="BASE", help="a git revision, or a folder with a deployment")
    parser.add_argument(
        "head", metavar="HEAD", nargs="?", help="likewise (default: the files of the working tree as they are)"
    )
    parser.add_argument(
        "--path", metavar="PATH", default=".", help="the deployment inside the repository (default: this folder)"
    )
    parser.add_argument(
        "--fail-on",
        metavar="REASONS",
        default=_DEFAULT,
        help=f"what ends with exit status 1, of {', '.join(Reason)}, or none (default: {_DEFAULT})",
    )
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="what to print (default: text)"
    )


def run(options: argparse.Namespace) -> int:
    fail_on = _reasons(options.fail_on)
    with _deployment(options.base, options.path) as folder:
        base = _verified(folder, options.base)
    with _deployment(options.head, options.path) as folder:
        head = _verified(folder, options.head or "the working tree")
    difference = compare(base, head)
    write(_rendered(difference, options.format))
    return _status(difference, fail_on, base, head)


def _rendered(difference: Difference, name: str) -> str:
    if name == "json":
        return json.dumps(difference.to_dict(), indent=2, ensure_ascii=False)
    return as_markdown(difference) if name == "markdown" else as_text(difference)


def _status(difference: Difference, fail_on: frozenset[Reason], base: Verification, head: Verification) -> int:
    """5 where colorcheck failed on either side; 1 for a reason asked for; 4 where HEAD decides less than it should."""
    if base.faults or head.faults:
        return Exit.FAULT
    if difference.reasons() & fail_on:
        return Exit.FINDINGS
    undecided = head.exit_status() is Exit.UNDECIDED and base.exit_status() is not Exit.UNDECIDED
    return Exit.UNDECIDED if undecided else Exit.CLEAN


def _reasons(text: str) -> frozenset[Reason]:
    names = [name.strip() for name in text.split(",") if name.strip() and name.strip() != "none"]
    wrong = next((name for name in names if name not in list(Reason)), None)
    if wrong:
        raise Stop(f"--fail-on: there is no {wrong}", f"write some of {', '.join(Reason)}, or none")
    return frozenset(map(Reason, names))


@contextmanager
def _deployment(name: str | None, path: str) -> Iterator[Path]:
    """The folder of a deployment: a folder as it is, or the same path inside a revision."""
    if name is None:
        yield Path(path)
        return
    folder = Path(path if Path(path).is_dir() else Path(path).parent)
    if not is_revision(folder, name):
        if Path(name).exists():
            yield Path(name)
            return
        raise Stop(f"{name} is neither a revision of git nor a folder")
    try:
        top = repository(folder)
        with checked_out(top, name) as files:
            yield files / Path(path).resolve().relative_to(top.resolve())
    except RevisionError as error:
        raise Stop(f"{name}: {error}") from None


def _verified(folder: Path, name: str) -> Verification:
    if not folder.exists():
        raise Stop(f"{name} has no deployment at this path", "name the path with --path", Exit.NOTHING)
    manifest = manifest_file(str(folder))
    if manifest is None:
        raise Stop(f"{name} has no colorcheck.toml at this path", "name the path with --path", Exit.NOTHING)
    try:
        verification = verify(read_manifest(manifest))
    except ManifestError as error:
        raise Stop(f"{name}: {error}") from None
    for entry in verification.skipped:
        complain(f"{name}: not checked: {entry.check}: {entry.reason}")
    return verification
