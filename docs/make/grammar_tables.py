"""Writes grammars/tables/*.json anew, after a grammar or lark changed: `python docs/make/grammar_tables.py`."""

import json
from pathlib import Path

from colorcheck.inputs.grammar import tables_of, terminals_of

PARSERS = (
    ("device_tree", ("source", "lone_value")),
    ("device_tree_rows", "source"),
    ("xl", "start"),
    ("u_boot", ("start", "body")),
)
LEXERS = ("boot_arguments", "color_list", "xl")
FOLDER = Path(__file__).parents[2] / "grammars" / "tables"

if __name__ == "__main__":
    found = {name: tables_of(name, start) for name, start in PARSERS}
    found |= {f"{name}.tokens": terminals_of(name) for name in LEXERS}
    for file, made in found.items():
        text = json.dumps(made, separators=(",", ":"), sort_keys=True)
        (FOLDER / f"{file}.json").write_text(text + "\n", encoding="utf-8")
