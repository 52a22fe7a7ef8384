"""Writes grammars/tables/*.json anew, after a grammar or lark changed: `python docs/make/grammar_tables.py`."""

import json
from pathlib import Path

from colorcheck.inputs.grammar import tables_of

PARSERS = (
    ("device_tree", ("source", "lone_value"), "contextual"),
    ("xl", "start", "contextual"),
    ("u_boot", ("start", "body"), "contextual"),
    ("boot_arguments", "start", "basic"),
    ("color_list", "start", "basic"),
)
FOLDER = Path(__file__).parents[2] / "grammars" / "tables"

if __name__ == "__main__":
    for name, start, lexer in PARSERS:
        text = json.dumps(tables_of(name, start, lexer), separators=(",", ":"), sort_keys=True)
        (FOLDER / f"{name if lexer == 'contextual' else f'{name}.{lexer}'}.json").write_text(
            text + "\n", encoding="utf-8"
        )
