from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from colorcheck.inputs.boot.kconfig import read_kconfig

TEXT = """#
# Automatically generated file; DO NOT EDIT.
#
CONFIG_ARM_64=y
CONFIG_LLC_COLORING=y
CONFIG_LLC_COLORS_ORDER=7
# CONFIG_NUMA is not set
CONFIG_CMDLINE="console=\\"x\\" llc-coloring"
CONFIG_MASK=0x1F
"""


def test_values_and_places() -> None:
    read = read_kconfig(TEXT, "xen.config")
    assert read.problems == ()
    assert read.values == {
        "ARM_64": "y",
        "LLC_COLORING": "y",
        "LLC_COLORS_ORDER": "7",
        "NUMA": "n",
        "CMDLINE": 'console="x" llc-coloring',
        "MASK": "0x1F",
    }
    order = read.options["LLC_COLORS_ORDER"]
    assert (order.number, str(order.location), str(order.value_location)) == (7, "xen.config:6:1", "xen.config:6:25")
    assert read.options["MASK"].number == 31
    assert read.options["CMDLINE"].number is None
    assert read.enabled("LLC_COLORING")
    assert not read.enabled("NUMA")
    assert not read.enabled("XSM")


def test_the_last_setting_counts_and_strange_lines_are_problems() -> None:
    read = read_kconfig("CONFIG_A=1\nhello\n  CONFIG_A=2\n")
    assert read.values == {"A": "2"}
    assert [(p.kind, str(p.location)) for p in read.problems] == [
        ("kconfig-line", ".config:2:1"),
        ("kconfig-twice", ".config:3:3"),
    ]


@given(st.text(st.sampled_from('CONFIG_=yn"\\ #\n\t0x1is not set'), max_size=80))
def test_any_text_is_read(text: str) -> None:
    for option in read_kconfig(text).options.values():
        assert option.location.line >= 1
