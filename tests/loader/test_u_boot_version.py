"""What the release of U-Boot answers, and what a failed fdt command leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from tests.loader.test_u_boot_bad_input import END, HEAD, written
from tests.shapes import present


def followed(folder: Path, script: str, keys: str):  # type: ignore[no-untyped-def]
    manifest = written(folder, (HEAD + script + END).encode())
    manifest.write_text(manifest.read_text().replace("[target]\n", f"[target]\n{keys}\n", 1))
    return api.handover(manifest)


@pytest.mark.parametrize(("release", "starts"), [("2023.01", True), ("2023.04", False), ("v2024.07-rc1", False)])
def test_exit(release: str, starts: bool, tmp_path: Path) -> None:
    found = followed(tmp_path, "exit\n", f'u-boot = "{release}"')
    assert (found.stopped is None) is starts
    assert not found.alternatives
    assert not [fact for fact in found.open if "exit" in fact.what]


def test_without_a_release_both_are_looked_at(tmp_path: Path) -> None:
    found = followed(tmp_path, "exit\n", "")
    assert len(found.alternatives) == 1
    assert any("u-boot" in line for fact in found.open for line in fact.settle)


@pytest.mark.parametrize(("release", "colors"), [("2023.01", b"2\0"), ("2026.07", b"1\0")])
def test_bracket(release: str, colors: bytes, tmp_path: Path) -> None:
    script = "if [ a = a ]; then fdt set /chosen c 1; else fdt set /chosen c 2; fi\n"
    found = followed(tmp_path, script, f'u-boot = "{release}"')
    assert found.tree.node("/chosen").properties["c"].value == colors


def test_no_release_of_u_boot(tmp_path: Path) -> None:
    manifest = written(tmp_path, (HEAD + END).encode())
    manifest.write_text(manifest.read_text().replace("[target]\n", '[target]\nu-boot = "new"\n', 1))
    assert any('"2023.01"' in str(each) for each in api.verify(manifest).findings)


def test_a_command_without_room_changes_nothing(tmp_path: Path) -> None:
    """A later setting that is smaller fits, and the larger one leaves no trace."""
    head = HEAD.replace("fdt resize 0x1000", "fdt resize 0")
    big = "".join(f"fdt set /chosen big{number} {'x' * 900}\n" for number in range(12))
    manifest = written(tmp_path, (head + big + "fdt set /chosen s 1\n" + END).encode())
    properties = present(present(api.handover(manifest).tree).node("/chosen")).properties
    held = [name for name in properties if name.startswith("big")]
    assert len(held) < 12
    assert all(len(properties[name].value) == 901 for name in held)
