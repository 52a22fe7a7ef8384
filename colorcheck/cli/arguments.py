"""Arguments that several commands share, and the manifest that they name."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection, Iterable, Sequence

from colorcheck.cli.commands import INSTEAD_OF_KEYS
from colorcheck.cli.console import Stop
from colorcheck.cli.meant import STANDARD_INPUT, key_of, manifest_around, standard_input
from colorcheck.core.diagnostic import Problem
from colorcheck.core.units import GIB, MIB, size
from colorcheck.files.boundary import boundary_of, restrict
from colorcheck.files.costs import MEMORY, SECONDS, costing
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_keys import KEYS, KeyKind, ManifestKey
from colorcheck.inputs.manifest.manifest_reader import (
    COMMAND_LINE,
    NAME,
    ManifestError,
)
from colorcheck.verification.exit import Exit
from colorcheck.workflows.evidence.recipe import Recipe

_FILES = frozenset(
    (
        "target.xen-image",
        "target.xen-attested",
        "target.kconfig",
        "inputs.device-tree",
        "inputs.include",
        "inputs.overlays",
        "inputs.domains",
        "inputs.image-builder",
        "inputs.boot-script",
    )
)
_NAMED = _FILES | {"target.board"}
_CHOICES = {
    KeyKind.ORDER: ("as-listed", "any"),
    KeyKind.LOADER: ("none", "u-boot", "uefi"),
    KeyKind.SHELL: ("old", "modern"),
}


def add_target_arguments(parser: argparse.ArgumentParser, without: Collection[str] = ()) -> None:
    """Add PATH and one option for each key of the manifest except those in `without`."""
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help=f"a {NAME}, a folder that contains one, an input file, or - for standard input (default: the current "
        f"folder)",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="read inputs outside of the git work tree that contains the manifest",
    )
    add_limits(parser)
    group = parser.add_argument_group(
        INSTEAD_OF_KEYS, "Each overrides the manifest key of the same name; with them, no manifest is needed."
    )
    for key in KEYS:
        if key.path in without:
            continue
        several = key.kind in (KeyKind.TEXTS, KeyKind.RELEASES, KeyKind.GUESTS, KeyKind.RANGES, KeyKind.RULES)
        group.add_argument(
            key.flag,
            dest=key.path,
            metavar=key.metavar,
            action="append" if several else "store",
            choices=_CHOICES.get(key.kind),
            help=key.help.replace("%", "%%") + ("; may be repeated" if several else ""),
        )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the limits on time and memory for reading inputs."""
    parser.add_argument(
        "--input-seconds",
        metavar="SECONDS",
        type=_step_seconds,
        default=SECONDS,
        help=f"for each step: reading the inputs, following the loader, modelling, rules (default: {SECONDS:g})",
    )
    parser.add_argument(
        "--input-memory",
        metavar="SIZE",
        type=_memory,
        default=MEMORY,
        help="memory that a step may use, such as 512M or 8G (default: 4G)",
    )


def _step_seconds(text: str) -> float:
    found = seconds(text)
    if found < _SHORTEST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is less than {_SHORTEST:g} s, in which no step can begin")
    return found


def _memory(text: str) -> int:
    match = re.fullmatch(r"(\d{1,9})\s*([MG])(?:i?B)?", text, re.ASCII)
    found = int(match[1]) * (GIB if match[2] == "G" else MIB) if match else 0
    if found < _LEAST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a size of at least {size(_LEAST)}, such as 512M or 8G")
    return found


def load_manifest(options: argparse.Namespace) -> Manifest:
    """The manifest that PATH names, overridden by the options. Raises Stop if there is none."""
    return load(options)[0]


