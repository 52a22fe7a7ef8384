from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorcheck.inputs.boot.image_builder import read_image_builder
from tests.shapes import present

TEXT = """\
# ImageBuilder
MEMORY_START="0x0"   # start
MEMORY_END=0x80000000; LOAD_CMD=tftpb
XEN_CMD="console=dtuart \\
 dom0_mem=1G"
DOMU_COLORS[0]="6-14"
A=1 B='two words'"x"\\ y
DOMU_MEM=(512 [3]=1024 "7 7")
XEN_CMD+=" more"
"""


def test_assignments_with_shell_quoting() -> None:
    read = read_image_builder(TEXT)
    assert read.problems == ()
    assert [(a.key, a.value.text) for a in read.assignments] == [
        ("MEMORY_START", "0x0"),
        ("MEMORY_END", "0x80000000"),
        ("LOAD_CMD", "tftpb"),
        ("XEN_CMD", "console=dtuart  dom0_mem=1G"),
        ("DOMU_COLORS[0]", "6-14"),
        ("A", "1"),
        ("B", "two wordsx y"),
        ("DOMU_MEM[0]", "512"),
        ("DOMU_MEM[3]", "1024"),
        ("DOMU_MEM[4]", "7 7"),
        ("XEN_CMD", "console=dtuart  dom0_mem=1G more"),
    ]
    assert read.text("DOMU_MEM", 3) == "1024"
    assert read.text("DOMU_MEM", 0) == read.text("DOMU_MEM") == "512"


def test_places_of_characters() -> None:
    read = read_image_builder(TEXT, "config")
    colors = read.get("DOMU_COLORS", 0)
    assert colors
    assert str(colors.location) == "config:6:1"
    assert str(colors.name_location) == "config:6:1"
    assert str(colors.value.locate(2, 4)) == "config:6:19"
    arguments = read.get("XEN_CMD")
    assert arguments
    assert str(arguments.value.locate(16, 20)) == "config:5:2"
    assert str(arguments.value.locate(28, 32)) == "config:9:12"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("KEY = value", '"KEY" is a command'),
        ("ENV=1 make", '"make" is a command'),
        ("XEN=$HOME/xen", '"$"'),
        ('XEN="a $(date)"', '"$"'),
        ("XEN=`date`", '"`"'),
        ("XEN=~/xen", '"~"'),
        ("XEN=a&", '"&"'),
        ("XEN[i]=1", 'the index "i"'),
        ("XEN=(a*)", "several elements"),
        ("XEN=(a)b", "text follows an array"),
        ("XEN=(a", "no end"),
        ("XEN='a", "no end"),
        ("XEN+=(a)", "added to an array"),
        (";XEN=1", "command"),
    ],
)
def test_what_needs_a_shell_is_a_problem_and_left_out(line: str, words: str) -> None:
    read = read_image_builder(f"A=1\n{line}\n")
    assert [a.key for a in read.assignments] == ["A"]
    assert read.problems[0].kind == "needs-shell"
    assert words in read.problems[0].message
    assert read.problems[0].location.line == 2


def test_reading_goes_on_behind_a_problem() -> None:
    read = read_image_builder('for i in 1 2; do\nXEN=$i\ndone\nXEN_COLORS="0-1"\n')
    assert [p.location.line for p in read.problems] == [1, 2, 3]
    assert read.doubts == read.problems
    assert read.text("XEN_COLORS") == "0-1"


@given(
    st.lists(st.sampled_from(["A=", "B[1]=", "'", '"', "\\", "\n", " ", "#", ";", "$", "(", ")", "x", "é", "~", "+="]))
)
def test_any_text_is_read_and_places_are_true(pieces: list[str]) -> None:
    text = "".join(pieces)
    lines = text.split("\n")
    for assignment in read_image_builder(text).assignments:
        value = assignment.value
        for index, character in enumerate(value.text):
            place = value.locate(index, index + 1)
            assert (lines[place.line - 1] + "\n")[place.column - 1] == character


def test_variables_of_the_same_file_stand_for_their_values() -> None:
    text = 'C="8-11"\nB=/srv\nDOMU_COLORS[0]="$C"\nXEN=${B}/xen-$C\nD=x E="<$D>"\nLINUX="$nosuch"\nG=("$C" $B)\n'
    found = read_image_builder(text)
    assert found.text("DOMU_COLORS", 0) == "8-11"
    assert found.text("XEN") == "/srv/xen-8-11"
    assert found.text("E") == "<x>"
    assert found.get("LINUX") is None
    assert [p.location.line for p in found.problems] == [6]
    assert present(found.get("DOMU_COLORS", 0)).value.locate(0, 4).line == 1
    assert found.text("G", 1) == "/srv"


def test_a_variable_of_the_file_that_needs_a_shell_matters_where_it_is_used() -> None:
    assert read_image_builder("DAY=$(date)\nexport_me=`id`\n").problems == ()
    found = read_image_builder('C=1-2\nC=$(colors)\nDOMU_COLORS[0]="$C"\nDOMU_MEM[0]=128\n')
    assert [p.location.line for p in found.doubts] == [3]
    assert found.text("DOMU_COLORS", 0) == ""
    settled = read_image_builder('C=$(colors)\nC=1-2\nDOMU_COLORS[0]="$C"\n')
    assert settled.doubts == ()
    assert settled.text("DOMU_COLORS", 0) == "1-2"
