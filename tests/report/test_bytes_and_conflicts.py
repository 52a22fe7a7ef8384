"""Bytes that are not UTF-8 are shown as bytes, and merge conflicts are named wherever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.core.safe import safe, safe_json
from colorcheck.report.style import printable

CONFLICT = "<<<<<<< HEAD\n/ { a; };\n=======\n/ { b; };\n>>>>>>> topic\n"


def test_a_byte_that_is_not_utf8_is_shown_as_a_byte() -> None:
    text = b"\xe4\xfc".decode("utf-8", "surrogateescape")
    assert safe(text) == printable(text) == "\\xe4\\xfc"
    assert safe("\ud800") == printable("\ud800") == "\\ud800"  # no byte
    assert safe_json(f'"{text}"') == '"\\udce4\\udcfc"'  # as JSON writes it


@pytest.mark.parametrize("format_name", ["text", "concise", "markdown", "github", "html", "gitlab", "junit"])
def test_it_is_so_in_every_format_for_people(
    format_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rt.cfg").write_bytes(b'name = "rt"\nmemory = 256 \xe4\n')
    main(["verify", str(tmp_path / "rt.cfg"), "--format", format_name])
    shown = capsys.readouterr().out
    assert "lexical error" in shown
    assert "udce4" not in shown or format_name == "gitlab"  # which is JSON


@pytest.mark.parametrize("around", ["{}", "/ {{ c; }};\n{}", "/ {{\n{}}};"])
def test_a_conflict_in_an_included_file_is_named(around: str, tmp_path: Path) -> None:
    (tmp_path / "system.dts").write_text('/dts-v1/;\n/include/ "board.dtsi"\n/ { };\n', encoding="utf-8")
    (tmp_path / "board.dtsi").write_text(around.format(CONFLICT), encoding="utf-8")
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text('[target]\nxen = "4.20"\nboard = "zcu102"\n[inputs]\ndevice-tree = "system.dts"\n')
    first = api.verify(str(manifest)).findings[0]
    assert (first.rule, first.message) == ("CC001", "an unresolved merge conflict begins here")
    assert first.location.file.endswith("board.dtsi")
    assert first.location.line == 1 + around.format(CONFLICT).split("<<<")[0].count("\n")
    assert "<<<<<<<" in first.help


@pytest.mark.parametrize("text", ["/ { a = <(1 << 7)>; };", '/ { a = "<<<<<<< HEAD"; };', "/* \n<<<<<<< a\n*/ / { };"])
def test_what_only_looks_like_one_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "system.dts").write_text(f"/dts-v1/;\n{text}\n", encoding="utf-8")
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text('[target]\nxen = "4.20"\nboard = "zcu102"\n[inputs]\ndevice-tree = "system.dts"\n')
    assert "CC001" not in {finding.rule for finding in api.verify(str(manifest)).findings}
