"""`colorcheck diff BASE HEAD`: the merge gate."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from colorcheck.cli.arguments import add_limits, bound, manifest_file
from colorcheck.cli.console import Stop, write, write_json
from colorcheck.files.revisions import RevisionError, commit_of, is_revision, merge_base, repository
from colorcheck.fleet.at_revision import at_revision
from colorcheck.fleet.find import deployments_below
from colorcheck.inputs.manifest.manifest_reader import NAME, ManifestError, read_manifest
from colorcheck.report.terminal.difference import as_markdown, as_text
from colorcheck.report.view import counted
from colorcheck.verification.difference import TOLERANCE, Difference, Reason, compare
from colorcheck.verification.exit import Exit
from colorcheck.verification.results import Verification
from colorcheck.workflows.verify import verify

_DEFAULT = f"{Reason.NEW_SHARING},{Reason.LESS_MARGIN},{Reason.NEW_ERRORS}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", metavar="BASE", help="a git revision, or a folder with a deployment")
    parser.add_argument(
        "head", metavar="HEAD", nargs="?", help="likewise (default: the files in the working tree as they are)"
    )
    parser.add_argument(
        "--path", metavar="PATH", default=".", help="the deployment's path in the repository (default: this folder)"
    )
    parser.add_argument("--recursive", action="store_true", help="compare every deployment below the folder PATH")
    parser.add_argument(
        "--no-merge-base",
        action="store_true",
        help="compare with BASE itself, not with its newest common ancestor with HEAD",
    )
    parser.add_argument(
        "--tolerance",
        metavar="PERCENT",
        type=_percent,
        default=TOLERANCE,
        help=f"how much of a memory margin may be lost before it is reported (default: {TOLERANCE * 100:g})",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="read inputs outside of the git work tree that contains the manifest",
    )
    add_limits(parser)
    parser.add_argument(
        "--fail-on",
        metavar="REASONS",
        default=_DEFAULT,
        help=f"what causes exit status 1: some of {', '.join(Reason)}, or none (default: {_DEFAULT})",
    )
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="what to print (default: text)"
    )


class _Side(Struct, frozen=True):
    """One side: the folder that corresponds to PATH, the names of the manifests below it, and a title."""

    name: str
    folder: Path
    manifests: tuple[str, ...]
    passed: tuple[str, ...] = ()


class _Compared(Struct, frozen=True):
    """The comparison of one deployment; `news` if it exists on one side only."""

    manifest: str
    status: Exit
    difference: Difference | None = None
    news: str = ""


def run(options: argparse.Namespace) -> int:
    fail_on = _reasons(options.fail_on)
    base_name = _base(options)
    with _side(base_name, options) as base:
        before = {name: _verified(base, name) for name in base.manifests}
        base_named = base
    with _side(options.head, options) as head:
        after = {name: _verified(head, name) for name in head.manifests}
        head_named = head
    if not before and not after:
        where = f"{options.base} and {options.head or 'the working tree'} have"
        raise Stop(f"{where} no colorcheck.toml at this path", "name the path with --path", Exit.NOTHING)
    names = sorted(before.keys() | after.keys())
    compared = [_compared(name, before.get(name), after.get(name), fail_on, options.tolerance) for name in names]
    compared += [_Compared(name, Exit.UNDECIDED, news=name) for name in (*base_named.passed, *head_named.passed)]
    text = _rendered(compared, options)
    write_json(text) if options.format == "json" else write(text)
    met = {each.status for each in compared}
    return next((s for s in (Exit.FAULT, Exit.FINDINGS, Exit.USAGE, Exit.UNDECIDED) if s in met), Exit.CLEAN)


def _compared(
    name: str,
    base: Verification | str | None,
    head: Verification | str | None,
    fail_on: frozenset[Reason],
    tolerance: float,
) -> _Compared:
    """Compare two sides of a deployment.

    A new one has the exit status of `verify`; one that was removed is reported.
    """
    if isinstance(base, str) or isinstance(head, str):
        return _Compared(name, Exit.UNDECIDED, news=next(each for each in (base, head) if isinstance(each, str)))
    if head is None:
        return _Compared(name, Exit.CLEAN, news="HEAD no longer has this deployment")
    if base is None:
        status = head.exit_status()
        status = Exit.UNDECIDED if status is Exit.NOTHING else status
        return _Compared(name, status, news=f"a new deployment; `colorcheck verify` ends with {int(status)}")
    difference = compare(base, head, tolerance=tolerance)
    if base.faults or head.faults:
        return _Compared(name, Exit.FAULT, difference)
    if difference.reasons() & fail_on:
        return _Compared(name, Exit.FINDINGS, difference)
    return _Compared(name, Exit.UNDECIDED if difference.undecided else Exit.CLEAN, difference)


def _rendered(compared: list[_Compared], options: argparse.Namespace) -> str:
    only = compared[0].difference if len(compared) == 1 and not options.recursive else None
    if options.format == "json":
        if only is not None:
            return json.dumps(only.to_dict(), indent=2)
        entries = [
            {
                "manifest": each.manifest,
                "status": int(each.status),
                "news": each.news,
                "difference": each.difference.to_dict() if each.difference else None,
            }
            for each in compared
        ]
        document = {"schema": "colorcheck/diffs/1", "deployments": entries, "looked_at": len(compared)}
        return json.dumps(document, indent=2)
    draw = as_markdown if options.format == "markdown" else as_text
    if only is not None:
        return draw(only)
    order = (Exit.FAULT, Exit.FINDINGS, Exit.USAGE, Exit.UNDECIDED, Exit.CLEAN)
    parts = []
    for each in sorted(compared, key=lambda each: (order.index(each.status), each.manifest)):
        text = draw(each.difference) if each.difference else f"{each.news}\n"
        parts.append(f"{each.manifest}\n\n{text}" if options.recursive else text)
    quiet = sum(each.status is Exit.CLEAN for each in compared)
    return "\n".join([*parts, f"looked at {counted(len(compared), 'deployment')}: {quiet} without regressions"])


def _reasons(text: str) -> frozenset[Reason]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise Stop("--fail-on: empty", f"write some of {', '.join(Reason)}, or none")
    wrong = next((name for name in names if name not in [*Reason, "none"]), None)
    if wrong:
        raise Stop(f"--fail-on: unknown reason {wrong}", f"write some of {', '.join(Reason)}, or none")
    return frozenset(Reason(name) for name in names if name != "none")


def _percent(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")
    return value / 100


def _place(options: argparse.Namespace) -> Path:
    path = Path(options.path)
    return path if os.path.isdir(path) else path.parent


def _base(options: argparse.Namespace) -> str:
    """BASE, or its newest common ancestor with HEAD: commits that others merged since are no change of this branch."""
    folder = _place(options)
    for name in (options.base, options.head):
        if name is not None and not name.strip():
            raise Stop("a revision must not be empty", "is a variable of the CI job not set?")
    head = options.head or "HEAD"
    if options.no_merge_base or not is_revision(folder, options.base) or not is_revision(folder, head):
        return str(options.base)
    try:
        return merge_base(folder, options.base, head)
    except RevisionError as error:
        raise Stop(str(error), error.advice) from None


@contextmanager
def _side(name: str | None, options: argparse.Namespace) -> Iterator[_Side]:
    """A folder as it is, or the same path in a revision."""
    if name is None or not is_revision(_place(options), name):
        if name is not None and not os.path.exists(name):
            raise _no_revision(_place(options), name)
        path = options.path if name is None else name
        bound(path, allow_outside=options.allow_outside)
        yield _in_folder("the working tree" if name is None else name, path, recursive=options.recursive)
        return
    try:
        folder = _place(options)
        top = repository(folder)
        inside = os.path.relpath(os.path.realpath(options.path), os.path.realpath(top))
        with at_revision(top, name, allow_outside=options.allow_outside) as checkout:
            below = "" if inside == "." else inside
            found = checkout.manifests(below) if options.recursive else (os.path.join(below, NAME),)
            if below in checkout.tree.entries and not options.recursive:
                found = (below,)
            known = [each for each in found if each in checkout.tree.entries]
            relative = tuple(os.path.relpath(each, below or ".") for each in known)
            yield _Side(name, checkout.folder / below, relative)
    except RevisionError as error:
        raise Stop(f"{name}: {error}", error.advice) from None


def _no_revision(folder: Path, name: str) -> Stop:
    try:
        commit_of(folder, name)
    except RevisionError as error:
        return Stop(f"{name} is not a directory, and {error}", error.advice)
    return Stop(f"{name} is neither a revision of git nor a folder")


def _in_folder(name: str, path: str, *, recursive: bool) -> _Side:
    if recursive:
        found = deployments_below(path)
        manifests = tuple(os.path.relpath(each, path) for each in found.manifests)
        return _Side(name, Path(path), manifests, tuple(f"{p.name}: {p.reason}" for p in found.passed))
    manifest = manifest_file(path) if os.path.lexists(path) else None
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    return _Side(name, Path(folder), (os.path.relpath(manifest, folder),) if manifest else ())


def _verified(side: _Side, name: str) -> Verification | str:
    """The verification, or why there is none."""
    path = side.folder / name if str(side.folder) != "." else Path(name)
    try:
        return verify(read_manifest(str(path)))
    except ManifestError as error:
        return f"{side.name}: {error.problem.message}"
