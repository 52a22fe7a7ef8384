"""Modules, kernels, ramdisks and memory at which Xen stops (measured: boots module-, depth-, initrd-, memnode-)."""

from pathlib import Path

import pytest

from colorcheck import api
from tests.shapes import rows

TREE = """/dts-v1/;
/ {{
  #address-cells = <2>; #size-cells = <2>;
  {memory}
  chosen {{
    #address-cells = <2>; #size-cells = <2>;
    xen,xen-bootargs = "dom0_mem=64M llc-coloring=on xen-llc-colors=0 dom0-llc-colors=1-7";
    {chosen}
  }};
  cpus {{ #address-cells = <1>; #size-cells = <0>;
    cpu@0 {{ device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; }}; }};
}};
"""
MEMORY = 'memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };'
KIND = 'compatible = "multiboot,kernel", "multiboot,module";'
KERNEL = f"k {{ {KIND} reg = <0 0x49000000 0 0x10000>; }};"
DOMAIN = (
    'd { compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; memory = <0 0x8000>; cpus = <1>; '
    'llc-colors = "8-9"; %s };'
)
UNREGISTERED = 'm { compatible = "multiboot,kernel"; reg = <0 1 0 1>; };'
SECOND = MEMORY.replace("@4", "@5").replace("0x40000000 0 ", "0x50000000 0 ")
BUG = "Xen BUG at common/page_alloc.c:309"
GUEST = f"m {{ {KIND} reg = <0 0x49200000 0 0x10000>; }};"


def outcome(folder: Path, chosen: str, memory: str = MEMORY, loader: str = 'loader = "none"') -> tuple[str, str]:
    (folder / "a.dts").write_text(TREE.format(chosen=chosen, memory=memory))
    place = "xen-image-size = 0x174000\nxen-address = 0x40400000\ndevice-tree-address = 0x48000000"
    (folder / "colorcheck.toml").write_text(
        f'[target]\nxen = "4.21"\nboard = "qemu-virt-cortex-a53"\n{loader}\n{place}\n[inputs]\ndevice-tree = "a.dts"\n'
    )
    found = api.replay(str(folder / "colorcheck.toml")).to_dict()
    panic = found["panic"]
    return str(found["outcome"]), str(panic["message"]) if isinstance(panic, dict) else ""


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (KERNEL, ""),
        (KERNEL + DOMAIN % GUEST, ""),
        (DOMAIN % GUEST, ""),
        ("", "Could not set up d0 guest OS (rc = -2)"),
        (f"k {{ {KIND} reg = <0 0x49000000 0 0>; }};", "Could not set up d0 guest OS (rc = -2)"),
        (KERNEL + f"m {{ {KIND} }};", "node m missing `reg' property"),
        (KERNEL + f'm {{ {KIND} status = "disabled"; }};', "node m missing `reg' property"),
        (KERNEL + f"m {{ {KIND} reg = <0 1 2>; }};", "fdt: node `m': `reg` property length is too short"),
        (KERNEL[:-2] + f'bootargs = "{"a" * 1024}"; }};', ""),
        (KERNEL[:-2] + f'bootargs = "{"a" * 1025}"; }};', "module chosen command line too long"),
        (KERNEL + DOMAIN % (GUEST[:-2] + f'bootargs = "{"é" * 513}"; }};'), "module d command line too long"),
        (KERNEL + DOMAIN % f"box {{ {GUEST} }};", "Could not set up domain d (rc = -2)"),
        (KERNEL + DOMAIN % f"m {{ {KIND} reg = <0 0x49008000 0 0x10000>; }};", "Could not set up domain d (rc = -2)"),
        (
            KERNEL + DOMAIN % 'm { compatible = "multiboot,kernel"; reg = <0 1 0 1>; };',
            "Could not set up domain d (rc = -2)",
        ),
        (KERNEL + "linux,initrd-start = <0x4a000000>;", "Early FDT parsing failed (-22)"),
        (KERNEL + "linux,initrd-start = <2>; linux,initrd-end = <2>;", "Early FDT parsing failed (-22)"),
        (KERNEL + "linux,initrd-start = <1 2 3>; linux,initrd-end = <9>;", "Early FDT parsing failed (-22)"),
        (KERNEL + "linux,initrd-end = <2>;", ""),
    ],
)
def test_modules(tmp_path: Path, chosen: str, message: str) -> None:
    properties = "".join(part + ";" for part in chosen.split(";") if part.strip().startswith("linux,initrd"))
    rest = chosen
    for part in filter(None, properties.split(";")):
        rest = rest.replace(part + ";", "")
    assert outcome(tmp_path, properties + rest) == ("panics" if message else "boots", message)


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        ("", "Not enough memory to relocate Xen"),
        (MEMORY.replace('device_type = "memory";', ""), "Not enough memory to relocate Xen"),
        (MEMORY + 'memory@1 { device_type = "memory"; };', "Early FDT parsing failed (-2)"),
        (MEMORY + 'memory@1 { device_type = "memory"; status = "disabled"; };', ""),
        (
            MEMORY + MEMORY.replace("@4", "@5").replace("0x40000000 0 ", "0x50000000 0 "),
            "Xen BUG at common/page_alloc.c:309",
        ),
        (MEMORY + MEMORY.replace("@4", "@8").replace("0x40000000 0 ", "0x80000000 0 "), ""),
    ],
)
def test_memory(tmp_path: Path, memory: str, message: str) -> None:
    assert outcome(tmp_path, KERNEL, memory) == ("panics" if message else "boots", message)


