"""Texts keep to plain idiomatic English: turns of phrase that were rooted out do not come back.

Looks at the string literals of the package, the pages of rules included, at all docstrings, and at the documentation.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

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

ROOTED_OUT_OF_PROSE = {
    r"(?i)\bnobody\b": "say what is not known, in the passive, or 'no one'",
    r"(?<!`)\bmend(s|ed)?\b(?!`)": "write 'fix'",
    r"(?i)\b(held|holds?) (it|this|\w+ |the [\w' ]{1,30})\bagainst\b|\bheld against\b": "write 'compare with'",
    r"\b(is|are|was|were|be|being) told\b(?! to\b)": "write 'reported', 'shown' or 'given'",
    r"\btold apart\b": "write 'distinguished'",
    r"\b(comes?|came) to stand\b": "write 'ends up'",
    r"\b(lies?|stands?) beside\b": "write 'is next to'",
    r"\b(What|what) (each |a |one )?(Xen|xl|ImageBuilder)( release)? makes of\b": "write 'does with' or 'reads from'",
    r"\bone behind the other\b": "write 'one after the other'",
    r"\bone an? (finding|file|line|guest|step|size)\b": "write 'one per …'",
    r"\bNone where\b": "write 'None if'",
    r"[;,] empty where\b": "write 'empty if'",
    r"\bRaises \w+ where\b": "write 'Raises … if'",
    r"(?:^|\. )As `": "write 'Like `…`'",
    r"\bhangs? on\b": "write 'depends on' or 'affects'",
    r"(?i)\b(some|every)body\b": "name who it is: the user, all domains, another program",
    r"\bcounts? for nothing\b": "write 'has no effect'",
    r"\bdecides? over\b": "write 'determines' or 'matters for'",
    r"\bgoes? before\b": "write 'takes precedence over'",
    r"\binto being\b": "write 'is created'",
    r"\bgiven out\b": "write 'allocated'",
    r"\b(is|are|be) worked out\b": "write 'computed'",
    r"\blies? (at|above|below|here|there|elsewhere|where)\b": "write 'is at …'",
    r"\bbeside\b": "write 'next to' or 'in addition to'",
    r"\ba stranger\b": "write 'untrusted'",
    r"\bwhoever\b": "name who it is",
    r"\bthe one way (to|in)\b": "say what the module does",
}
PROSE = {re.compile(phrase): advice for phrase, advice in ROOTED_OUT_OF_PROSE.items()}
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md"]


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


# A value in front of these brings its own space, or is part of a name.
JOINED = {"pose.py": "that select them", "judges.py": "domains = "}


def joined_words(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words of an f-string that follow a value without a space."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for before, after in pairwise(node.values):
                text = after.value if isinstance(after, ast.Constant) else ""
                if isinstance(before, ast.FormattedValue) and re.match(r"[a-z]{3,} ", str(text)):
                    yield node.lineno, str(text)


def test_no_value_runs_into_the_next_word() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in joined_words(ast.parse(path.read_text(encoding="utf-8")))
        if not text.startswith(JOINED.get(path.name, "\0"))
    ]
    assert found == []
    assert list(joined_words(ast.parse('f"{count}colors at least"')))


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Docstrings of modules, classes and functions, and the texts below fields and constants."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, " ".join(node.value.value.split())


def paragraphs(path: Path) -> Iterator[tuple[int, str]]:
    """The prose of a page, without its blocks of code."""
    text = re.sub(
        r"(?ms)^[ ]*```.*?^[ ]*```", lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8")
    )
    for found in re.finditer(r"(?s)\S.*?(?=\n\s*\n|\Z)", text):
        yield text.count("\n", 0, found.start()) + 1, " ".join(found[0].split())


def stumbles(path: Path, texts_of_it: Iterator[tuple[int, str]]) -> list[str]:
    return [
        f"{path}:{line}: {advice}: …{text[max(match.start() - 30, 0) : match.end() + 30]}…"
        for line, text in texts_of_it
        for phrase, advice in PROSE.items()
        for match in phrase.finditer(text)
    ]


def test_docstrings_keep_to_plain_words() -> None:
    found = [each for path in sorted(PACKAGE.rglob("*.py")) for each in stumbles(path, docstrings(path))]
    assert not found, "\n" + "\n".join(found)


def test_pages_keep_to_plain_words() -> None:
    root = PACKAGE.parent
    pages = [*(root / name for name in PAGES), *sorted((root / "docs").rglob("*.md"))]
    pages += sorted((root / "examples").rglob("README.md"))
    found = [each for path in pages for each in stumbles(path, paragraphs(path))]
    assert len(pages) > 50
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "None where nobody says it.",
        "What each Xen makes of a deployment.",
        "The log is held against the model.",
        "Findings that are told.",
        "A script that lies beside the tree.",
        "A fix that mends the list.",
        "A place in a file. Raises Stop where there is none.",
        "As `check`, without signatures.",
        "The fact that a verdict hangs on.",
        "A file that somebody made.",
        "The addresses are worked out later.",
        "The list goes before the option.",
    ],
)
def test_a_phrase_is_noticed(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n```\nnobody\n```\n\n{text}\n", encoding="utf-8")
    assert stumbles(page, paragraphs(page))
    module = tmp_path / "module.py"
    module.write_text(f'"""{text}"""\n', encoding="utf-8")
    assert stumbles(module, docstrings(module))


def test_plain_words_are_not_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Xen is told to use none.\n\n```\nnobody\n```\n\nThe fix is reported.\n", encoding="utf-8")
    assert not stumbles(page, paragraphs(page))
