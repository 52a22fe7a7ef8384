"""docs/architecture.md says what the contract says, and the house is what both say."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CHANGES = json.loads((ROOT / "tests" / "changes.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("colorcheck", exclude_type_checking_imports=False, cache_dir=None)


def layers() -> list[str]:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    return contract["importlinter:contract:layers"]["layers"].split("\n")[1:]


def test_the_page_has_the_ranks_of_the_contract() -> None:
    block = re.search(r"```rooms\n(.*?)```", PAGE, re.DOTALL)
    assert block
    assert block[1].splitlines() == layers()


def test_every_room_is_described() -> None:
    rooms = {name.strip() for line in layers() for name in line.split("|")} - {"__main__"}
    table = re.findall(r"^\| (`[^|]+) \|.*\|.*\|$", PAGE, re.MULTILINE)
    described = {name.strip("/").removesuffix(".py") for row in table for name in re.findall(r"`([^`]+)`", row)}
    assert rooms <= described


def test_the_contract_has_no_exception() -> None:
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    assert "ignore_imports" not in text
    assert "exclude_type_checking_imports = False" in text
    assert "exhaustive = True" in text


def test_few_modules_stand_loose_at_the_top() -> None:
    assert len(list((ROOT / "colorcheck").glob("*.py"))) <= 6


def test_no_import_circle(graph: grimp.ImportGraph) -> None:
    """No two modules reach each other, imports for types included."""
    left = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    while free := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in free:
            del left[module]
    importing = set().union(*left.values()) if left else set()
    assert sorted(left.keys() & importing) == []


@pytest.mark.parametrize("entry", CHANGES, ids=lambda entry: entry["change"])
def test_a_change_has_its_place(entry: dict[str, str]) -> None:
    """The page names the room of each change in the list that fresh readers are asked about."""
    assert (ROOT / entry["place"]).exists()
    room = entry["place"].removeprefix("colorcheck/").split("/")[0]
    assert f"`{room}/" in PAGE, room


def test_twenty_changes() -> None:
    assert len(CHANGES) >= 20
