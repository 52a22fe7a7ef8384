"""`colorcheck completion SHELL`: a script that makes the shell complete commands, options, files and values."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Sequence

from colorcheck.cli.console import Stop, write
from colorcheck.core.units import GIB
from colorcheck.files.costs import Allowance, TooCostly, allowed, costing
from colorcheck.verification.exit import Exit

PATIENCE = 5.0
"""Seconds that each step may take while the user waits for names."""
SHELLS = ("bash", "zsh", "fish")
_FILES = frozenset(("PATH", "FILE", "BOOTLOG", "BASE", "HEAD", "FILE.svg", "FILE.html", "FILE.cast"))
_FOLDERS = frozenset(("DIR", "FOLDER"))
_RULES = frozenset(("rule", "rules.select", "rules.ignore"))
_RELEASES = frozenset(("target.xen", "xen", "to", "source"))
_DOMAINS = frozenset(("at", "victim", "curve", "keep", "apart", "share", "min", "max", "pin", "workload"))
_DOMAINS_OF = {
    "bash": "_colorcheck_domains",
    "zsh": "_colorcheck_domains",
    "fish": "(__colorcheck_domains)",
    "preamble": {
        "bash": """\
_colorcheck_domains() {
  local before="" names
  [[ $1 == *,* ]] && before="${1%,*},"
  names=$(colorcheck completion domains -- "${COMP_WORDS[@]:0:COMP_CWORD}" 2>/dev/null)
  compgen -P "$before" -W "$names" -- "${1##*,}"
}""",
        "zsh": """\
_colorcheck_domains() {
  local -a names
  names=(${(f)"$(colorcheck completion domains -- $words 2>/dev/null)"})
  compset -P '*,'
  compadd -- $names
}""",
        "fish": """\
function __colorcheck_domains
    set -l before (string match -r '^.*,' -- (commandline -ct))
    for name in (colorcheck completion domains -- (commandline -opc) 2>/dev/null)
        echo "$before"$name
    end
end""",
    },
}
"""Shell functions that call `colorcheck completion domains` when the key is pressed: the answer depends on the
folder. After a comma they complete the next name of a list.
"""
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # bash expands the words that it is given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = f"the shell: {', '.join(SHELLS)}; `domains` prints the names that the scripts offer"
    parser.add_argument("shell", metavar="SHELL", choices=(*SHELLS, "domains"), help=words)
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="with `domains`: words of a line; one may name a deployment",
    )


def run(options: argparse.Namespace) -> int:
    if options.shell == "domains":
        write("\n".join(_domains(options.words)))
        return Exit.CLEAN
    import shtab

    from colorcheck.cli import full_parser

    parser = full_parser()
    for action in _actions(parser):
        if isinstance(action.metavar, str):
            action.metavar = action.metavar.replace(":", " ")  # zsh separates its own fields with colons
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.dest in _DOMAINS and action.choices is None:
            action.complete = _DOMAINS_OF  # type: ignore[attr-defined]
        elif action.choices is None and (values := _values(action)):
            action.choices = values
    write(shtab.complete(parser, options.shell))
    return Exit.CLEAN


def _values(action: argparse.Action) -> tuple[str, ...]:
    """The values that an option takes at the time the script is generated; empty if only the user knows them."""
    if action.dest in _RULES:
        from colorcheck.rules import RULES

        return tuple(rule.id for rule in RULES)
    if action.dest in {"target.board", "board", "name"} and action.metavar == "NAME":
        from colorcheck.plugins.manager import catalogue

        return catalogue().names()
    if action.dest in _RELEASES and action.metavar in ("RELEASE", "XEN"):
        from colorcheck.xen.release.releases import NAMES

        return NAMES
    if action.dest in {"format", "output"} and action.metavar in ("NAME", "NAME=FILE"):
        from colorcheck.report.formats import known_formats

        end = "=" if action.metavar == "NAME=FILE" else ""
        return tuple(f"{each.name}{end}" for each in known_formats())
    if action.dest == "document" and action.metavar == "NAME":
        from colorcheck.documents.json_schema import SHAPES

        return tuple(dict.fromkeys(name.split()[0] for name in SHAPES))
    if action.dest == "front":
        from colorcheck.plan.search.front import Goal

        return tuple(Goal)
    if action.dest == "policy.objectives":
        from colorcheck.plan.search.objectives import OBJECTIVES

        return tuple(OBJECTIVES)
    return ()


def _domains(words: Sequence[str]) -> list[str]:
    """The domains of the first word that names a deployment, otherwise of the current folder; empty without one.

    The checkout may be untrusted: completion reads what a run reads there, within tight time limits.
    """
    from colorcheck.cli.arguments import bound
    from colorcheck.inputs.manifest.manifest_reader import NAME, ManifestError, read_manifest
    from colorcheck.workflows.verify import effective

    manifest = next(filter(None, map(_manifest, words)), NAME)
    bound(manifest)
    try:
        with allowed(Allowance(PATIENCE, GIB)):
            with costing():
                read = read_manifest(manifest)
            facts = effective(read).facts
    except (ManifestError, OSError, TooCostly):
        return []
    names = {domain.name for result in facts.results if result.system for domain in result.system.domains}
    return sorted(name for name in names if _HARMLESS.fullmatch(name))


def _manifest(word: str) -> str | None:
    """The manifest that a word of a command line refers to; None if it refers to something else."""
    from colorcheck.cli.arguments import manifest_file

    try:
        found = manifest_file(word)
    except (Stop, ValueError):
        return None
    return found if found and found.endswith(".toml") and os.path.isfile(found) else None


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The actions of the parser and of all its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for made in action.choices.values():
                yield from _actions(made)
