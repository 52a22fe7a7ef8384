"""The tables that parsers are made from: for today's grammars, and never used for others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from colorcheck.files import resources
from colorcheck.inputs import grammar

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "make"))
from grammar_tables import LEXERS, PARSERS  # noqa: E402

TEXTS = {
    "boot_arguments": "llc-coloring=on dom0_mem=1G xen-llc-colors=0-1 -- x",
    "color_list": "0-1,4,7-9",
    "device_tree": "/dts-v1/;\n/ { a = <1 (2 + 3)>; n@1 { reg = [01 02]; }; };\n",
    "device_tree_rows": "/dts-v1/;\n/ { a = <1 (2 + 3)>; n@1 { reg = [01 02]; m { }; }; };\n",
    "xl": 'name = "rt"\nmemory = 64\nllc_colors = ["4-8", "10"]\n',
    "u_boot": "if test -e mmc 0 x; then\n  setenv a 1; load mmc 0 ${addr} x\nfi\n",
}


MADE = [
    *(pytest.param(name, partial(grammar.tables_of, name, start), id=name) for name, start in PARSERS),
    *(pytest.param(f"{name}.tokens", partial(grammar.terminals_of, name), id=f"{name}.tokens") for name in LEXERS),
]


@pytest.mark.parametrize(("file", "made"), MADE)
def test_tables_are_for_the_grammar_of_today(file: str, made: Callable[[], dict[str, object]]) -> None:
    """Else `python docs/make/grammar_tables.py`; until then the parser is built from the grammar, slowly.

    They are for the lark that the tests use as a rule, whichever is installed.
    """
    found = json.loads(resources.tables(file))
    lark, _, rest = found["for"].partition(", ")
    assert rest == str(made()["for"]).partition(", ")[2]
    assert lark.replace(" ", "==") in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("name", "start"), PARSERS)
def test_both_parsers_give_the_same(name: str, start: str | tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    entry = start[0] if isinstance(start, tuple) else None

    def read() -> object:
        return grammar.parser.__wrapped__(name, start=start).parse(TEXTS[name], start=entry)

    ready = read()
    monkeypatch.setattr(resources, "tables", lambda _: "{}")
    assert read() == ready


@pytest.mark.parametrize("name", LEXERS)
def test_both_lexers_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{TEXTS[name]} ?% {TEXTS[name]}"
    ready = list(grammar.tokens(name, text))
    monkeypatch.setattr(resources, "tables", lambda _: "{}")
    monkeypatch.setattr(grammar, "_lexer", grammar._lexer.__wrapped__)
    slow = list(grammar.tokens(name, text))
    assert [(token.type, token, token.start_pos, token.line) for token in slow] == [
        (token.type, token, token.start_pos, token.line) for token in ready
    ]


def test_tables_of_another_grammar_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    text = resources.grammar("xl")
    monkeypatch.setattr(resources, "grammar", lambda _: text + "\n// changed\n")
    assert grammar._from_tables("xl", "start", None) is None
