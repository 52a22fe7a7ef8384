"""The command line: one module per command, loaded when it is called. Only this package prints or exits."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import NoReturn, Protocol

from colorcheck import __version__
from colorcheck.cli.commands import COMMANDS, INSTEAD_OF_KEYS, CliCommand
from colorcheck.cli.console import Stop, complain, prepare_streams
from colorcheck.cli.help_text import HelpFormatter
from colorcheck.cli.interrupt import ending_on_interrupt
from colorcheck.core.suggest import did_you_mean
from colorcheck.files.boundary import restricted
from colorcheck.files.costs import Allowance, TooCostly, allow, allowed, costing
from colorcheck.files.overlay import laid_over
from colorcheck.verification.exit import Exit

_WHOLE = ("init", "board", "migrate", "profile")
"""Commands that read inputs without the steps of a verification: the time limit covers the whole run as one step."""
_EPILOG = """\
exit status:
  0  everything was checked, and no finding reaches the threshold
  1  findings
  2  wrong usage, or the manifest cannot be read
  3  nothing to check
  4  undecided: a theorem is unknown or vacuous, or a check could not run
  5  colorcheck itself failed
  130  interrupted

PATH is a colorcheck.toml, a folder that contains one, an input file (device tree, xl file, boot script …) or - for
standard input. It defaults to the current folder.
`colorcheck COMMAND --help` describes a command.
"""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong call in the same form as all other errors."""

    def error(self, message: str) -> NoReturn:
        raise Stop(message, f"`{self.prog} --help` shows the usage")


class CommandModule(Protocol):
    """The interface of a command module."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. Never ends with a traceback."""
    prepare_streams()
    with restricted(None), laid_over({}), allowed(Allowance()), ending_on_interrupt():
        return _ended(arguments)


def _ended(arguments: Sequence[str] | None) -> int:
    """The exit status, for every way in which a command can end."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        return _run(words)
    except Stop as stop:
        complain(stop.message, stop.help)
        return stop.status
    except TooCostly as error:
        complain(
            f"it {error.reason}" + (f", in {error.file}" if error.file else ""),
            "such an expensive file is rarely intended",
        )
        return Exit.UNDECIDED
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
    called = _called(words)
    names = [command.name for command in COMMANDS]
    if called is not None and called not in names:
        raise Stop(f"unknown command {called}", did_you_mean(called, names, "`colorcheck --help` lists them"))
    parser = _parser(called)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        raise _unknown(unknown[0], options.command)
    if options.command is None:
        parser.print_help()
        return Exit.USAGE
    from colorcheck.cli.arguments import refuse_empty

    refuse_empty(options, words)
    _require_folder()
    module = _module(options.command)
    if hasattr(options, "input_seconds"):
        allow(Allowance(options.input_seconds, options.input_memory))
    if options.command in _WHOLE:
        with costing():
            return module.run(options)
    return module.run(options)


def _require_folder() -> None:
    """Relative paths need the current folder, which may have been deleted. Raises Stop."""
    try:
        os.getcwd()
    except OSError:
        raise Stop("the current folder no longer exists", "change to one that exists") from None


def _unknown(word: str, command: str | None) -> Stop:
    who = f"colorcheck {command}" if command else "colorcheck"
    if not word.startswith("-"):
        return Stop(f"{who} does not take the argument {word}", f"`{who} --help` shows the usage")
    option = word.partition("=")[0]
    parser = _parser(command)
    known = [text for made in _commands(parser) for action in made._actions for text in action.option_strings]
    return Stop(f"{who} has no option {option}", did_you_mean(option, known, f"`{who} --help` lists them"))


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for made in action.choices.values():
                yield from _commands(made)


def _called(words: list[str]) -> str | None:
    return next((word for word in words if not word.startswith("-")), None)


def _parser(called: str | None) -> argparse.ArgumentParser:
    """The parser of the called command alone, so that no other module is loaded; of all, without arguments, if none
    is called.
    """
    parser = _Parser(
        prog="colorcheck",
        description="Checks, proves and plans cache coloring for Xen on Arm64.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"colorcheck {__version__}")
    parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        if called not in (None, command.name):
            continue
        made = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=HelpFormatter,
        )
        made.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
        if command.name == called:
            _fill(made, command.name)
    return parser


def full_parser() -> argparse.ArgumentParser:
    """The parser with the arguments of every command, for the documentation and for shell completion."""
    parser = _parser(None)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, made in action.choices.items():
                _fill(made, name)
    return parser


def _fill(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of a command and a one-line usage; `--help` lists the manifest's options last."""
    _module(name).add_arguments(parser)
    parser._action_groups.sort(key=lambda group: group.title == INSTEAD_OF_KEYS)
    if parser._subparsers is None:
        parser.usage = " ".join(["%(prog)s", *_needed(parser), "[OPTIONS]"])


def _needed(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The positional and required arguments, in the notation of usage lines."""
    for group in parser._mutually_exclusive_groups:
        if group.required:
            yield f"({' | '.join(f'{a.option_strings[0]} {a.metavar}' for a in group._group_actions)})"
    for action in parser._actions:
        if action.option_strings:
            if action.required:
                yield f"{action.option_strings[0]} {action.metavar}"
        else:
            name = action.metavar if isinstance(action.metavar, str) else f"{{{','.join(action.choices or ())}}}"
            yield f"[{name}]" if action.nargs == "?" else name


def _module(name: str) -> CommandModule:
    command: CliCommand = next(c for c in COMMANDS if c.name == name)
    return import_module(f"colorcheck.cli.{command.module}")


def _crashed(error: Exception) -> int:
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    complain(
        f"colorcheck itself failed: {type(error).__name__}: {error} (in {where.name}, line {where.lineno})",
        "there is no verdict; run the same command with --debug and report its output",
    )
    return Exit.FAULT
