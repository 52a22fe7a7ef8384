"""Folders in which a device tree's included files are looked for, as the kernel's sources need them."""

from pathlib import Path

from colorcheck import api
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.inputs.read import read_deployment
from tests.shapes import present

MANIFEST = """
[target]
xen = "4.20"
[inputs]
device-tree = "board.dts"
include = ["kernel/include"]
"""
BOARD = """/dts-v1/;
#include <dt-bindings/numbers.h>
/ { model = "board"; value = <SEVEN>; };
"""


def test_a_header_is_found_in_a_folder_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "colorcheck.toml").write_text(MANIFEST)
    (tmp_path / "board.dts").write_text(BOARD)
    folder = tmp_path / "kernel" / "include" / "dt-bindings"
    folder.mkdir(parents=True)
    (folder / "numbers.h").write_text("#define SEVEN 7\n")
    deployment = read_deployment(read_manifest(str(tmp_path / "colorcheck.toml")))
    assert deployment.problems == ()
    assert present(deployment.tree).root.properties["value"].value == (7).to_bytes(4, "big")
    assert any(name.endswith("numbers.h") for name in present(deployment.tree).files)


def test_without_the_folder_the_header_is_missing(tmp_path: Path) -> None:
    (tmp_path / "colorcheck.toml").write_text(MANIFEST.replace('include = ["kernel/include"]', ""))
    (tmp_path / "board.dts").write_text(BOARD)
    found = [finding for finding in api.verify(tmp_path).findings if "numbers.h" in finding.message]
    assert len(found) == 1
    assert found[0].location.line == 2
