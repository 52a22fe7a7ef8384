"""`colorcheck init`: a commented manifest for the files that are here."""

from __future__ import annotations

import argparse
from pathlib import Path

from colorcheck.atomic import write_whole
from colorcheck.cli.console import Stop, complain, write
from colorcheck.init import found_in, manifest_text
from colorcheck.inputs.manifest_reader import NAME
from colorcheck.results import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="FOLDER", nargs="?", default=".", help="where the files are (default: here)")
    parser.add_argument("--xen", metavar="LINE", default="4.20", help="the Xen that reads the files (default: 4.20)")
    parser.add_argument("--board", metavar="NAME", help="the board; left out: what the device tree says")
    parser.add_argument("--stdout", action="store_true", help="print the manifest instead of writing it")
    parser.add_argument("--force", action="store_true", help="overwrite a manifest that is there")


def run(options: argparse.Namespace) -> int:
    folder = Path(options.path)
    if not folder.is_dir():
        raise Stop(f"{folder} is no folder")
    found = found_in(folder)
    text = manifest_text(found, options.xen, options.board)
    if options.stdout:
        write(text)
        return Exit.CLEAN
    manifest = folder / NAME
    if manifest.exists() and not options.force:
        raise Stop(f"{manifest} is there already", "--force overwrites it, --stdout only prints")
    try:
        write_whole(manifest, text)
    except OSError as error:
        raise Stop(f"cannot write {manifest}: {error.strerror or error}") from None
    write(f"wrote {manifest}; now run `colorcheck verify {folder}`")
    if not found.device_tree and not found.guests:
        complain("no device tree and no xl file was found here", "write their names into [inputs]")
    return Exit.CLEAN
