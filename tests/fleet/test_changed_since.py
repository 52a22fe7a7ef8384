"""`--changed-since` on branches of strangers: what git does not vouch for is looked at."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example

SHARING = GUEST.replace("11-14", "9-14")
INCLUDE = '\n/include/ "../common/a.dtsi"\n'


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", "--allow-empty")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """One proved deployment, whose guest is an input of its own and whose tree includes a file elsewhere."""
    top = tmp_path / "repo"
    (top / "one").mkdir(parents=True)
    Example(guests=(("rt.cfg", GUEST),)).write(top / "one")
    tree = top / "one" / "system.dts"
    tree.write_text(tree.read_text(encoding="utf-8") + INCLUDE, encoding="utf-8")
    (top / "common").mkdir()
    (top / "common" / "a.dtsi").write_text("/ { a = <1>; };\n", encoding="utf-8")
    git(tmp_path, "init", "-q", "repo")
    commit(top)
    return top


def looked_at(repo: Path, capsys: pytest.CaptureFixture[str], *more: str) -> int:
    status = main(["verify", "--recursive", str(repo), "--changed-since", "HEAD", "--no-cache", *more])
    out = capsys.readouterr().out
    assert "looked at " in out
    if "looked at 0" in out:
        assert status == 0
    return status


def share(repo: Path) -> None:
    (repo / "one" / "rt.cfg").write_text(SHARING, encoding="utf-8")


def test_nothing_changed(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looked_at(repo, capsys) == 0
    git(repo, "worktree", "add", "-q", "../other")
    assert looked_at(repo.parent / "other", capsys) == 0


def test_a_plain_change(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    share(repo)
    assert looked_at(repo, capsys) == 1


@pytest.mark.parametrize("how", ["assume-unchanged", "skip-worktree"])
def test_what_the_index_looks_away_from(repo: Path, capsys: pytest.CaptureFixture[str], how: str) -> None:
    git(repo, "update-index", f"--{how}", "one/rt.cfg")
    share(repo)
    assert looked_at(repo, capsys) == 1


def test_an_ignored_input(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / ".gitignore").write_text("rt.cfg\n", encoding="utf-8")
    git(repo, "rm", "-q", "--cached", "one/rt.cfg")
    commit(repo)
    share(repo)
    assert looked_at(repo, capsys) == 1


def test_an_input_outside(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = repo / "one" / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8").replace('"rt.cfg"', '"../../rt.cfg"')
    manifest.write_text(text, encoding="utf-8")
    commit(repo)
    (repo.parent / "rt.cfg").write_text(SHARING, encoding="utf-8")
    assert looked_at(repo, capsys) == 1
    assert looked_at(repo, capsys, "--allow-outside") == 1


@pytest.mark.parametrize("which", ["file", "folder", "chain"])
def test_a_link_that_was_retargeted(repo: Path, capsys: pytest.CaptureFixture[str], which: str) -> None:
    for name, guest in (("good", GUEST), ("bad", SHARING)):
        (repo / name).mkdir()
        (repo / name / "rt.cfg").write_text(guest, encoding="utf-8")
    manifest, link = repo / "one" / "colorcheck.toml", repo / "one" / "link"
    name, target = {"file": ("link", "../good/rt.cfg"), "folder": ("link/rt.cfg", "../good"), "chain": ("x", "link")}[
        which
    ]
    if which == "chain":
        (repo / "one" / "x").symlink_to("link")
        target = "../good/rt.cfg"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"rt.cfg"', f'"{name}"'), encoding="utf-8")
    link.symlink_to(target)
    commit(repo)
    assert looked_at(repo, capsys) == 0
    link.unlink()
    link.symlink_to(target.replace("good", "bad"))
    assert looked_at(repo, capsys) == 1


@pytest.mark.parametrize("way", ["untracked", "moved"])
def test_an_input_in_a_submodule(repo: Path, capsys: pytest.CaptureFixture[str], way: str) -> None:
    inner = repo.parent / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "rt.cfg").write_text(GUEST, encoding="utf-8")
    commit(inner)
    git(repo, "submodule", "--quiet", "add", str(inner), "sub")
    git(repo, "config", "-f", ".gitmodules", "submodule.sub.ignore", "all")
    manifest = repo / "one" / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8").replace('"rt.cfg"', '"../sub/rt.cfg"')
    manifest.write_text(text, encoding="utf-8")
    commit(repo)
    (repo / "sub" / "rt.cfg").write_text(SHARING, encoding="utf-8")
    if way == "moved":
        commit(repo / "sub")
    assert looked_at(repo, capsys) == 1


SCRIPT = """fatload mmc 0:1 0x3000000 Image
fdt addr 0x2000000
fdt set /chosen xen,xen-bootargs "dom0_mem=1G llc-coloring=on"
booti 0x1000000 - 0x2000000
"""


def counted(repo: Path, capsys: pytest.CaptureFixture[str]) -> str:
    main(["verify", "--recursive", str(repo), "--changed-since", "HEAD", "--no-cache"])
    return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("looked at"))


def test_a_kernel_that_grew(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only its size counts, and that by the memory that the guest needs."""
    (repo / "one" / "Image").write_bytes(b"x" * 1000)
    commit(repo)
    assert counted(repo, capsys).startswith("looked at 0 of 1")
    (repo / "one" / "Image").write_bytes(b"x" * 5_000_000)
    assert counted(repo, capsys).startswith("looked at 1 of 1")


