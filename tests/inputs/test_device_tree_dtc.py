"""Sources of every kind, held against dtc itself where it is installed, as the release that it is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from colorcheck.inputs.device_tree.dtc import RELEASES
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from tests.inputs.blobs import contents
from tests.inputs.device_tree_texts import made

pytestmark = pytest.mark.slow

DTC = shutil.which("dtc")
SAID = subprocess.run([DTC, "--version"], capture_output=True, text=True, check=False).stdout if DTC else ""
RELEASE = next((release for release in RELEASES if f"DTC {release.name[:3]}" in SAID), RELEASES[-1])
SOURCES = 150


@pytest.mark.skipif(DTC is None, reason="needs dtc: install device-tree-compiler")
@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("symbols", [False, True])
def test_same_as_dtc(tmp_path: Path, broken: bool, symbols: bool) -> None:
    source, blob = tmp_path / "m.dts", tmp_path / "m.dtb"
    accepted = 0
    for seed in range(SOURCES):
        text = made(seed * 4 + broken * 2 + symbols, broken=broken)
        source.write_bytes(text.encode("utf-8", "surrogatepass"))
        command = [str(DTC), "-q", *(["-@"] if symbols else []), "-I", "dts", "-O", "dtb", "-o", str(blob), str(source)]
        taken = subprocess.run(command, capture_output=True, check=False).returncode == 0
        try:
            found = read_device_tree(str(source), symbols=symbols, dtc=RELEASE)
        except DeviceTreeError as error:
            # dtc writes an empty blob where a source deletes its root.
            found = None
            taken = taken and "the root of the tree" not in str(error)
        assert taken == (found is not None), text
        if found is None:
            continue
        accepted += 1
        expected = read_device_tree(str(blob))
        assert contents(found) == contents(expected), text
        assert found.memory_reservations == expected.memory_reservations, text
        assert (found.boot_cpu, found.size) == (expected.boot_cpu, expected.size), text
    assert accepted > SOURCES // 10
