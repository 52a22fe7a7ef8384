"""Sources with what dtc 1.6.1 makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from colorcheck.inputs.device_tree.read import DeviceTreeError, ParsedDeviceTree, parse_device_tree
from tests.shapes import present, table

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "golden" / "device-tree.json").read_text())[
    "cases"
]


def parsed(case: dict[str, Any], folder: Path) -> ParsedDeviceTree:
    for name, text in case["files"].items():
        (folder / name).write_text(text, newline="")
    return parse_device_tree(str(folder / case["main"]), symbols="-@" in case.get("args", []))


@pytest.mark.parametrize("case", [c for c in CASES if c["ok"]], ids=lambda c: c["name"])
def test_accepted(case: dict[str, Any], tmp_path: Path) -> None:
    tree = parsed(case, tmp_path).to_dict()
    nodes = table(tree["nodes"])
    assert nodes == case["expect"]["nodes"]
    assert tree["memory_reservations"] == case["expect"]["memreserve"]
    assert list(nodes) == list(case["expect"]["nodes"])
    assert [list(p) for p in nodes.values()] == [list(p) for p in case["expect"]["nodes"].values()]


@pytest.mark.parametrize("case", [c for c in CASES if not c["ok"]], ids=lambda c: c["name"])
def test_refused(case: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DeviceTreeError) as refused:
        parsed(case, tmp_path)
    assert all(problem.location.line and problem.message for problem in refused.value.problems)


SYNTAX = [c for c in CASES if not c["ok"] and "syntax error" in c["errors"][0] and c["name"] != "empty_file"]


@pytest.mark.parametrize("case", SYNTAX, ids=lambda c: c["name"])
def test_syntax_errors_stand_where_dtc_sees_them(case: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DeviceTreeError) as refused:
        parsed(case, tmp_path)
    file, line, column = present(re.match(r"Error: (.*?):(\d+)\.(\d+)", case["errors"][0])).groups()
    at = refused.value.problems[0].location
    assert (Path(at.file).name, at.line, at.column) == (file, int(line), int(column))


@pytest.mark.parametrize("case", [c for c in CASES if c["ok"]], ids=lambda c: c["name"])
def test_warnings(case: dict[str, Any], tmp_path: Path) -> None:
    found = {present(re.search(r"\((\w+)\) (\S+):", warning)).groups() for warning in parsed(case, tmp_path).warnings}
    told = (re.search(r"Warning \((\w+)\): (/[^:]*):", warning) for warning in case["warnings"])
    assert found == {match.groups() for match in told if match}
