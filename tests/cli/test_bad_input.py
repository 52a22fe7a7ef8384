"""Bad input: a clear message with the place, the right exit status, no traceback, and the other files still checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example

BAD_GUEST = GUEST.replace('["11-14"]', '"11-14"')  # a finding that must survive whatever else is wrong


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    Example(guests=(("rt.cfg", GUEST), ("other.cfg", BAD_GUEST.replace('"rt"', '"other"')))).write(tmp_path)
    return tmp_path


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def in_tree(text: str) -> Callable[[Path], None]:
    return replaced("system.dts", "/dts-v1/;", f"/dts-v1/;\n{text}")


def written(name: str, content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return write


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut_off_blob(folder: Path) -> None:
    (folder / "system.dtb").write_bytes(b"\xd0\x0d\xfe\xed" + (4096).to_bytes(4, "big") + bytes(20))
    replaced("colorcheck.toml", "system.dts", "system.dtb")(folder)


def a_folder_instead(folder: Path) -> None:
    (folder / "rt.cfg").unlink()
    (folder / "rt.cfg").mkdir()


CASES = {
    "missing-tree": (removed("system.dts"), 1, "cannot read", "colorcheck.toml"),
    "missing-guest": (removed("rt.cfg"), 1, "cannot read", "colorcheck.toml"),
    "folder-as-guest": (a_folder_instead, 1, "rt.cfg", "colorcheck.toml"),
    "binary-tree": (written("system.dts", bytes(range(256)) * 8), 1, "binary file", "colorcheck.toml"),
    "binary-guest": (written("rt.cfg", b"\x00\x01\x02" * 50), 1, "binary file", "colorcheck.toml"),
    "cut-off-blob": (cut_off_blob, 1, "", "system.dtb"),
    "empty-tree": (written("system.dts", b""), 1, "an empty file", "colorcheck.toml"),
    "unknown-board": (replaced("colorcheck.toml", '"zcu102"', '"zcu10"'), 1, "zcu10", "colorcheck.toml"),
    "unknown-xen": (replaced("colorcheck.toml", '"4.20"', '"4.02"'), 1, "4.02", "colorcheck.toml"),
    "unknown-key": (replaced("colorcheck.toml", "board", "bord"), 1, "target.bord", "colorcheck.toml"),
    "wrong-type": (replaced("colorcheck.toml", "0x174000", '"big"'), 1, "xen-image-size", "colorcheck.toml"),
    "huge-guest": (written("rt.cfg", b"#" * (50 << 20)), 1, "larger than", "colorcheck.toml"),
    "huge-tree": (written("system.dts", b"/dts-v1/;\n" + b" " * (50 << 20)), 1, "MiB", "colorcheck.toml"),
    "tree-includes-itself": (in_tree('/include/ "system.dts"\n'), 1, "", "system.dts"),
    "reference-cycle": (in_tree("/ { a: a { x = &b; };\n b: b { x = &a; }; };"), 1, "", ""),
    "unknown-reference": (in_tree("/ { a { x = <&nothing>; }; };"), 1, "nothing", "system.dts"),
    "latin-1-guest": (written("rt.cfg", b"# gr\xfc\xdfe\n" + GUEST.encode()), 1, "0xfc is not UTF-8", "rt.cfg"),
    "utf-16-guest": (written("rt.cfg", GUEST.encode("utf-16")), 1, "UTF-16", "colorcheck.toml"),
    "deep-nesting": (replaced("system.dts", "chosen {", "a {" * 3000 + "};" * 3000 + "\n chosen {"), 1, "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("change", "status", "message", "place"), CASES.values(), ids=list(CASES))
def test_bad_input(  # noqa: PLR0917
    deployment: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], None],
    status: int,
    message: str,
    place: str,
) -> None:
    change(deployment)
    assert main(["verify", str(deployment), "--format", "json"]) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    report = json.loads(out)
    assert report["faults"] == []
    told = [f for f in report["findings"] if message in f["message"] + f["help"] and place in f["location"]["file"]]
    assert told, [(f["message"], f["location"]) for f in report["findings"]]
    assert any(f["location"]["file"].endswith("other.cfg") for f in report["findings"]), "other files are still checked"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"[target\n", "not valid TOML"), (b"\xff\xfe[\x00t\x00", "UTF-16"), (b"x" * (17 << 20), "16 MiB")],
)
def test_a_manifest_that_cannot_be_read(
    deployment: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (deployment / "colorcheck.toml").write_bytes(content)
    assert main(["verify", str(deployment)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "colorcheck.toml" in err


def test_a_folder_without_a_manifest_has_nothing_to_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 3
    assert "nothing to check" in capsys.readouterr().err


def test_a_crash_of_colorcheck_is_told_and_has_its_own_status(
    deployment: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("colorcheck.xen.worlds.world.effective", broken)
    assert main(["verify", str(deployment)]) == 5
    out, err = capsys.readouterr()
    assert "boom" in out
    assert "Traceback" not in out + err


def test_a_crash_outside_of_all_stages(
    deployment: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("colorcheck.workflows.verify.verify", broken)
    assert main(["verify", str(deployment)]) == 5
    out, err = capsys.readouterr()
    assert "RuntimeError: boom" in err
    assert "Traceback" not in out + err
    with pytest.raises(RuntimeError):
        main(["verify", str(deployment), "--debug"])


def test_a_folder_that_cannot_be_entered_counts_as_missing(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    assert main(["verify", str(tmp_path)]) == 2
