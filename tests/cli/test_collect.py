"""`colorcheck collect` packs a running system with nothing but a shell; `init --from` unpacks only what it knows."""

import io
import json
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from colorcheck.cli import main

GOLDEN = Path(__file__).parent.parent / "golden"
GUEST = {
    "domid": 1,
    "config": {"c_info": {"name": "../rt"}, "b_info": {"max_memkb": 65536, "max_vcpus": 1, "llc_colors": [9, 10]}},
}
XL = """#!/bin/sh
case "$1" in dmesg) cat "$LOG";; list) cat "$LIST";; *) echo ok;; esac
"""


@pytest.mark.parametrize("shell", ["sh", "dash", "busybox"])
def test_a_packed_system_becomes_a_manifest(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs a shell: install {shell}")
    assert main(["collect"]) == 0
    script = tmp_path / "collect.sh"
    script.write_text(capsys.readouterr().out)
    tools, work = tmp_path / "bin", tmp_path / "work"
    tools.mkdir()
    work.mkdir()
    (tools / "xl").write_text(XL)
    (tools / "xl").chmod(0o755)
    (tmp_path / "list.json").write_text(json.dumps([{"domid": 0}, GUEST]))
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "LOG": str(GOLDEN / "logs" / "basic-4.20.log"),
        "LIST": str(tmp_path / "list.json"),
        "COLORCHECK_ROOT": str(tmp_path),
    }
    words = [shell, "sh"] if shell == "busybox" else [shell]
    command = [*words, str(script), str(tmp_path / "b.tar")]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "fdt" in done.stderr
    assert main(["init", str(work), "--from", str(tmp_path / "b.tar")]) == 0
    inputs = tomllib.loads((work / "colorcheck.toml").read_text())["inputs"]
    assert (inputs["boot-log"], inputs["domains"]) == ("xl-dmesg.txt", ["_rt.cfg"])


def packed(path: Path, *members: tuple[str, bytes, str]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data, link in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if link:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, link, 0
            tar.addfile(info, io.BytesIO(data))


def test_a_hostile_tar_writes_nothing_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = tmp_path / "work"
    work.mkdir()
    packed(
        tmp_path / "b.tar",
        ("../evil", b"x", ""),
        ("board/fdt", b"", "/etc/passwd"),
        ("/etc/evil", b"x", ""),
        ("board/xl-dmesg", b"(XEN) Command line: \n", ""),
    )
    assert main(["init", str(work), "--from", str(tmp_path / "b.tar")]) == 0
    assert {path.name for path in work.iterdir()} == {"xl-dmesg.txt", "colorcheck.toml"}
    assert "fdt: a link" in capsys.readouterr().err
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x1f\x8b", b"board/fdt".ljust(512, b"\0")])
def test_what_is_no_dump_is_told(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    assert main(["init", str(tmp_path), "--from", str(tmp_path / "b.tar")]) == 2
    assert "Traceback" not in capsys.readouterr().err
