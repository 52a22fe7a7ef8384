"""The command line: one module a command, loaded when it is called. The only room that prints or exits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from colorcheck import __version__
from colorcheck.cli.commands import COMMANDS, Command
from colorcheck.cli.console import Stop, complain, prepare_streams
from colorcheck.results import Exit

_EPILOG = """\
exit status:
  0  all was checked, and nothing is at or above the threshold
  1  findings
  2  wrong usage, or a manifest that cannot be read
  3  nothing to check
  4  undecided: a theorem stayed unknown or vacuous, or a check could not run
  5  colorcheck itself failed

PATH is a colorcheck.toml or a folder that has one; left out, it is the current folder.
`colorcheck COMMAND --help` tells more about a command.
"""


class CommandModule(Protocol):
    """What a module of this package offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status of interfaces that other programs rely on. Never ends with a traceback."""
    prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        return _run(words)
    except Stop as stop:
        complain(stop.message, stop.help)
        return stop.status
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except SystemExit as left:  # argparse
        return left.code if isinstance(left.code, int) else Exit.USAGE
    except Exception as error:
        if debug:
            raise
        return _crashed(error)


def _run(words: list[str]) -> int:
    parser = _parser(_called(words))
    options = parser.parse_args(words)
    if options.command is None:
        parser.print_help()
        return Exit.USAGE
    module = _module(options.command)
    return module.run(options)


def _called(words: list[str]) -> str | None:
    return next((word for word in words if not word.startswith("-")), None)


def _parser(called: str | None) -> argparse.ArgumentParser:
    """The whole parser; of the commands, only the called one has its arguments, so that only it is loaded."""
    parser = argparse.ArgumentParser(
        prog="colorcheck",
        description="Checks, proves and plans cache coloring for Xen on Arm64.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"colorcheck {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        made = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
        if command.name == called:
            _module(command.name).add_arguments(made)
    return parser


def full_parser() -> argparse.ArgumentParser:
    """The parser with the arguments of every command, for the documentation and for shell completion."""
    parser = _parser(None)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, made in action.choices.items():
                _module(name).add_arguments(made)
    return parser


def _module(name: str) -> CommandModule:
    command: Command = next(c for c in COMMANDS if c.name == name)
    return import_module(f"colorcheck.cli.{command.module}")


def _crashed(error: Exception) -> int:
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    complain(
        f"colorcheck itself failed: {type(error).__name__}: {error} (in {where.name}, line {where.lineno})",
        "nothing was decided; run the same command with --debug and report what it prints",
    )
    return Exit.FAULT
