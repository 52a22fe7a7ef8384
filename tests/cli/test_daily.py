"""What people type every day: input files as PATH, standard input, short reports, exit statuses on request."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.emulation.blob import to_blob
from colorcheck.inputs.device_tree.read import read_device_tree

EXAMPLES = Path(__file__).parents[2] / "examples"
REFUSED = str(EXAMPLES / "rpi4-xl")


class Typed(io.TextIOWrapper):
    """Standard input with this in it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


def test_concise_is_a_line_a_finding_and_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", REFUSED, "--format", "concise"]) == 1
    *lines, pages, summary = capsys.readouterr().out.splitlines()
    assert [line.split()[1:3] for line in lines] == [
        ["error", "CC111"],
        ["error", "CC112"],
        ["error", "CC001"],
        ["warning", "CC307"],
    ]
    assert lines[0].split()[0].endswith("camera.cfg:6:15:")
    assert pages == "colorcheck: the page of each rule: colorcheck explain CC001 CC111 CC112 CC307"
    assert summary.startswith("colorcheck: REFUTED: ")
    assert "3 errors, 1 warning" in summary


def test_quiet_keeps_to_the_threshold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", REFUSED, "--quiet"]) == 1
    out = capsys.readouterr().out
    assert "warning CC307" not in out
    assert len(out.splitlines()) == 5
    assert "explain CC001 CC111 CC112\n" in out
    main(["verify", REFUSED, "--quiet", "--fail-on", "warning"])
    assert "warning CC307" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "status"), [([], 0), (["--format", "json"], 0), (["--xen-image-size", "huge"], 2)])
def test_exit_zero_is_for_findings_only(words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", REFUSED, "--exit-zero", *words]) == status
    capsys.readouterr()


def test_a_file_of_a_deployment_stands_for_the_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", f"{REFUSED}/camera.cfg", "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert "belongs to" in err
    assert "--domain" in err
    assert "control.cfg" in out


@pytest.mark.parametrize("name", ["rt.cfg", "system.dts"])
def test_a_file_without_a_manifest_is_checked_by_itself(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tutorial = EXAMPLES / "tutorial"
    for each in tutorial.iterdir():
        text = each.read_text(encoding="utf-8")
        (tmp_path / each.name).write_text(text, encoding="utf-8")
    (tmp_path / "colorcheck.toml").unlink(missing_ok=True)
    by_path = main(["verify", name, "--quiet"]), capsys.readouterr().out
    flag = "--domain" if name.endswith(".cfg") else "--device-tree"
    assert by_path == (main(["verify", flag, name, "--quiet"]), capsys.readouterr().out)


def test_a_file_that_no_key_takes_is_named_as_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "xen").write_bytes(b"\x7fELF" + bytes(100))
    assert main(["verify", str(tmp_path / "xen")]) == 2
    assert "an ELF file" in capsys.readouterr().err


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", Typed(b'name = "rt"\nmemory = 64\nllc_colors = "9-13"\n'))
    assert main(["verify", "-", "--board", "zcu102", "--format", "concise"]) == 1
    out = capsys.readouterr().out
    assert "<stdin>:3:15: error CC111" in out
    monkeypatch.setattr("sys.stdin", Typed(b""))
    assert main(["verify", "-", "--fix"]) == 2
    assert main(["verify", "-"]) in (2, 3)
    assert "Traceback" not in capsys.readouterr().err


def test_the_comment_that_silences_is_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", REFUSED, "--show-silence"])
    out = capsys.readouterr().out
    assert "= silence: # colorcheck: ignore[CC111] REASON" in out
    assert "= silence: // colorcheck: ignore[CC307] REASON" in out
    main(["verify", REFUSED, "--show-silence", "--format", "concise"])
    lines = capsys.readouterr().out.splitlines()
    assert any(
        line.endswith("camera.cfg:6:15: note CC111 silence with: # colorcheck: ignore[CC111] REASON") for line in lines
    )
    assert sum(" silence with: " in line for line in lines) == 4


def test_what_is_on_no_line_is_silenced_in_the_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", REFUSED, "--xen", "4.99", "--show-silence", "--quiet"])
    assert 'note CC201 silence with: [rules] ignore = [{ rule = "CC201"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--xen", "4.17"], "xilinx-4.17"),
        (["--board", "zcu1002"], "zcu102"),
    ],
)
def test_did_you_mean(words: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", str(EXAMPLES / "zcu102-dom0less"), *words, "--format", "text"])
    out, err = capsys.readouterr()
    assert f'did you mean "{meant}"?' in " ".join((out + err).split())


@pytest.mark.parametrize(
    ("written", "meant"),
    [("/ethernet@ff0e0000", "/axi/ethernet@ff0e0000"), ("/axi/ethernet@ff0e000", "/axi/ethernet@ff0e0000")],
)
def test_did_you_mean_the_path_of_a_device(
    written: str, meant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guest = tmp_path / "rt.cfg"
    guest.write_text(f'name = "rt"\nmemory = 64\nllc_colors = ["9-13"]\ndtdev = ["{written}"]\n', encoding="utf-8")
    tree = str(EXAMPLES / "xen-guide" / "system.dts")
    words = ["--xen", "4.20", "--device-tree", tree, "--domain", str(guest), "--allow-outside"]
    main(["verify", *words, "--format", "json"])
    found = [each for each in json.loads(capsys.readouterr().out)["findings"] if each["rule"] == "CC319"]
    assert [each["help"] for each in found] == [f'did you mean "{meant}"?']


def test_a_blob_as_path_is_its_source_as_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`colorcheck verify system.dtb` checks the tree that it holds."""
    blob = tmp_path / "system.dtb"
    blob.write_bytes(to_blob(read_device_tree(str(EXAMPLES / "xen-guide" / "system.dts"))))
    assert main(["verify", str(blob), "--xen", "4.20", "--quiet"]) == 1
    out = capsys.readouterr().out
    assert "error CC401 dom0 and domU1 share colors 4-6" in out
    assert "did you mean" not in out


def test_nothing_is_colored_under_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    from colorcheck.cli.output import _wants_color

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    assert _wants_color("auto")
    monkeypatch.setenv("CI", "true")
    assert not _wants_color("auto")
    assert _wants_color("always")


def test_prose_is_no_manifest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# A board\n\nSome words, and a diff:\n\n```diff\n-a\n+b\n```\n")
    assert main(["verify", str(readme)]) == 2
    assert "is a page in Markdown or the like, not a colorcheck.toml" in capsys.readouterr().err
