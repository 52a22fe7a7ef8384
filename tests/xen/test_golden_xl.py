"""xl files, held against the answers of xl's own reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from colorcheck.inputs.xl.xl_values import in_bytes
from colorcheck.xen.domains.xl_guest import parse_xl

CASES = json.loads((Path(__file__).parent.parent / "golden" / "xl.json").read_text(encoding="utf-8"))["cases"]
NUMBERS = ("memory", "maxmem", "vcpus", "maxvcpus", "name")


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_xl_file(case: dict[str, Any]) -> None:
    expected, found = case["expect"], parse_xl(case["text"])
    assert found.ok == (expected["rc"] == 0)
    log = [in_bytes(line) for line in found.messages if not line.startswith("xl: ")]
    assert log == [line for line in expected["log"].split("\n") if line]
    if not found.ok:
        return
    assert [[s.name, s.operator, s.line, s.value] for s in found.settings] == expected["settings"]
    assert {name: getattr(found, name) for name in NUMBERS} == {name: expected[name] for name in NUMBERS}
    stops = isinstance(expected["llc_colors"], dict)
    assert bool(found.rejected) == stops
    if not stops:
        assert found.llc_colors == (None if expected["llc_colors"] is None else tuple(expected["llc_colors"]))
