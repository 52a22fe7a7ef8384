from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.core.source import Location, Passage, passage
from colorcheck.xen.kinds import ColorSource
from colorcheck.xen.options.buffers import buffer_frames
from colorcheck.xen.options.iommu import IommuOption, iommu_option
from colorcheck.xen.options.options import LONGEST_OPTION, OptionFate, boot_arguments, parse_boot_arguments
from colorcheck.xen.release.releases import UnknownReleaseError, release_of
from colorcheck.xen.release.spelling import Concept

MIB = 1 << 20


def test_places_and_fates() -> None:
    text = "console=x  no-llc-coloring=off dom0-llc-colors=4-7; llc-sise=1M"
    read = boot_arguments(passage(text, Location("a.dts", 7, 21, 7, 21 + len(text))), release_of("4.20"))
    console, switch, colors, unknown = read.options
    assert [o.fate for o in read.options] == [
        OptionFate.NOT_FOLLOWED,
        OptionFate.ACCEPTED,
        OptionFate.REJECTED,
        OptionFate.UNKNOWN,
    ]
    assert (switch.key, switch.name, switch.negated, switch.stored) == ("no-llc-coloring", "llc-coloring", True, True)
    assert (str(switch.name_location), str(switch.value_location)) == ("a.dts:7:32", "a.dts:7:48")
    assert colors.colors
    assert str(colors.colors.error_location) == "a.dts:7:71"
    assert colors.stored == read.dom0_colors == (4, 5, 6, 7)
    assert (read.dom0_source, read.xen_source) == (ColorSource.REMAINS, ColorSource.DEFAULT)
    assert (unknown.name, console.spec) == ("llc-sise", None)


def test_the_last_option_that_stores_something_is_in_force() -> None:
    read = parse_boot_arguments("llc-size=1M llc-size=8G llc-nr-ways=8 llc-nr-ways=4x")
    assert (read.llc_size, read.llc_nr_ways) == (MIB, 4)
    assert [o.in_force for o in read.options] == [True, False, False, True]
    force = read.in_force(Concept.LLC_WAYS)
    assert force
    assert force.fate is OptionFate.REJECTED


@pytest.mark.parametrize(("version", "colors"), [("4.20", (0,)), ("4.21", (0,)), ("4.22", ())])
def test_no_in_front_of_a_color_list(version: str, colors: tuple[int, ...]) -> None:
    read = parse_boot_arguments("no-dom0-llc-colors no-xen-llc-colors=1", version)
    assert (read.dom0_colors, read.xen_colors) == (colors, ())
    assert read.messages == (
        'parameter "no" has invalid value "no", rc=-22!',
        'parameter "no-xen-llc-colors" has invalid value "1", rc=-22!',
    )


def test_an_option_is_cut_at_127_bytes() -> None:
    colors = ",".join(str(color) for color in range(60))
    (option,) = parse_boot_arguments(f"dom0-llc-colors={colors}").options
    assert option.cut
    assert len(option.text) == LONGEST_OPTION
    assert str(option.lost_location) == ":1:128"
    assert option.stored == (*range(40), 4)
    (wide,) = parse_boot_arguments("x" + "é" * 70).options
    assert wide.text == "x" + "é" * 63


@pytest.mark.parametrize(
    ("value", "ways", "size", "memory"),
    [
        ("", 0, 0, 0),
        ("-1", 0xFFFFFFFF, 0, 0),
        ("-2147483648", 0x80000000, 0, 0),
        ("-2147483649", 0, 0, 0),
        ("4294967295", 0xFFFFFFFF, 0, 0xFFFFFFFF << 10),
        ("4294967296", 0, 0, 1 << 42),
        ("18446744073709551617", 1, 1024, 1024),
        ("0x10", 16, 16384, 16384),
        ("0X", 0, 0, 0),
        ("08", 0, 0, 0),
        ("+1", 0, 0, 0),
        ("1t", 1, 0, 1 << 40),
        ("3G", 3, 3 << 30, 3 << 30),
        ("5%", 5, 5, 5),
    ],
)
def test_numbers(value: str, ways: int, size: int, memory: int) -> None:
    assert parse_boot_arguments(f"llc-nr-ways={value}").llc_nr_ways == ways
    assert parse_boot_arguments(f"llc-size={value}").llc_size == size
    assert parse_boot_arguments(f"dom0_mem={value}").dom0_mem == memory


def test_first_xilinx_lines_count_in_bytes_and_keep_what_they_read() -> None:
    read = parse_boot_arguments("way_size=64K buddy_size=65536 xen_colors=5 dom0_colors=0-3,7", "x20")
    assert (read.way_size, read.buddy_alloc_size, read.xen_colors, read.dom0_colors) == (64, 65536, (), (0, 1, 2, 3))
    assert parse_boot_arguments("dom0_colors=0-3,7", "x19").dom0_colors == ()


def test_old_names_switch_the_legacy_mode_and_coloring_on() -> None:
    read = parse_boot_arguments("xen_colors=x", "xilinx-4.17")
    assert (read.legacy, read.llc_coloring) == (True, True)
    assert parse_boot_arguments("llc-way-size=64K way_size=65536", "xilinx-4.17").legacy is False


