"""The tables of `boards/common` are read from JSON that was made of them, and never from JSON of other text."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from colorcheck.files import resources

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "make"))
from board_tables import FOLDER, made  # noqa: E402

NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_what_was_made_is_of_the_table_of_today(name: str) -> None:
    """Else `python docs/make/board_tables.py`; until then the table itself is read, slowly."""
    assert (FOLDER / "made" / f"{name}.json").read_text(encoding="utf-8") == made(FOLDER / f"{name}.toml")
    assert resources.common_table(name) == tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def test_nothing_else_was_made() -> None:
    assert sorted(path.stem for path in (FOLDER / "made").iterdir()) == NAMES


@pytest.mark.parametrize("made_text", [None, "", "[]", "{", '{"of": 1}', json.dumps({"of": "0", "table": {"a": 2}})])
def test_json_of_another_text_is_not_used(
    made_text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "boards" / "common"
    (folder / "made").mkdir(parents=True)
    (folder / "cores.toml").write_text("a = 1\n", encoding="utf-8")
    if made_text is not None:
        (folder / "made" / "cores.json").write_text(made_text, encoding="utf-8")
    monkeypatch.setattr(resources, "data_folder", lambda name: tmp_path / name)
    assert resources.common_table("cores") == {"a": 1}
