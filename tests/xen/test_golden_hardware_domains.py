"""Hardware domains of the device tree, boot for boot as real Xen took them."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from tests.shapes import rows, table
from tests.xen.packed_boots import packed, written

CASES = packed("hardware-domains")


@pytest.mark.parametrize("name", CASES)
def test_boot(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    want = case["expect"]
    boot = api.replay(written(tmp_path, case)).to_dict(frames=False)
    assert boot["outcome"] == want["outcome"]
    if want["outcome"] == "panics":
        panic = table(boot["panic"])
        assert panic["class"] == want["panic"]["class"]
        assert panic["message"] == want["panic"]["message"]
        return
    assert table(boot["heap"])["final"] == want["color_heap"]
    found = {str(d["id"]): [d["colors"], d["pages"]] for d in rows(boot["domains"])}
    assert found == {number: [sorted(d["colors"]), d["pages"]] for number, d in want["domains"].items()}
