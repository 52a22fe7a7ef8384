"""Trees that an editor keeps: the same tree for the same content, and never one whose other files may have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.inputs.device_tree.read import DeviceTreeError, read_device_tree
from colorcheck.inputs.device_tree.remembered import Trees, remembering

_TREE = '/dts-v1/;\n/ { model = "%s"; };\n'


def test_an_unchanged_tree_is_the_same_value_and_a_changed_one_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.dts"
    file.write_text(_TREE % "one", encoding="utf-8")
    with remembering(Trees()):
        first = read_device_tree(str(file))
        assert read_device_tree(str(file)) is first
        assert read_device_tree(str(file), symbols=True) is not first
        file.write_text(_TREE % "two", encoding="utf-8")
        assert read_device_tree(str(file)).root.properties["model"].value == b"two\0"
    assert read_device_tree(str(file)) is not read_device_tree(str(file))


@pytest.mark.parametrize("line", ['/include/ "b.dtsi"\n', '#include "b.dtsi"\n'])
def test_a_file_that_is_included_is_read_each_time(line: str, tmp_path: Path) -> None:
    file, part = tmp_path / "a.dts", tmp_path / "b.dtsi"
    file.write_text(f"/dts-v1/;\n{line}", encoding="utf-8")
    with remembering(Trees()):
        with pytest.raises(DeviceTreeError):
            read_device_tree(str(file))
        for model in ("one", "two"):
            part.write_text(f'/ {{ model = "{model}"; }};\n', encoding="utf-8")
            assert read_device_tree(str(file)).root.properties["model"].value == model.encode() + b"\0"


def test_only_the_last_trees_are_kept(tmp_path: Path) -> None:
    trees = Trees()
    with remembering(trees):
        for number in range(9):
            file = tmp_path / f"{number}.dts"
            file.write_text(_TREE % number, encoding="utf-8")
            read_device_tree(str(file))
    assert len(trees.known) == 4
