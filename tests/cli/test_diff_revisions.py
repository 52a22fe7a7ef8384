"""`diff` between revisions, on branches of strangers and on honest ones."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.rules.example import GUEST, Example

SHARING = GUEST.replace("11-14", "9-14")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 120\n"


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", "--allow-empty")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "repo"
    (top / "one").mkdir(parents=True)
    Example(guests=(("rt.cfg", GUEST),)).write(top / "one")
    git(tmp_path, "init", "-q", "-b", "main", "repo")
    commit(top)
    git(top, "checkout", "-q", "-b", "branch")
    monkeypatch.chdir(top / "one")
    return top


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def document(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    capsys.readouterr()
    status = main(["diff", *words, "--format", "json"])
    return status, json.loads(capsys.readouterr().out)


def test_nothing_changed(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "main"]) == 0
    assert "no change in isolation, colors or memory" in capsys.readouterr().out
    assert main(["diff", "main", "branch"]) == 0


def test_new_sharing(repo: Path) -> None:
    (repo / "one" / "rt.cfg").write_text(SHARING, encoding="utf-8")
    assert main(["diff", "main"]) == 1
    commit(repo)
    assert main(["diff", "main", "HEAD"]) == 1


@pytest.mark.parametrize("how", ["lfs", "outside", "ignored", "submodule", "index"])
def test_what_cannot_be_read_on_both_sides_is_undecided(
    repo: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    guest, manifest = repo / "one" / "rt.cfg", repo / "one" / "colorcheck.toml"
    if how == "lfs":
        guest.write_text(POINTER, encoding="utf-8")
    elif how == "outside":
        edit(manifest, '"rt.cfg"', '"../../rt.cfg"')
        (repo.parent / "rt.cfg").write_text(GUEST, encoding="utf-8")
    elif how == "ignored":
        (repo / ".gitignore").write_text("rt.cfg\n", encoding="utf-8")
        git(repo, "rm", "-q", "--cached", "one/rt.cfg")
    elif how == "submodule":
        inner = repo.parent / "inner"
        inner.mkdir()
        git(inner, "init", "-q")
        (inner / "rt.cfg").write_text(GUEST, encoding="utf-8")
        commit(inner)
        git(repo, "submodule", "--quiet", "add", str(inner), "sub")
        edit(manifest, '"rt.cfg"', '"../sub/rt.cfg"')
        commit(repo)
        git(repo, "submodule", "--quiet", "deinit", "-f", "sub")
    else:
        edit(manifest, "[inputs]", '[inputs]\nimage-builder = "nowhere"')
    commit(repo)
    for form in ("text", "markdown", "json"):
        assert main(["diff", "HEAD", "HEAD", "--format", form]) == 4
        assert "no change in isolation, colors or memory" not in capsys.readouterr().out


def test_attributes_of_the_branch_change_nothing(repo: Path) -> None:
    (repo / ".gitattributes").write_text("rt.cfg export-ignore\n*.cfg export-subst\n", encoding="utf-8")
    commit(repo)
    assert main(["diff", "HEAD", "HEAD"]) == 0
    assert main(["diff", "main"]) == 0


def test_a_branch_behind_main(repo: Path) -> None:
    """What others mended on main since is nothing that this branch broke."""
    git(repo, "checkout", "-q", "main")
    edit(repo / "one" / "rt.cfg", "11-14", "11-12")
    commit(repo)
    git(repo, "checkout", "-q", "branch")
    assert main(["diff", "main"]) == 0


def test_a_guest_that_goes_and_one_that_is_renamed(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(repo / "one" / "rt.cfg", '"rt"', '"rt-2"')
    status, found = document(capsys, "main")
    assert (status, found["renamed"], found["reasons"]) == (0, {"rt": "rt-2"}, [])
    edit(repo / "one" / "colorcheck.toml", '"rt.cfg"', "")
    assert document(capsys, "main")[0] == 0


def test_targets_that_come_and_go(repo: Path) -> None:
    manifest = repo / "one" / "colorcheck.toml"
    text = manifest.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("xen ="))
    manifest.write_text(text.replace(line, 'xen = ["4.20", "4.21"]'), encoding="utf-8")
    assert main(["diff", "main"]) == 0
    commit(repo)
    manifest.write_text(text.replace(line, 'xen = "4.21"'), encoding="utf-8")
    assert main(["diff", "HEAD"]) == 0


def test_a_side_at_a_revision_has_what_its_loader_finds(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Kernels of guests, scripts beside the tree, folders of a dump: of a revision as of a folder."""
    one = repo / "one"
    (one / "Image").write_bytes(b"x" * 5_000_000)
    (one / "dump").mkdir()
    (one / "dump" / "xl-info").write_text("xen_version : 4.20.4\n", encoding="utf-8")
    edit(one / "colorcheck.toml", "[inputs]", '[inputs]\nsystem-dump = "dump"')
    commit(repo)
    assert main(["diff", "HEAD", "."]) == main(["diff", ".", "."])
    first, second = (document(capsys, side, side)[1] for side in (".", "HEAD"))
    assert {**first, "base": 0, "head": 0} == {**second, "base": 0, "head": 0}
    (one / "boot.cmd").write_text("fdt addr 1\nbooti 1 - 2\n", encoding="utf-8")
    commit(repo)
    assert main(["diff", "HEAD", "HEAD"]) == 4, "it is not followed, as in the folder"


