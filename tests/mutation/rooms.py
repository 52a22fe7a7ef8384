"""What `make mutate` found: how many mutants a test noticed, by room, and what the others change."""

from __future__ import annotations

import ast
import difflib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

MUTANTS = Path("mutants")
NOTICED = {"noticed", "stopped"}
"""A test failed, or did not end in time or in the memory that it may take."""


def room(mutant: str) -> str:
    """`xen.memory` of a mutant in there, `proof` of one that lies in no room below it."""
    parts = mutant.split(".")[1:-1]
    return ".".join(parts[:-1][:2]) or parts[0]


def interval(noticed: int, of: int) -> tuple[float, float]:
    """Where the share of all lies with a certainty of 95 %, when so many of a random sample were noticed (Wilson)."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, noticed / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return middle - half, middle + half


@cache
def _functions(file: Path) -> dict[str, ast.AST]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bodies = [tree.body, *(each.body for each in tree.body if isinstance(each, ast.ClassDef))]
    return {each.name: each for body in bodies for each in body if isinstance(each, ast.FunctionDef)}


def _real_and_changed(mutant: str) -> tuple[ast.AST, ast.AST]:
    module, _, name = mutant.rpartition(".")
    file = MUTANTS / (module.replace(".", "/") + ".py")
    if not file.exists():
        file = MUTANTS / module.replace(".", "/") / "__init__.py"
    functions = _functions(file)
    return functions[f"{name.partition('__mutmut_')[0]}__mutmut_orig"], functions[name]


def difference(mutant: str) -> list[str]:
    """The lines that the mutant changes, before and after."""
    real, changed = (ast.unparse(each).splitlines()[1:] for each in _real_and_changed(mutant))
    return [
        line for line in difflib.unified_diff(real, changed, lineterm="", n=0) if line[:2] not in {"--", "++", "@@"}
    ]


def words_only(mutant: str) -> bool:
    """Whether it changes the letters of a text and nothing else."""
    real, changed = _real_and_changed(mutant)
    pairs = zip(ast.walk(real), ast.walk(changed), strict=False)
    return all(type(a) is type(b) for a, b in pairs) and _without_words(real) == _without_words(changed)


def _without_words(function: ast.AST) -> list[str]:
    return [
        repr(getattr(each, "value", None)) if isinstance(each, ast.Constant) else ast.dump(each)[:40]
        for each in ast.walk(function)
        if not (isinstance(each, ast.Constant) and isinstance(each.value, str)) and not list(ast.iter_child_nodes(each))
    ]


def report(answers: Mapping[str, str], named: Iterable[str] = ()) -> str:
    """A line for each mutant that no test noticed, with its change, then the figures."""
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    lines = []
    for mutant, answer in sorted(answers.items()):
        words = words_only(mutant)
        for name in (room(mutant), "letters of a text" if words else "all else", "together"):
            counts[name][answer in NOTICED] += 1
        if answer not in NOTICED:
            lines += [f"{mutant}: {answer}", *(f"    {line}" for line in difference(mutant))]
    last = ["all else", "letters of a text", "together"]
    for name in [*sorted(counts.keys() - set(last)), *(each for each in last if each in counts)]:
        noticed, of = counts[name][True], counts[name].total()
        low, high = interval(noticed, of)
        lines.append(f"{name:17} {noticed:5} of {of:5} noticed: {noticed / of:4.0%} ({low:.0%} to {high:.0%})")
    return "\n".join(lines)