@pytest.mark.parametrize("name", ["boot.cmd", "BOOT.SCR"])
def test_a_boot_script_that_comes_to_lie_beside_the_tree(
    repo: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert counted(repo, capsys).startswith("looked at 0 of 1")
    (repo / "one" / name).write_text(SCRIPT, encoding="utf-8")
    assert counted(repo, capsys).startswith("looked at 1 of 1")
    commit(repo)
    assert counted(repo, capsys).startswith("looked at 0 of 1")
    (repo / "one" / name).unlink()
    assert counted(repo, capsys).startswith("looked at 1 of 1")


@pytest.mark.parametrize("name", ["boot.cmd", "image", "Image"])
def test_what_a_loader_loads(repo: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """The script itself, and what it loads: in letters of any case, as the board's FAT file system finds it."""
    manifest = repo / "one" / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8").replace("[inputs]", '[inputs]\nboot-script = "boot.cmd"')
    manifest.write_text(text, encoding="utf-8")
    (repo / "one" / "boot.cmd").write_text(SCRIPT, encoding="utf-8")
    commit(repo)
    assert counted(repo, capsys).startswith("looked at 0 of 1")
    (repo / "one" / name).write_text(SCRIPT.replace("=on", "=off"), encoding="utf-8")
    assert counted(repo, capsys).startswith("looked at 1 of 1")


def test_a_dump_that_loses_a_part(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = repo / "one" / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8").replace("[inputs]", '[inputs]\nsystem-dump = "dump"')
    manifest.write_text(text, encoding="utf-8")
    (repo / "one" / "dump").mkdir()
    for name, content in (("xl-info", "xen_version : 4.20.4\n"), ("xl-list-l", '[{"domid": 0}]')):
        (repo / "one" / "dump" / name).write_text(content, encoding="utf-8")
    commit(repo)
    assert counted(repo, capsys).startswith("looked at 0 of 1")
    (repo / "one" / "dump" / "xl-list-l").unlink()
    assert counted(repo, capsys).startswith("looked at 1 of 1")


def test_what_is_gone(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "one" / "colorcheck.toml").rename(repo / "one" / "moved.toml")
    assert main(["verify", "--recursive", str(repo), "--changed-since", "HEAD"]) == 4
    assert "its manifest existed and is gone" in capsys.readouterr().out


def test_what_a_pattern_matched(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = repo / "one" / "colorcheck.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"rt.cfg"', '"*.cfg"'), encoding="utf-8")
    (repo / "one" / "zz.cfg").write_text(GUEST.replace('"rt"', '"zz"').replace("11-14", "15"), encoding="utf-8")
    commit(repo)
    assert looked_at(repo, capsys) == 0
    (repo / "one" / "zz.cfg").unlink()
    main(["verify", "--recursive", str(repo), "--changed-since", "HEAD"])
    assert "looked at 1 of 1" in capsys.readouterr().out


@pytest.mark.parametrize("revision", ["--cached", "--output=created", "", "-", "nowhere"])
def test_a_revision_is_no_option(repo: Path, monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    monkeypatch.chdir(repo)
    share(repo)
    assert main(["verify", "--recursive", f"--changed-since={revision}"]) == 2
    assert not (repo / "created").exists()


def test_folders_that_hide_deployments(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "one").rename(repo / ".one")
    assert main(["verify", "--recursive", str(repo)]) == 4
    assert "it is in a hidden folder" in capsys.readouterr().out
    (repo / ".one").rename(repo.parent / "away")
    (repo / "link").symlink_to("../away")
    assert main(["verify", "--recursive", str(repo)]) == 4
    assert "it is behind a symbolic link" in capsys.readouterr().out


def without_roots_ways() -> None:
    """Root, too, enters only folders that let it: drops CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH for what runs next."""
    if os.getuid() == 0:
        for capability in (1, 2):
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP of prctl(2)


def test_a_folder_that_cannot_be_entered(repo: Path) -> None:
    (repo / "closed").mkdir(mode=0)
    words = [sys.executable, "-m", "colorcheck", "verify", "--recursive", str(repo)]
    done = subprocess.run(words, preexec_fn=without_roots_ways, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stdout + done.stderr


def test_everything_asked_for_is_written_when_nothing_was_touched(repo: Path, tmp_path: Path) -> None:
    names = ("sarif", "junit", "gitlab", "html", "markdown", "json", "github")
    words = [word for name in names for word in ("--output", f"{name}={tmp_path / name}")]
    assert main(["verify", "--recursive", str(repo), "--changed-since", "HEAD", *words]) == 0
    assert all((tmp_path / name).stat().st_size for name in names)


def test_no_hook_filter_or_monitor_of_the_checkout_runs(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    touch = f"touch {repo.parent}/ran"
    for key in ("core.fsmonitor", "core.sshCommand", "diff.external", "filter.x.clean", "diff.x.textconv"):
        git(repo, "config", key, touch)
    (repo / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n", encoding="utf-8")
    share(repo)
    assert looked_at(repo, capsys) == 1
    main(["diff", "HEAD", "--path", str(repo / "one")])
    assert not (repo.parent / "ran").exists()


@pytest.mark.parametrize("by", ["folder", "link"])
def test_a_manifest_whose_place_is_taken_is_gone(repo: Path, capsys: pytest.CaptureFixture[str], by: str) -> None:
    shutil.copytree(repo / "one", repo / "other")
    commit(repo)
    if by == "folder":
        (repo / "one" / "colorcheck.toml").unlink()
        (repo / "one" / "colorcheck.toml").mkdir()
    else:
        shutil.rmtree(repo / "one")
        (repo / "one").symlink_to("other")
    assert main(["verify", "--recursive", str(repo), "--changed-since", "HEAD", "--no-cache"]) == 4
    assert "its manifest existed and is gone" in capsys.readouterr().out


def test_many_manifests_that_are_gone_cost_no_more_processes_than_one(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is not there, then twelve, each of 20,000 lines; as many new ones of other lines."""
    manifest = (repo / "one" / "colorcheck.toml").read_text(encoding="utf-8")
    lines = "".join(f"# {number % 7}\n" for number in range(20_000))
    for number in range(12):
        (repo / f"m{number}").mkdir()
        (repo / f"m{number}" / "colorcheck.toml").write_text(f"# {number}\n{manifest}{lines}", encoding="utf-8")
    commit(repo)
    counts = []
    for gone in (1, 12):
        for number in range(gone):
            (repo / f"m{number}" / "colorcheck.toml").unlink(missing_ok=True)
            (repo / f"n{number}").mkdir(exist_ok=True)
            (repo / f"n{number}" / "colorcheck.toml").write_text("[inputs]\n" * 20_000, encoding="utf-8")
        calls: list[object] = []
        started = subprocess.Popen.__init__

        def counting(self: object, *words: Any, _calls: list[object] = calls, _do: Any = started, **more: Any) -> None:
            _calls.append(words)
            _do(self, *words, **more)

        with monkeypatch.context() as patch:
            patch.setattr(subprocess.Popen, "__init__", counting)
            main(["verify", "--recursive", str(repo), "--changed-since", "HEAD", "--no-cache", "--jobs", "1"])
        out = capsys.readouterr().out
        assert out.count("its manifest existed and is gone") == gone
        counts.append(len(calls))
    assert counts[1] <= counts[0] + 2
