"""Writes boards/common/made/*.json anew, after a table there changed: `python docs/make/board_tables.py`."""

import json
import tomllib
from pathlib import Path

from colorcheck.files.resources import digest

FOLDER = Path(__file__).parents[2] / "boards" / "common"


def made(file: Path) -> str:
    """What `colorcheck.files.resources.common_table` reads in place of a TOML file."""
    text = file.read_text(encoding="utf-8")
    return json.dumps({"of": digest(text), "table": tomllib.loads(text)}, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in sorted(FOLDER.glob("*.toml")):
        (FOLDER / "made" / f"{file.stem}.json").write_text(made(file), encoding="utf-8")
