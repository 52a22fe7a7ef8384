"""What is skipped says what to do so that it runs: each reason names what is needed, and how to get it."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent
CALLS = {"skip": 0, "skipif": None, "importorskip": None}
"""The functions that skip, with where their reason stands if it has no name."""
NAMED = {"REASON", "NUMBA"}
WAYS = ("install ", "set ", "needs a ")
"""How a reason starts to say what helps."""


def reasons(tree: ast.Module) -> list[tuple[int, str]]:
    """The lines where something is skipped, with the constant text of the reason; `"REASON"` where it has a name."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in CALLS:
            continue
        position = CALLS[node.func.attr]
        named = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
        given = named or ([node.args[position]] if position is not None and node.args else [])
        texts = [
            part.value
            for reason in given
            for part in ast.walk(reason)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        names = [reason.id for reason in given if isinstance(reason, ast.Name)]
        found.append((node.lineno, "".join(texts) or "".join(names)))
    return found


def test_every_reason_says_what_helps() -> None:
    wrong = []
    for file in sorted(TESTS.rglob("*.py")):
        for line, reason in reasons(ast.parse(file.read_text(encoding="utf-8"))):
            if reason not in NAMED and not any(way in reason for way in WAYS) and "make " not in reason:
                wrong.append(f"{file.relative_to(TESTS)}:{line}: {reason!r}")
    assert not wrong


def test_a_reason_without_a_way_is_seen() -> None:
    text = 'pytest.skip("no dtc here")\n@pytest.mark.skipif(True, reason="install dtc")\ndef f(): pass\nskip()\n'
    assert reasons(ast.parse(text)) == [(1, "no dtc here"), (2, "install dtc")]
    assert reasons(ast.parse('pytest.importorskip("cvc5")')) == [(1, "")]
