"""What a real U-Boot handed over: tree byte for byte, sizes, reservations, places, and what was overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from tests.loader.u_boot_cases import cases, flat, write_case
from tests.shapes import table

OF_THE_BUILD = {"u-boot,version", "kaslr-seed", "rng-seed"}
MAY_BE_OPEN = {"linux,initrd-start", "linux,initrd-end"}  # where U-Boot's own size decides


@pytest.mark.parametrize("name", cases())
def test_what_u_boot_hands_over(name: str, tmp_path: Path) -> None:
    case = cases()[name]
    found = api.handover(write_case(name, tmp_path))
    if case["outcome"] != "handover":
        assert found.stopped
        return
    assert found.stopped is None
    tree = case["tree"]
    address, size = found.device_tree
    assert size == int(tree["totalsize"], 0)
    assert address in (None, int(tree["address"], 0))
    assert found.xen_address == int(case["image_address"], 0)
    reserved = [[int(a, 0), int(b, 0)] for a, b in tree["memreserve"]]
    assert [b for _, b in found.memory_reservations] == [b for _, b in reserved]
    assert all(a in (None, b[0]) for (a, _), b in zip(found.memory_reservations, reserved, strict=True))
    for module in case.get("modules_after") or ():
        mine = next(m for m in found.modules if m.address == int(module["address"], 0))
        assert mine.whole == module["unchanged"]
    if "after" in case:
        want, got = flat(case["after"]), table(found.to_dict()["tree"])
        assert list(got) == list(want)
        for path, properties in want.items():
            for key in {*properties, *got[path]} - OF_THE_BUILD:
                if got[path].get(key, "") is None and key in MAY_BE_OPEN:
                    continue
                assert got[path].get(key) == properties.get(key), f"{path}:{key}"