def test_limits_of_another_build() -> None:
    text = Passage("dom0-llc-colors=16 xen-llc-colors=15", Location("x"))
    read = boot_arguments(text, release_of("4.20"), most_colors=16, buddy_size=MIB)
    assert (read.dom0_colors, read.xen_colors, read.buddy_alloc_size) == ((), (15,), MIB)


def test_unknown_versions_name_the_nearest() -> None:
    with pytest.raises(UnknownReleaseError, match=r'did you mean "xilinx-4\.17"'):
        parse_boot_arguments("", "xilnx-4.17")
    assert parse_boot_arguments("", "4.20.3").release.stands_for == "4.20.0"


WORDS = st.sampled_from(
    [
        "llc-coloring",
        "no-",
        "llc-size",
        "dom0-llc-colors",
        "xen_colors",
        "dom0_mem",
        "=",
        " ",
        "1M",
        "0-3",
        ",",
        ";",
        "\t",
    ]
)


@given(
    st.one_of(st.lists(WORDS, max_size=20).map("".join), st.text(max_size=60)),
    st.sampled_from(["4.20", "4.22", "x19", "x20", "x17", "x17m"]),
)
def test_any_text_is_read_and_places_are_true(text: str, version: str) -> None:
    read = parse_boot_arguments(text, version)
    for option in read.options:
        place = option.location
        assert text[place.column - 1 : place.end_column - 1] == option.written.text
        assert " " not in option.written.text
        assert bool(option.message) == (option.fate in (OptionFate.UNKNOWN, OptionFate.REJECTED))


def test_options_of_other_kinds_are_read_as_xen_reads_them() -> None:
    read = parse_boot_arguments(
        "dom0_vcpus_pin=ON dom0_max_vcpus=2x maxcpus=0x10 no-hmp-unsafe sync_console sched=a-long-name console= "
        "loglvl=all"
    )
    assert (read.flag("dom0_vcpus_pin"), read.flag("hmp-unsafe", default=True), read.flag("sync_console")) == (
        False,
        False,
        True,
    )
    assert (read.number("dom0_max_vcpus"), read.number("maxcpus"), read.number("timer_slop", 50000)) == (2, 16, 50000)
    assert (read.text("sched"), read.text("console", "dtuart"), read.text("dtuart", "x")) == ("a-long-na", "", "x")
    assert read.said == (
        'parameter "dom0_vcpus_pin" has invalid value "ON", rc=-1!',
        'parameter "dom0_max_vcpus" has invalid value "2x", rc=-22!',
    )


@pytest.mark.parametrize(("text", "value"), [("2x", 2), ("1-2", 1), ("0x2", 2), ("010", 8), ("-1", 0xFFFFFFFF)])
def test_integers_of_every_option_are_in_base_0_and_kept_before_an_error(text: str, value: int) -> None:
    assert parse_boot_arguments(f"dom0_max_vcpus={text}").number("dom0_max_vcpus") == value


def test_texts_are_cut_at_bytes() -> None:
    """Xen's buffers have a size in bytes, their final NUL included; a character that is cut in two is lost."""
    for name, text, kept in (("sched", "é" * 5, "é" * 4), ("sched", "a" * 9, "a" * 9), ("tee", "aé" * 5, "aé" * 5)):
        assert parse_boot_arguments(f"{name}={text}", "4.22").text(name) == kept


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [
        ("", 0),
        ("conring_size=4M", 1024),
        ("conring_size=5M serial_tx_buffer=100", 1024 + 16),
        ("conring_size=16384 conring_size=x", 0),
        ("serial_tx_buffer=1M", 256),
        ("tbuf_size=150", 600 + 4),
        ("debugtrace=2M", 512),
        ("debugtrace=cpu:2M", 2048),
        ("debugtrace=1B", 1),
    ],
)
def test_buffers_that_options_ask_for(arguments: str, frames: int) -> None:
    """Measured: with 1066 frames in the uncolored heap and conring_size=4M, 4.20.4 panics."""
    assert buffer_frames(parse_boot_arguments(arguments, "4.22"), 4) == frames


@pytest.mark.parametrize(
    ("arguments", "enabled", "forced"),
    [
        ("", True, False),
        ("iommu=no", False, False),
        ("iommu=No", True, False),
        ("iommu=off iommu=verbose", False, False),
        ("iommu=no,on", True, False),
        ("iommu=no iommu=", False, False),
        ("iommu=no iommu", False, False),
        ("no-iommu", False, False),
        ("no-iommu=1", True, False),
        ("iommu=no,force", False, True),
        ("iommu=required=1", True, True),
        ("iommu=required=no,no-force", True, False),
        ("iommu=force iommu=required=x", True, True),
        ("iommu=no-force=1", True, False),
        ("iommu=forced", True, False),
    ],
)
def test_the_option_iommu(arguments: str, *, enabled: bool, forced: bool) -> None:
    """Measured with a hardware domain, which needs an IOMMU, on 4.21 and 4.22."""
    assert iommu_option(parse_boot_arguments(arguments, "4.22")) == IommuOption(enabled, forced)
