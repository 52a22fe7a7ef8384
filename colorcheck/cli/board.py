"""`colorcheck board`: the hardware catalogue, and boards derived from device trees."""

from __future__ import annotations

import argparse
import json
import shutil

from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.core.diagnostic import Problem
from colorcheck.core.source import Location
from colorcheck.hardware.board import Board
from colorcheck.verification.exit import Exit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser(
        "list", help="all boards: SoC, cores, last-level cache, number of colors, IOMMU, whether it can be colored"
    )
    show = actions.add_parser("show", help="everything known about one board, with sources")
    show.add_argument("name", metavar="NAME", help="a board of the list, or a board file (NAME.toml)")
    derive = actions.add_parser("from-device-tree", help="write a commented first version of a board file")
    derive.add_argument("file", metavar="FILE", help="a device tree, source or blob")
    for action in (listing, show, derive):
        action.add_argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")


def run(options: argparse.Namespace) -> int:
    actions = {"list": _list, "show": _show, "from-device-tree": _from_device_tree}
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from colorcheck.plugins.manager import catalogue
    from colorcheck.report.terminal.boards import board_to_dict, boards_as_text

    boards = catalogue().boards()
    if options.format == "json":
        _print({"schema": "colorcheck/board list/1", "boards": [board_to_dict(board) for board in boards]})
    else:
        write(boards_as_text(boards, shutil.get_terminal_size((100, 24)).columns))
    broken = [name for name in catalogue().names() if name not in {board.name for board in boards}]
    for name in broken:
        found = catalogue().find(name, Location(name))
        complain(found.message if isinstance(found, Problem) else name)
    return _plugin_problems() or (Exit.FINDINGS if broken else Exit.CLEAN)


def _show(options: argparse.Namespace) -> int:
    from colorcheck.hardware.choose import silicon_differences
    from colorcheck.plugins.manager import catalogue
    from colorcheck.report.terminal.boards import board_as_text, board_to_dict

    found = catalogue().find(options.name, Location(options.name))
    if isinstance(found, Problem):
        raise Stop(found.message, found.help)
    differences = silicon_differences(found, catalogue())
    if options.format == "json":
        head: dict[str, object] = {"schema": "colorcheck/board show/1"}
        _print(head | {"board": board_to_dict(found), "differences": list(differences)})
    else:
        write(board_as_text(found) + "".join(f"\nbeware: {text}" for text in differences))
    return Exit.CLEAN


def _from_device_tree(options: argparse.Namespace) -> int:
    from colorcheck.hardware.geometry import board_from_device_tree
    from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree

    try:
        tree = read_device_tree(options.file)
    except DeviceTreeError as error:
        raise Stop(str(error)) from None
    board, problems = board_from_device_tree(tree)
    if options.format == "json":
        _print(_derived(board, problems))
    else:
        for problem in problems:
            complain(f"{problem.location}: {problem.message}", problem.help)
        if board is not None:
            write(_file(board, options.file, problems))
    return Exit.FINDINGS if problems or board is None else Exit.CLEAN


def _derived(board: Board | None, problems: tuple[Problem, ...]) -> dict[str, object]:
    from colorcheck.report.terminal.boards import board_to_dict

    return {
        "schema": "colorcheck/board from-device-tree/1",
        "board": board_to_dict(board) if board else None,
        "problems": [
            {"kind": p.kind, "message": p.message, "help": p.help, "location": p.location.to_dict()} for p in problems
        ],
    }


def _file(board: Board, file: str, problems: tuple[Problem, ...]) -> str:
    from colorcheck.hardware.board_text import to_toml

    head = [
        f"Derived from {file} by `colorcheck board from-device-tree`.",
        "A device tree only makes claims: compare it with",
    ]
    head[1] += " the manuals, fill in what is unknown, and cite the sources."
    return to_toml(board, [*head, *(f"{p.location}: {p.message}" for p in problems)])


def _plugin_problems() -> int:
    from colorcheck.plugins.manager import plugins

    for problem in plugins().problems:
        complain(problem.message, problem.help)
    return Exit.FINDINGS if plugins().problems else 0


def _print(document: dict[str, object]) -> None:
    write_json(json.dumps(document, indent=2))