def share(repo: Path, names: str = '"dom0", "rt"') -> None:
    with (repo / "one" / "colorcheck.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[policy.share]]\ndomains = [{names}]\nreason = "both may wait"\n')


def test_sharing_that_the_policy_allows_is_told_with_its_reason(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    share(repo)
    assert main(["diff", "main"]) == 0, "nothing is shared yet"
    commit(repo)
    (repo / "one" / "rt.cfg").write_text(SHARING, encoding="utf-8")
    capsys.readouterr()
    assert main(["diff", "HEAD"]) == 1
    assert "both may wait" in capsys.readouterr().out
    commit(repo)
    assert main(["diff", "HEAD"]) == 0
    edit(repo / "one" / "rt.cfg", "9-14", "8-14")
    assert document(capsys, "HEAD")[1]["reasons"] == ["new-sharing"], "grown"
    (repo / "one" / "rt.cfg").write_text(SHARING.replace('"rt"', '"rt2"'), encoding="utf-8")
    edit(repo / "one" / "colorcheck.toml", '"rt"]', '"rt2"]')
    status, found = document(capsys, "HEAD")
    assert (status, found["renamed"]) == (0, {"rt": "rt2"}), found


def test_many_deployments(repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(repo)
    assert main(["diff", "main", "--recursive"]) == 0
    (repo / "two").mkdir()
    Example(guests=(("rt.cfg", GUEST),)).write(repo / "two")
    capsys.readouterr()
    assert main(["diff", "main", "--recursive"]) == 0
    out = capsys.readouterr().out
    assert "a new deployment" in out
    assert "looked at 2 deployments" in out
    assert main(["diff", "main", "--path", "two"]) == 0, "news, not a fault"
    (repo / "two" / "rt.cfg").write_text(SHARING, encoding="utf-8")
    assert main(["diff", "main", "--recursive"]) == 1
    (repo / "two" / "colorcheck.toml").unlink()
    (repo / "one" / "colorcheck.toml").unlink()
    assert main(["diff", "main", "--recursive"]) == 0


@pytest.mark.parametrize("words", [[""], ["--", "--output=x"], ["main", ""], ["main", "--fail-on", ""]])
def test_empty_and_strange_words(repo: Path, words: list[str]) -> None:
    assert main(["diff", *words]) == 2
    assert not (repo / "one" / "x").exists()


@pytest.mark.slow
def test_only_what_is_needed_is_read(repo: Path) -> None:
    import resource

    with (repo / "large").open("wb") as file:
        file.truncate(400 << 20)
    commit(repo)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert main(["diff", "HEAD", "HEAD"]) == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


def test_a_shallow_clone_and_no_git(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo)
    git(repo.parent, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    monkeypatch.chdir(repo.parent / "shallow" / "one")
    assert main(["diff", "HEAD~1"]) == 2
    assert "fetch-depth: 0" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "HEAD"]) == 2
    assert "git is not installed" in capsys.readouterr().err
