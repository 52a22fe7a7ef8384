"""Whether a kernel for dom0 is missing from a tree that has domains of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows.verify import verify

TREE = """/dts-v1/; / {{ #address-cells = <2>; #size-cells = <2>; compatible = "xlnx,zynqmp-zcu102";
memory@0 {{ device_type = "memory"; reg = <0 0 0 0x7ff00000>; }};
chosen {{ #address-cells = <2>; #size-cells = <2>; {more}
xen,xen-bootargs = "llc-coloring=on xen-llc-colors=0-1 {arguments}";
rt {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; cpus = <1>; memory = <0 0x20000>;
llc-colors = "7-10"; module@3000000 {{ compatible = "multiboot,kernel", "multiboot,module";
reg = <0 0x3000000 0 0x100000>; }}; }}; }}; }};
"""
MANIFEST = """[target]
xen = "4.21"
board = "zcu102"
xen-image-size = 0x17c000
xen-address = 0x600000
device-tree-address = 0x100000
device-tree-size = 0x9000
[inputs]
device-tree = "system.dts"
"""


@pytest.mark.parametrize(
    ("more", "arguments", "missing"),
    [
        ("", "", False),
        ("", "dom0_mem=512M", False),
        ("", "dom0-llc-colors=2-6", True),
        ('xen,dom0-bootargs = "console=hvc0";', "", True),
    ],
)
def test_what_speaks_of_dom0_leaves_its_kernel_open(
    tmp_path: Path, more: str, arguments: str, *, missing: bool
) -> None:
    (tmp_path / "system.dts").write_text(TREE.format(more=more, arguments=arguments))
    (tmp_path / "colorcheck.toml").write_text(MANIFEST)
    found = verify(read_manifest(str(tmp_path / "colorcheck.toml")))
    assert any("none of the boot modules is dom0's kernel" in finding.message for finding in found.findings) == missing
    assert found.exit_status() == (4 if missing else 0)
