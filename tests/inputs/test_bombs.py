"""Texts made to hang a reader or to eat memory; those for device trees stand in test_device_tree_robust."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from colorcheck.core.source import Location
from colorcheck.inputs.boot.image_builder import read_image_builder
from colorcheck.inputs.boot.kconfig import read_kconfig
from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.files import read_text
from colorcheck.inputs.xl.xl import read_xl
from colorcheck.loader.image_builder.image_builder import image_builder_boot
from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.options.color_lists import ColorListRejected, parse_color_list
from colorcheck.xen.options.options import parse_boot_arguments

pytestmark = pytest.mark.slow

SECONDS = 60  # generous: a machine may be busy; what hangs takes longer than any test run


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_boot_arguments, "a=" * 500_000),
        (parse_boot_arguments, "dom0-llc-colors=0-127 " * 20_000),
        (parse_boot_arguments, "dom0-llc-colors=0-99999999999999999999999999"),
        (parse_boot_arguments, "dom0-llc-colors=" + "9" * 1_000_000),
        (parse_boot_arguments, "no-" * 300_000),
        (parse_xl, "a = " + "[" * 200_000),
        (parse_xl, "a = " + "[" * 4_000 + "1" + "]" * 4_000),
        (parse_xl, "a += [1]\n" * 6_000),
        (parse_xl, "a += 'x'\n" * 6_000),
        (parse_xl, 'llc_colors = ["0-4294967295", "0-4294967295"]\n'),
        (parse_xl, "llc_colors = [" + "'0-1000'," * 5_000 + "]\n"),
        (parse_xl, "memory = " + "9" * 1_000_000 + "\n"),
        (parse_xl, "'" + "\\'" * 500_000),
        (read_xl, "-" * 1_000_000),
        (read_kconfig, "CONFIG_" * 200_000),
        (read_kconfig, 'CONFIG_A="' + '\\"' * 500_000),
    ],
)
def test_ends_soon(read: Callable[[str], object], text: str) -> None:
    start = time.monotonic()
    read(text)
    assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "A=" * 300_000,
        "A=(" * 100_000,
        "A=" + "'x'" * 200_000,
        'A="' + "\\\\" * 500_000,
        "A=(" + "x " * 60_000 + ")",
        "NUM_DOMUS=99999999999999999999\n",
        "NUM_DOMUS=9999999999\nDOMU_MEM[9999999998]=1\n",
        "NUM_DT_OVERLAY=99999999999\n",
        "DOMU_COLORS[0]=0-9999999999999999\nNUM_DOMUS=1\n",
        "DOMU_MEM[" + "9" * 100_000 + "]=1\nNUM_DOMUS=1\n",
        "$(" * 300_000,
    ],
)
def test_image_builder_ends_soon(text: str) -> None:
    start = time.monotonic()
    image_builder_boot(read_image_builder(text))
    assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize("text", ["0-" * 300_000, "," * 300_000, "0," * 100_000, "x" * 1_000_000])
def test_color_lists_end_soon(text: str) -> None:
    start = time.monotonic()
    with pytest.raises(ColorListRejected):
        parse_color_list(text, 128, "4.22")
    assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize("name", ["x" * 5_000, "a/" * 5_000, "é" * 300, "\udc80", "."])
def test_impossible_names_of_included_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / "t.dts"
    path.write_bytes(
        f'/dts-v1/;\n/include/ "{name}"\n/ {{ p = /incbin/("{name}"); }};'.encode("utf-8", "surrogateescape")
    )
    with pytest.raises(DeviceTreeError) as error:
        read_device_tree(str(path))
    assert {problem.kind for problem in error.value.problems} == {"unreadable"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with named pipes")
def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = read_text(str(pipe), Location("colorcheck.toml", 1))
    assert getattr(found, "kind", "") == "unreadable"
    with pytest.raises(DeviceTreeError):
        read_device_tree(str(pipe))
