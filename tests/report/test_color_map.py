"""The color map draws what is so: who is proved apart shares nothing, who is never created has nothing."""

from __future__ import annotations

from pathlib import Path

from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.report import Style
from colorcheck.report.terminal.effective import render
from colorcheck.report.view import ColorMap, color_maps
from colorcheck.rules.example import Example
from colorcheck.workflows import verify as pipeline

GUEST = 'name = "{}"\nkernel = "Image"\nmemory = 64\nvcpus = 1\nllc_colors = ["5"]\ncpus = "{}"\n'
ARGUMENTS = "llc-coloring=on xen-llc-colors=0 dom0_mem=256M dom0-llc-colors=1-4"
CPU = 'cpu@{0:x} {{ device_type = "cpu"; compatible = "arm,cortex-a{1}"; reg = <0x{0:x}>; }};'
CPUS = " ".join(CPU.format(number, 53) for number in range(4)) + CPU.format(0x100, 72) + CPU.format(0x101, 72)


def drawn(folder: Path, first: str, second: str) -> ColorMap:
    guests = (("a.cfg", GUEST.format("a", first)), ("b.cfg", GUEST.format("b", second)))
    example = Example(board="rk3399", cpus=CPUS, boot_arguments=ARGUMENTS, guests=guests)
    (found,) = color_maps(pipeline.verify(read_manifest(str(example.write(folder)))).facts)
    return found


def test_equal_colors_on_other_clusters_are_not_shared(tmp_path: Path) -> None:
    assert drawn(tmp_path, "0", "4").clashes == ()


def test_equal_colors_on_one_cluster_are(tmp_path: Path) -> None:
    assert [(clash.first, clash.second, str(clash.colors)) for clash in drawn(tmp_path, "0", "1").clashes] == [
        ("a", "b", "5")
    ]


LOG = """(XEN) Xen version 4.20.4 (builder@host) (aarch64-linux-gnu-gcc) debug=n
(XEN) Command line: llc-coloring=on xen-llc-colors=0-1 dom0_mem=512M dom0-llc-colors=2-6
(XEN) d0 BANK[0] 0x00000040000000-0x00000060000000 (512MB)
(XEN) d1 BANK[0] 0x00000040000000-0x00000048000000 (128MB)
(XEN) LLC coloring info:
(XEN)     Number of LLC colors supported: 16
(XEN)     Xen LLC colors (2): { 0-1 }
"""
DUMPED = """(XEN) General information for domain 1:
(XEN)     nr_pages=32768 xenheap_pages=2 dirty_cpus={} max_pages=32768
(XEN) 4 LLC colors: { 6-9 }
"""


def of_log(folder: Path, text: str) -> ColorMap:
    (folder / "boot.log").write_text(text)
    (folder / "colorcheck.toml").write_text('[inputs]\nboot-log = "boot.log"\n')
    (drawn,) = color_maps(pipeline.effective(read_manifest(str(folder / "colorcheck.toml"))).facts)
    return drawn


def test_a_domain_of_the_boot_log_has_its_colors(tmp_path: Path) -> None:
    drawn = of_log(tmp_path, LOG + DUMPED)
    assert [(row.name, str(row.colors)) for row in drawn.rows] == [("xen", "0-1"), ("dom0", "2-6"), ("d1", "6-9")]
    assert [(clash.first, clash.second, str(clash.colors)) for clash in drawn.clashes] == [("dom0", "d1", "6")]
    assert str(drawn.free) == "10-15"


def test_no_color_is_free_if_those_of_a_domain_are_not_known(tmp_path: Path) -> None:
    drawn = of_log(tmp_path, LOG)
    assert drawn.unstated == ("d1",)
    assert not drawn.free
    shown = render(pipeline.effective(read_manifest(str(tmp_path / "colorcheck.toml"))), Style())
    assert "free colors: not known" in " ".join(shown.split())
