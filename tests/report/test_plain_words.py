"""Texts that users see keep to plain idiomatic English: turns of phrase that were rooted out do not come back.

Looks at the string literals of the package, the pages of rules included; other docstrings are not texts for users.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "colorcheck"
KINDS = "folder|file|domain|color|list|number|board|plain|whole|prediction|command|multiple|finding|profile|JSON"

ROOTED_OUT = {
    rf"(?<!there )\b(is|are) no ({KINDS})\b": "write 'is not a …'",
    r"\bnobody (gave|says|knows|can|vouches|documented|has|is told)\b": "say what is not known, in the passive",
    r"\b(?!(?:kernel|dom0|decide)\b)makes? of\b": "write 'reads as' or 'does with'",
    r"\b(hold|held|holds) (it|the [\w ]{1,30}|this [\w ]{1,30}) against\b": "write 'compare with'",
    r"\bmend(s|ed)?\b": "write 'fix'",
    r"\b(is|are|be|always) told\b": "write 'reported'",
    r"\bknows no\b": "write 'has no' or 'does not support'",
    r"\bcounts? (as absent|for nothing)\b": "write 'is treated as absent' or 'has no effect'",
    r"\bwithout a word\b": "write 'silently'",
    r"\blies? beside\b": "write 'is next to'",
    r"\bwish(es)?\b": "write 'requirement'",
}
PATTERNS = {re.compile(phrase): advice for phrase, advice in ROOTED_OUT.items()}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The literals of a module of three words or more; of the docstrings only a rule's page."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
    }
    first = tree.body[0] if tree.body else None
    if isinstance(first, ast.Expr) and re.match(r"cc\d", path.name):
        documentation.discard(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            words = node.value.split()
            if len(words) >= 3:
                yield node.lineno, " ".join(words)


def test_phrases_that_were_rooted_out_stay_away() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {advice}: {text[:100]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in texts(path)
        for phrase, advice in PATTERNS.items()
        if phrase.search(text)
    ]
    assert not found, "\n" + "\n".join(found)
