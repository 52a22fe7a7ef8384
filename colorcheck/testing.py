"""Helpers for the tests of plugins and of boards.

`check_plugin` returns everything that is wrong with a plugin; `check_board` does the same for a board; `verify_text`
runs the whole pipeline over a deployment written as text.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

from colorcheck.core.diagnostic import Problem
from colorcheck.hardware.board import Board
from colorcheck.hardware.index import UnknownIndex
from colorcheck.plugins.hookspecs import GROUP
from colorcheck.plugins.manager import Plugins, gather
from colorcheck.verification.results import Verification


def load_plugin(module: str, name: str = "plugin-under-test") -> Plugins:
    """The contributions of a plugin, loaded alone, as if an entry point named this module (or `module:object`)."""
    return gather([EntryPoint(name, module, GROUP)])


def check_plugin(module: str) -> tuple[str, ...]:
    """All faults of a plugin: errors on loading, invalid boards and rules."""
    found = load_plugin(module)
    return (*(problem.message for problem in found.problems), *_boards(found), *_rules(found))


def _boards(found: Plugins) -> Iterator[str]:
    for name, make in found.boards.items():
        try:
            board = make()
        except Exception as error:
            yield f"board {name}: {error}"
            continue
        if not isinstance(board, Board):
            yield f"board {name}: a {type(board).__name__} is not a Board"
        else:
            yield from (f"board {name}: {text}" for text in check_board(board))


def _rules(found: Plugins) -> Iterator[str]:
    for identifier, rule in found.rules.items():
        try:
            _ = rule.page
        except ValueError as error:
            yield f"rule {identifier}: {error}"


def check_board(board: Board) -> tuple[str, ...]:
    """All faults in a board's values: inconsistent sizes, values without a source."""
    return tuple(_board(board))


def _board(board: Board) -> Iterator[str]:
    if not board.clusters:
        yield "it has no cluster"
    for number, cluster in enumerate(board.clusters):
        where = f"cluster {number} ({cluster.cores})"
        if not cluster.sources:
            yield f"{where} cites no source"
        for cache in cluster.caches:
            if None not in (cache.size, cache.ways, cache.line, cache.sets) and cache.size != (
                (cache.ways or 0) * (cache.line or 0) * (cache.sets or 0)
            ):
                yield f"{where}: the L{cache.level} has {cache.size} bytes, which is not ways x line x sets"
            if not isinstance(cache.index, UnknownIndex) and cache.index.n_sets != cache.sets:
                yield f"{where}: the index of the L{cache.level} counts {cache.index.n_sets} sets, not {cache.sets}"
    if board.dram and not board.dram_sources:
        yield "its DRAM ranges cite no source"
    if board.colorable == "yes" and board.nr_colors is None:
        yield "it is marked colorable, but its number of colors is unknown"


def verify_text(files: Mapping[str, str | bytes]) -> Verification:
    """The verification of a deployment whose files are given by name; `colorcheck.toml` must be one of them."""
    from colorcheck.inputs.manifest.manifest_reader import read_manifest
    from colorcheck.workflows import verify as pipeline

    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (Path(folder) / name).write_bytes(data)
        return pipeline.verify(read_manifest(str(Path(folder) / "colorcheck.toml")))


def problems_of(verification: Verification) -> tuple[Problem, ...]:
    """The problems that the readers found in a verification."""
    return verification.facts.deployment.problems
