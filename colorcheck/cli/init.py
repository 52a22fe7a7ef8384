"""`colorcheck init`: write a commented manifest for the files in a folder."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from colorcheck import __version__
from colorcheck.cli.console import Stop, complain, write
from colorcheck.files.atomic import write_all, write_whole
from colorcheck.inputs.manifest.manifest_reader import NAME
from colorcheck.verification.exit import Exit
from colorcheck.workflows.collected import NotCollected, Unpacked, unpacked
from colorcheck.workflows.found import found_in
from colorcheck.workflows.init import (
    CI_FILES,
    DEFAULT_RELEASE,
    board_of,
    ci_text,
    logged_release,
    manifest_text,
    open_lines,
    release_of_version,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="FOLDER", nargs="?", default=".", help="where the files are (default: the current folder)"
    )
    parser.add_argument(
        "--xen", metavar="RELEASE", help="the release of Xen that reads the files (default: the one in a log, or 4.20)"
    )
    parser.add_argument("--board", metavar="NAME", help="the board (default: what the device tree says)")
    parser.add_argument("--from", dest="source", metavar="FILE", help="a boot log, or the tar file made by `collect`")
    parser.add_argument("--stdout", action="store_true", help="print the manifest instead of writing it")
    parser.add_argument("--ci", choices=tuple(CI_FILES), help="also write a job for this service")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")


def run(options: argparse.Namespace) -> int:
    folder = Path(options.path)
    if not os.path.isdir(folder):
        raise Stop(f"{folder} is not a directory")
    manifest = folder / NAME
    stays = bool(options.ci) and os.path.exists(manifest) and not options.force
    if not options.stdout:
        _refuse_what_is_there(([] if stays else [manifest]) + _ci_file(folder, options.ci), options.force)
    parts = _unpack(Path(options.source), folder, options.force) if options.source else Unpacked({})
    found = found_in(folder)
    release = options.xen or release_of_version(parts.version) or logged_release(found, folder) or DEFAULT_RELEASE
    board = options.board or board_of(parts.machine)
    settle = open_lines(found, folder, release, board) if found.says_something else ()
    text = manifest_text(found, release, board, settle)
    if options.stdout:
        write(text)
        return Exit.CLEAN
    if stays:
        write(f"{manifest} was not changed")
    else:
        _write(manifest, text, options.force)
        write(f"wrote {manifest}; now run `colorcheck verify {folder}`")
        for left in found.left_out:
            write(f"left out {left.name}: {left.why}")
        for line in settle:
            write(line)
    if options.ci:
        _write_ci(folder, options.ci, options.force)
    if not found.says_something:
        complain("no device tree and no xl file was found here", "add their names under [inputs]")
    return Exit.CLEAN


def _refuse_what_is_there(paths: Iterable[Path], force: bool) -> None:
    """Stop before anything is written. Raises Stop."""
    for path in paths:
        if os.path.lexists(path) and not force:
            raise Stop(f"{path} already exists", "use --force to overwrite it, or --stdout to print only")


def _write(path: Path, text: str, force: bool) -> None:
    _refuse_what_is_there([path], force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise Stop(f"cannot write {path}: {error.strerror or error}") from None


def _top(folder: Path) -> Path:
    """The top of the repository, or the folder itself outside of one."""
    from colorcheck.files.revisions import RevisionError, repository

    try:
        return repository(folder)
    except RevisionError:
        return folder.resolve()


def _ci_file(folder: Path, service: str | None) -> list[Path]:
    return [_top(folder) / CI_FILES[service]] if service else []


def _write_ci(folder: Path, service: str, force: bool) -> None:
    """Write the CI job at the top of the repository, or in the folder outside of one."""
    top = _top(folder)
    file = top / CI_FILES[service]
    _write(file, ci_text(service, folder.resolve().relative_to(top.resolve()).as_posix(), __version__), force)
    write(f"wrote {os.path.relpath(file)}")


def _unpack(source: Path, folder: Path, force: bool) -> Unpacked:
    """Write the files that `collect` packed next to the manifest."""
    try:
        parts = unpacked(source)
    except NotCollected as error:
        raise Stop(str(error), "give the tar file of `colorcheck collect`, its folder, or a boot log") from None
    _refuse_what_is_there((folder / name for name in parts.files), force)
    try:
        write_all({str(folder / name): data for name, data in parts.files.items()})
    except OSError as error:
        path = getattr(error, "path", None) or folder
        raise Stop(f"cannot write {path}: {error.strerror or error}; nothing was written") from None
    for left in parts.left_out:
        complain(f"left out {left}", "")
    return parts