def load(options: argparse.Namespace) -> tuple[Manifest, Recipe]:
    """The manifest that PATH names, overridden by the options, and the recipe of the run. Raises Stop."""
    given = {key.path: value for key in KEYS if (value := getattr(options, key.path, None)) is not None}
    path = standard_input() if options.path == "-" else options.path
    named = [name for key, value in given.items() if key in _NAMED for name in (_texts(value) or [str(value)])]
    try:
        bound(path or ".", named, allow_outside=options.allow_outside)
        with costing():
            recipe = _recipe(path, given)
            manifest = recipe.read()
    except ManifestError as error:
        raise Stop(str(error)) from None
    wrong = next((p for p in manifest.problems if p.location.file == COMMAND_LINE), None)
    if wrong is not None:
        raise Stop(*_option_problem(wrong))
    return manifest, recipe


def bound(path: str, named: Iterable[str] = (), *, allow_outside: bool = False) -> None:
    """From here on, read only files in the work tree of the deployment at `path` and files that the user named."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    restrict(None if allow_outside else boundary_of(folder, (path, *named) if not os.path.isdir(path) else named))


def _recipe(path: str | None, given: dict[str, object]) -> Recipe:
    found = path if path == STANDARD_INPUT else manifest_file(path or ".")
    meant = key_of(found) if found is not None else None
    if found is not None and meant is not None:
        around = manifest_around(found, meant[0])
        if around is None:
            return Recipe(None, _with(given, *meant))
        found = around
    if found is not None:
        return Recipe(found, _relative(given, os.path.dirname(found)))
    if any(key.startswith("inputs.") for key in given):
        return Recipe(None, given)
    where = f"in {path}" if path else "here"
    raise Stop(
        f"nothing to check: no {NAME} {where}",
        "create one with `colorcheck init`, name a folder that contains one, or give --device-tree or --domain",
        Exit.NOTHING,
    )


def _with(given: dict[str, object], key: str, value: object) -> dict[str, object]:
    """The options with `value` under `key`; in front of the other values if the key takes several."""
    return {**given, key: [*value, *_texts(given.get(key))] if isinstance(value, list) else value}


def manifest_file(path: str) -> str | None:
    """The manifest at a path or in a folder; None for a folder without one. Raises Stop if the path does not exist."""
    if os.path.isdir(path):
        inside = os.path.normpath(os.path.join(path, NAME))
        return inside if os.path.lexists(inside) else None
    if not os.path.lexists(path):
        raise Stop(f"{path} does not exist")
    return path


def _relative(given: dict[str, object], folder: str) -> dict[str, object]:
    """File names on the command line are relative to the current folder, those in a manifest to the manifest's
    folder.
    """

    def moved(name: str) -> str:
        return name if os.path.isabs(name) else os.path.relpath(name, folder or ".")

    return {
        key: value
        if key not in _FILES
        else moved(value)
        if isinstance(value, str)
        else [moved(v) for v in _texts(value)]
        for key, value in given.items()
    }


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _option_problem(problem: Problem) -> tuple[str, str]:
    key: ManifestKey | None = next((k for k in KEYS if problem.message.startswith(k.path + " ")), None)
    message = problem.message.replace(key.path, key.flag, 1) if key else problem.message
    return message, problem.help


def seconds(text: str) -> float:
    """An argument that is a time in seconds: positive and finite."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a positive number of seconds")
    return value


def positive(text: str) -> int:
    """An argument that is a number from 1 up."""
    try:
        value = int(text) if len(text) <= 18 else 0
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a positive integer")
    return value


def refuse_empty(options: argparse.Namespace, words: Sequence[str]) -> None:
    """Stop if the value of an option is empty, as when a variable of a CI job is not set. Raises Stop."""
    strange = next((word for word in words if "\0" in word), None)
    if strange is not None:
        raise Stop(f"{strange[:60]!r} has a zero byte in it")
    for before, word in zip(("", *words), words, strict=False):
        option, equals, value = word.partition("=")
        if word.startswith("--") and equals and not value:
            raise Stop(f"{option}: its value is empty", _UNSET)
        if word == "" and before.startswith("--") and "=" not in before:
            raise Stop(f"{before}: its value is empty", _UNSET)
    if getattr(options, "path", None) == "":
        raise Stop("PATH is empty", _UNSET)


_SHORTEST = 0.1  # seconds
_LEAST = 64 * MIB
_UNSET = "is a variable of the CI job unset? omit the option if you do not need it"
