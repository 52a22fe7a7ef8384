"""Which CPU has which number, which pools there are and where each vCPU may run: what Xen's debug keys q and r said."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from tests.shapes import rows, table
from tests.xen.packed_boots import packed, written

# Nodes of CPUs that do not exist cannot be known from files.
CASES = {name: case for name, case in packed("affinity").items() if not name.startswith("cpu-more")}


@pytest.mark.parametrize("name", CASES)
def test_boot_and_affinity(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    want = case["expect"]
    manifest = written(tmp_path, case)
    boot = api.replay(manifest).to_dict(frames=False)
    assert boot["outcome"] == want["outcome"]
    if want["outcome"] == "panics":
        assert boot["panic"] == want["panic"]
        return
    assert table(boot["heap"])["final"] == want["color_heap"]
    found = {str(d["id"]): d["vcpus"] for d in rows(api.effective(manifest).to_dict()["domains"])}
    for number, affinity in want["affinity"].items():
        if affinity["pool"] is None:
            continue
        pool = set(want["cpupools"][affinity["pool"].removeprefix("Pool-")]["cpus"])
        masks = [sorted(set(mask) & pool or pool) for mask in affinity["hard"]]
        assert [vcpu["may_run"] for vcpu in found[number]] == masks


@pytest.mark.parametrize("name", [name for name in packed("affinity") if name.startswith("cpu-more")])
def test_cpus_that_do_not_exist_conclude_nothing_false(name: str, tmp_path: Path) -> None:
    """The files name CPUs that the machine lacks: where a vCPU may run is then a superset of what Xen said."""
    case = packed("affinity")[name]
    found = rows(api.effective(written(tmp_path, case)).to_dict()["domains"])
    for domain in found:
        hard = case["expect"]["affinity"][str(domain["id"])]["hard"]
        online = {int(number) for number in case["expect"]["cpus"]}
        for vcpu, mask in zip(domain["vcpus"], hard, strict=True):
            assert vcpu["may_run"] is None or set(vcpu["may_run"]) >= set(mask) & online
