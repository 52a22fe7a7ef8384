from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.inputs.boot.image_builder import read_image_builder
from colorcheck.loader.image_builder.image_builder import (
    ImageBuilderBoot,
    LoadedFile,
    image_builder_boot,
    load_addresses,
)

DOM0 = "XEN=xen\nDEVICE_TREE=board.dtb\nDOM0_KERNEL=Image\n"


def boot(text: str) -> ImageBuilderBoot:
    return image_builder_boot(read_image_builder(text))


def kinds(text: str) -> list[str]:
    return [problem.kind for problem in boot(text).problems]


def test_colors_become_the_old_options() -> None:
    found = boot(DOM0 + 'XEN_COLORS="0-1"\nDOM0_COLORS=2-5\nDOM0_MEM=1024\n')
    assert found.arguments.text == (
        "console=dtuart dtuart=serial0 dom0_mem=1024M dom0_max_vcpus=1 bootscrub=0 vwfi=native sched=null"
        " xen_colors=0-1 dom0_colors=2-5"
    )
    start = found.arguments.text.index("0-1")
    assert str(found.arguments.locate(start, start + 3)) == "config:4:13"
    assert found.problems == ()


def test_a_given_command_line_drops_the_colors() -> None:
    found = boot(DOM0 + 'XEN_CMD="sched=null"\nXEN_COLORS="0-1"\nDOM0_COLORS=2-5\n')
    assert found.arguments.text == "sched=null"
    assert [(p.kind, p.location.line) for p in found.problems] == [("dropped-colors", 5), ("dropped-colors", 6)]


def test_without_dom0_every_word_loses_what_starts_with_dom0() -> None:
    found = boot('XEN_CMD="dom0_mem=1G sync_console dom0_colors=2-5 a-dom0=1"\n')
    assert found.arguments.text == " sync_console  a-"
    assert kinds("DOM0_COLORS=2-5\n") == ["dom0-keys"]


@pytest.mark.parametrize(
    ("written", "mask", "cell", "problem"),
    [
        ("6-14", 0x7FC0, 0x7FC0, []),
        ("5", 0x20, 0x20, []),
        ("0x4-010", 0, 0, ["range-only"]),
        ("4-010", 0x7F0, 0x7F0, []),
        ("0-3,8-11", 0, 0, ["range-only"]),
        ("5,7", 0, 0, ["range-only"]),
        ("9-3", 0, 0, ["range-only"]),
        ("08", 0, 0, ["range-only", "not-a-number"]),
        ("010-011", 0, 0, ["range-only", "not-a-number"]),
        ("62-65", 0xC000_0000_0000_0003, 3, ["mask-too-wide"]),
        ("0-127", (1 << 64) - 1, (1 << 32) - 1, ["mask-too-wide"]),
        ("30-40", 0x1FFC0000000, 0xC0000000, ["mask-too-wide"]),
    ],
)
def test_one_range_in_one_cell(written: str, mask: int, cell: int, problem: list[str]) -> None:
    text = DOM0 + f'NUM_DOMUS=1\nDOMU_COLORS[0]="{written}"\n'
    colors = boot(text).domains[0].colors
    assert colors
    assert (colors.mask, colors.cell) == (mask, cell)
    assert colors.colors == tuple(color for color in range(32) if cell >> color & 1)
    assert kinds(text) == problem


def test_domains() -> None:
    found = boot(
        DOM0 + "NUM_DOMUS=3\nDOMU_MEM[0]=256 DOMU_VCPUS[0]=2\nDOMU_NOBOOT[1]=0\n"
        'DOMU_STATIC_MEM[2]="0x40000000 0x10000000"\nDOMU_MEM[2]=1\nDOMU_MEM[3]=9\n'
    )
    assert [(d.name, d.memory, d.cpus, d.created) for d in found.domains] == [
        ("domU0", 256 * 1024, 2, True),
        ("domU1", 512 * 1024, 1, False),
        ("domU2", 256 * 1024, 1, True),
    ]
    assert found.domains[2].direct_map
    assert not found.domains[0].direct_map
    assert [p.kind for p in found.problems] == ["beyond-num-domus", "static-memory"]


def test_problems_of_keys_and_numbers() -> None:
    assert kinds(DOM0 + "XEN_COLOR=1\n") == ["unknown-key"]
    assert boot(DOM0 + "XEN_COLOR=1\n").problems[0].help == 'did you mean "XEN_COLORS"?'
    assert kinds(DOM0 + "NUM_DOMUS=1\nDOMU_MEM[0]=512M\n") == ["not-a-number"]
    assert kinds(DOM0 + "NUM_DOMUS=1\nDOMU_STATIC_MEM[0]=1\n") == ["not-a-number"]
    assert kinds(DOM0 + "KEY = 1\n") == ["needs-shell"]


def test_load_addresses() -> None:
    file = read_image_builder(
        DOM0 + "MEMORY_START=0x40000000\nNUM_DOMUS=1\nDOMU_KERNEL[0]=guest\nDOMU_PASSTHROUGH_DTB[0]=eth.dtb\n"
    )
    sizes = {"Image": 5_000_000, "guest": 0x200000, "eth.dtb": 100, "xen": 900_000}
    assert load_addresses(image_builder_boot(file), sizes) == (
        LoadedFile("DOM0_KERNEL", "Image", 0x40400000, 0x40400000 + 5_000_000),
        LoadedFile("DOMU_KERNEL[0]", "guest", 0x40A00000, 0x40C00000),
        LoadedFile("DOMU_PASSTHROUGH_DTB[0]", "eth.dtb", 0x40C00000, 0x40C00000 + 100),
        LoadedFile("XEN", "xen", 0x40E00000, 0x40E00000 + 900_000),
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["NUM_DOMUS", "DOMU_COLORS[0]", "DOMU_MEM[0]", "XEN_CMD", "DOM0_KERNEL", "XEN_COLORS", "X"]
            ),
            st.text("0189-,xdom0 99999", max_size=12),
        )
    )
)
def test_any_configuration_is_understood(pairs: list[tuple[str, str]]) -> None:
    text = "".join(f'{key}="{value}"\n' for key, value in pairs)
    for domain in boot(text).domains:
        assert domain.memory >= 0