@pytest.mark.parametrize("loader", ["", 'loader = "u-boot"', 'loader = "uefi"'])
def test_a_loader_may_write_what_is_missing(tmp_path: Path, loader: str) -> None:
    firmware = 'xen,uefi-binary = "Image";' if "uefi" in loader else ""
    assert outcome(tmp_path, KERNEL + f"m {{ {KIND} {firmware} }};", loader=loader)[0] != "panics"
    assert outcome(tmp_path, "", loader=loader)[0] != "panics"


@pytest.mark.parametrize("loader", ['loader = "none"', 'loader = "u-boot"', 'loader = "uefi"', ""])
def test_a_module_that_the_efi_loader_may_bring_refutes_nothing(tmp_path: Path, loader: str) -> None:
    assert outcome(tmp_path, KERNEL + f'm {{ {KIND} xen,uefi-binary = "initrd"; }};', loader=loader)[0] != "panics"
    found = api.verify(str(tmp_path / "colorcheck.toml"))
    verdicts = {str(theorem.verdict) for theorem in found.theorems if theorem.id.startswith(("boots", "memory"))}
    assert "refuted" not in verdicts
    assert "proved" not in {str(t.verdict) for t in found.theorems if t.id.startswith("memory")} or "uefi" in loader


@pytest.mark.parametrize("node", ["memory@40000000", "reserved"])
def test_a_part_of_an_entry_is_told(tmp_path: Path, node: str) -> None:
    memory = MEMORY + "reserved-memory { #address-cells = <2>; #size-cells = <2>; reserved { reg = <0 1 0 0>; }; };"
    cut = memory.replace("0 0x40000000>", "0 0x40000000>, <1 2 3>") if "@" in node else memory.replace("1 0 0>", "1 0>")
    outcome(tmp_path, KERNEL, cut)
    found = rows(api.verify(str(tmp_path / "colorcheck.toml")).to_dict()["findings"])
    assert [f["rule"] for f in found if f"reg of {node}" in f["message"]] == ["CC530"]


EARLY = "Early FDT parsing failed (-22)"
FIRST = "a@50000000 { reg = <0 0x50000000 0 0x100000>; };"


def _many(count: int, start: int) -> str:
    return "".join(f"r{n} {{ reg = <0 {start + n * 0x2000:#x} 0 0x1000>; }};" for n in range(count))


@pytest.mark.parametrize(
    ("reserved", "size_cells", "message"),
    [
        (FIRST, 2, ""),
        (FIRST + "b { reg = <0 0x50001000 0 0>; };", 2, EARLY),  # of no size, and within the first
        (FIRST + "b { reg = <0 0x50000000 0 0>; };", 2, ""),
        ("b { reg = <0 0x48000100 0 0>; };", 2, EARLY),  # within the tree
        ("b { reg = <0 0x58000000 0 0>; };", 2, ""),
        ("b { };", 0, EARLY),  # Xen looks at the cells first
        ('b { status = "disabled"; };', 0, ""),
        ("b { status; reg = <0 0x49000000 0 0x1000>; };", 2, ""),  # disabled, and so not over the kernel
        (_many(257, 0x60000000), 2, "Max number of supported reserved-memory regions reached."),
    ],
)
def test_reserved_ranges_of_no_size_and_without_cells(
    tmp_path: Path, reserved: str, size_cells: int, message: str
) -> None:
    """Measured with 4.20.4 and 4.22.0, as are the counts below."""
    cells = f"#address-cells = <2>; #size-cells = <{size_cells}>; ranges;"
    found = outcome(tmp_path, KERNEL, f"{MEMORY} reserved-memory {{ {cells} {reserved} }};")
    assert found == (("panics", message) if message else ("boots", ""))


@pytest.mark.parametrize(
    ("entries", "nodes", "message"),
    [
        (257, 0, "Cannot allocate reserved memory bank"),
        (200, 57, "Max number of supported reserved-memory regions reached."),
    ],
)
def test_entries_of_the_header_count_as_reserved_ranges(tmp_path: Path, entries: int, nodes: int, message: str) -> None:
    cells = "#address-cells = <2>; #size-cells = <2>; ranges;"
    outcome(tmp_path, KERNEL, f"{MEMORY} reserved-memory {{ {cells} {_many(nodes, 0x68000000)} }};")
    text = (tmp_path / "a.dts").read_text()
    listed = "".join(f"/memreserve/ {0x60000000 + n * 0x2000:#x} 0x1000;\n" for n in range(entries))
    (tmp_path / "a.dts").write_text(text.replace("/dts-v1/;\n", f"/dts-v1/;\n{listed}", 1))
    panic = api.replay(str(tmp_path)).to_dict()["panic"]
    assert isinstance(panic, dict)
    assert panic["message"] == message


def test_memory_without_cells(tmp_path: Path) -> None:
    outcome(tmp_path, KERNEL)
    text = (tmp_path / "a.dts").read_text()
    (tmp_path / "a.dts").write_text(text.replace("#size-cells = <2>;", "#size-cells = <0>;", 1))
    assert api.replay(str(tmp_path)).to_dict()["panic"]["message"] == EARLY  # type: ignore[index]
    found = {finding.rule for finding in api.verify(str(tmp_path)).findings}
    assert "CC530" in found
    assert "CC599" not in found
