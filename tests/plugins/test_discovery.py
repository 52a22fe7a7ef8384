"""Plugins are found without importlib.metadata only where nobody but this tool has any."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from colorcheck.plugins import discovery
from colorcheck.plugins.hookspecs import GROUP
from colorcheck.plugins.manager import BUILT_IN


def distribution(folder: Path, name: str, text: str) -> None:
    made = folder / f"{name}.dist-info"
    made.mkdir(parents=True)
    (made / "entry_points.txt").write_text(text, encoding="utf-8")
    (made / "METADATA").write_text(f"Name: {name.split('-')[0]}\nVersion: {name.split('-')[1]}\n", encoding="utf-8")


OWN = "[console_scripts]\ncolorcheck = colorcheck.cli:main\n\n[colorcheck]\nboards = colorcheck_boards\n"


def test_both_ways_find_the_same() -> None:
    def said(found: object) -> list[tuple[str, str, str, str]]:
        return [(e.name, e.value, e.dist.name, e.dist.version) for e in found]  # type: ignore[attr-defined]

    assert said(discovery.entries(GROUP, BUILT_IN)) == said(entry_points(group=GROUP))


def test_alone_it_is_found_without_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "xen_colorcheck-9.9", OWN)
    distribution(tmp_path, "other-1.0", "[console_scripts]\nx = y:z\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (entry,) = discovery._only_own(BUILT_IN) or ()
    assert (entry.name, entry.value, entry.dist.version) == ("boards", "colorcheck_boards", "9.9")
    monkeypatch.undo()
    assert entry.load() is sys.modules["colorcheck_boards"]


@pytest.mark.parametrize("other", ["mine-1.0", "xen_colorcheck-8.0"])
def test_beside_another_plugin_metadata_decides(other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "xen_colorcheck-9.9", OWN)
    distribution(tmp_path, other, "[colorcheck]\nmine = mine_boards\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert discovery._only_own(BUILT_IN) is None
    assert {entry.name for entry in discovery.entries(GROUP, BUILT_IN)} >= {"mine"}


def test_an_archive_on_the_path_is_left_to_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some.zip").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "some.zip")])
    assert discovery._only_own(BUILT_IN) is None
