"""The color map draws what is so: who is proved apart shares nothing, who is never created has nothing."""

from __future__ import annotations

from pathlib import Path

from colorcheck.inputs.manifest.manifest_reader import read_manifest
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
