"""`colorcheck completion SHELL`: a script that makes the shell complete commands, options, files, boards and rules."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from colorcheck.cli.console import write
from colorcheck.verification.exit import Exit

SHELLS = ("bash", "zsh", "fish")
_FILES = frozenset(("PATH", "FILE", "BOOTLOG", "BASE", "HEAD", "FILE.svg", "FILE.html", "FILE.cast"))
_FOLDERS = frozenset(("DIR", "FOLDER"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"the shell: {', '.join(SHELLS)}")


def run(options: argparse.Namespace) -> int:
    import shtab

    from colorcheck.cli import full_parser

    parser = full_parser()
    for action in _actions(parser):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.dest in {"target.board", "rule"}:
            action.choices = _names(action.dest)
    write(shtab.complete(parser, options.shell))
    return Exit.CLEAN


def _names(dest: str) -> tuple[str, ...]:
    """The boards, or the IDs of the rules, as they are while the script is made."""
    if dest == "rule":
        from colorcheck.rules import RULES

        return tuple(rule.id for rule in RULES)

    from colorcheck.plugins.manager import catalogue

    return catalogue().names()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Of the parser and of all its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for made in action.choices.values():
                yield from _actions(made)
