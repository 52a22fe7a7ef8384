"""A checkout that nobody trusts: no code from it, no write beside what was asked, nothing that a terminal obeys."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.core.diagnostic import Edit
from colorcheck.core.safe import Painted, safe, safe_json
from colorcheck.core.source import Lines
from colorcheck.files.child import ChildDied, ChildFailed, in_child
from colorcheck.files.edits import diff, originals, write
from colorcheck.files.kept_modules import KeptCode
from colorcheck.fleet.cache import ResultCache
from colorcheck.fleet.checked import Checked, Job, overall
from colorcheck.proof.second_solver import NotOurs, answers
from colorcheck.rules.example import GUEST, Example

ROOT = Path(__file__).resolve().parents[2]


def git(folder: Path, *words: str, data: bytes | None = None) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, input=data)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    Example(guests=(("rt.cfg", GUEST),)).write(top)
    git(top, "init", "-q")
    monkeypatch.chdir(top)
    return top


# Characters

EVIL = "a\x1b[31mb\x07\u202ec\u2066\r\x85\u009b2J"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def test_safe() -> None:
    assert not FORBIDDEN.search(safe(EVIL))
    assert safe(Painted("\x1b[1mx\x1b[2J\x1b[0m")) == "\x1b[1mx\\u001b[2J\x1b[0m"
    assert safe("a\n::error::x\n  ::set-output\n##[command]") == "a\n\\::error::x\n  \\::set-output\n##\\[command]"
    assert safe("äöü✓ \u00a0x\ty\r\n") == "äöü✓ \u00a0x\ty\n"
    assert json.loads(safe_json(json.dumps(f"{EVIL}\U000e0001##[", ensure_ascii=False))) == f"{EVIL}\U000e0001##["


COMMANDS = (
    ["verify"],
    ["verify", "--format", "markdown"],
    ["verify", "--format", "github"],
    ["verify", "--recursive", "."],
    ["effective"],
    ["effective", "--explain-affinity"],
    ["plan", "--timeout", "1"],
    ["replay"],
    ["migrate", "--to", "4.22"],
    ["plan", "--diff", "--timeout", "1"],
    ["diff", "."],
    ["verify", "--color", "always"],
    ["effective", "--color", "always"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_passes_what_a_terminal_obeys(repo: Path, words: list[str]) -> None:
    evil = "x\x1b[2J\u202e\x9b1m"
    guest = GUEST.replace('"rt"', f'"{evil}"') + f'\n::error::{evil} = 1\nextra = "##[error]{evil}"\n'
    (repo / "rt.cfg").write_text(guest, encoding="utf-8")
    base = words[1:] if words[0] != "diff" else [str(repo)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}", "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "colorcheck", words[0], *base]
    done = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=300)
    for stream in (done.stdout, done.stderr):
        text = re.sub("\x1b\\[[0-9;]*m", "", stream.decode()) if "always" in words else stream.decode()
        assert not FORBIDDEN.search(text.replace("\r\n", "\n")), text
        assert "\x1b[2J" not in stream.decode()
        assert "##[error]" not in text
        if "github" not in words:
            assert not re.search(r"^\s*::", text, re.MULTILINE)


# Code


def test_no_module_of_the_current_folder_is_imported(repo: Path) -> None:
    for name in ("selectors", "argparse", "json", "lark", "z3"):
        (repo / f"{name}.py").write_text("import os\nprint('PROVED', flush=True)\nos._exit(0)\n", encoding="utf-8")
    info = repo / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[colorcheck]\nevil = selectors\n", encoding="utf-8")
    (repo / "rt.cfg").write_text(GUEST.replace("11-14", "9-14"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"}
    environment.pop("PYTHONSAFEPATH", None)
    for words in (["verify"], ["verify", "--recursive", ".", "--no-cache"]):
        command = [sys.executable, "-m", "colorcheck", *words]
        done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "evil" not in done.stdout


def test_a_child_ends_nothing_here() -> None:
    assert in_child(lambda: [1, "a"], 5) == [1, "a"]
    assert in_child(lambda: in_child(lambda: 1, 20), 5) == 1, "in a child that has limits already"
    with pytest.raises(ChildFailed, match="ValueError"):
        in_child(lambda: int("x"), 5)
    with pytest.raises(ChildDied):
        in_child(lambda: os._exit(0), 5)
    with pytest.raises(ChildDied, match="took longer"):
        in_child(lambda: __import__("time").sleep(60), 0.2)
    with pytest.raises((ChildDied, ChildFailed)):
        in_child(lambda: len(bytearray(2 << 30)), 20, memory=1 << 28)


EXITS = """
import os
from colorcheck.plugins.hookspecs import hook
from colorcheck.rules import RULES
from msgspec.structs import replace
AT = {at!r}
if AT == "import":
    os._exit(0)
@hook
def colorcheck_rules():
    if AT == "hook":
        os._exit(0)
    return [replace(RULES[0], id="EVIL01", check=lambda facts: os._exit(0))]
"""


@pytest.mark.parametrize("at", ["import", "hook", "rule"])
def test_a_plugin_that_ends_the_process_ends_no_run_with_success(repo: Path, tmp_path: Path, at: str) -> None:
    site = tmp_path / "site"
    info = site / "evil-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "evil.py").write_text(EXITS.format(at=at), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[colorcheck]\nevil = evil\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}:{site}"}
    command = [sys.executable, "-m", "colorcheck", "verify", str(repo)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode not in (0, -9)
    assert "evil" in done.stdout


# The cache


@pytest.mark.parametrize("status", ["1", None, 99, True, -1, 5, 2.0, []])
def test_the_cache_fails_closed(tmp_path: Path, status: object) -> None:
    cache, job = ResultCache(tmp_path), Job("x/colorcheck.toml")
    cache.put(job, Checked(job.manifest, 1, "REFUTED", "sharing"), {})
    assert cache.get(job) is not None
    (entry,) = tmp_path.rglob("*.json")
    document = json.loads(entry.read_text(encoding="utf-8"))
    document["entry"]["checked"]["status"] = status
    entry.write_text(json.dumps(document), encoding="utf-8")
    assert cache.get(job) is None, "the checksum"
    from colorcheck.fleet.cache import _checksum

    document["sha256"] = _checksum(document["entry"])
    entry.write_text(json.dumps(document), encoding="utf-8")
    assert cache.get(job) is None, "the status"
    if not isinstance(status, list):
        assert overall([Checked("x", status, "", "")]) != 0  # type: ignore[arg-type]


def test_an_entry_that_others_can_write_counts_as_none(tmp_path: Path) -> None:
    cache, job = ResultCache(tmp_path), Job("x/colorcheck.toml")
    cache.put(job, Checked(job.manifest, 0, "PROVED", ""), {})
    (entry,) = tmp_path.rglob("*.json")
    entry.chmod(0o666)
    assert cache.get(job) is None


def test_the_cache_is_pruned(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    for number in range(9):
        cache.put(Job(f"{number}"), Checked(f"{number}", 0, "PROVED", ""), {})
    old = sorted(tmp_path.rglob("*.json"))[0]
    os.utime(old, (0, 0))
    cache.prune()
    assert len(list(tmp_path.rglob("*.json"))) == 8
    cache.prune(most=0)
    assert not list(tmp_path.rglob("*.json"))


def test_nothing_is_unpickled() -> None:
    """But for compiled modules, where Python itself keeps them."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "colorcheck").rglob("*.py")}
    found = [name for name, text in sources.items() if re.search(r"\bpickle|\bmarshal\b|\bshelve\b|cache=True", text)]
    assert found == ["kept_modules.py"]
    assert Path(KeptCode.of(str(ROOT / "colorcheck" / "__main__.py")).file).parent.name == "__pycache__"


# Certificates


@pytest.mark.parametrize(
    "text",
    [
        '(set-option :regular-output-channel "FILE")\n(check-sat)',
        "(get-value (x))",
        '(echo "x")',
        "; (check-sat)\n ( ; x\n set-option :x 1)",
        "(assert " + "(not " * 200_000 + "true" + ")" * 200_001,
    ],
)
def test_scripts_that_are_not_ours_are_not_run(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotOurs):
        answers(text.replace("FILE", str(tmp_path / "x")), 5)
    assert not list(tmp_path.iterdir())


def test_certificates_of_strangers(repo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    assert main(["certify", "--write", str(folder)]) == 0
    (folder / "0001-mine.smt2").write_text("of somebody else", encoding="utf-8")
    assert main(["certify", "--write", str(folder)]) == 0
    assert (folder / "0001-mine.smt2").exists()
    assert main(["certify", "--check", str(folder)]) == 1, "nothing vouches for it"
    (folder / "certificates.json").write_text("[" * 100_000, encoding="utf-8")
    assert main(["certify", "--check", str(folder)]) == 1


# Writes

TEXT = "\ufeffone two\r\nthree\r\n"


def edits_of(*paths: Path) -> list[Edit]:
    return [
        Edit(Lines(str(path), path.read_bytes().decode("utf-8", "surrogateescape")).location(1, 4), "1")
        for path in paths
    ]


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(TEXT.encode())
    return paths


def contents(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("call", ["replace", "fsync", "chmod"])
def test_a_failure_at_any_step_changes_no_file(
    three: list[Path], monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    wanted = edits_of(*three)
    files, _ = originals(wanted)
    real, calls = getattr(os, call), iter(range(99))

    def failing(*words: object, **more: object) -> object:
        if next(calls) == number:
            raise OSError(28, "No space left on device")
        return real(*words, **more)

    monkeypatch.setattr(os, call, failing)
    failed = write(files, wanted)
    monkeypatch.undo()
    assert contents(three) == [(b"\xef\xbb\xbf1 two\r\nthree\r\n" if not failed else TEXT.encode())] * 3
    assert sorted(path.name for path in three[0].parent.iterdir()) == ["a", "b", "c"]


@pytest.mark.parametrize("moment", range(1, 40, 3))
def test_a_kill_leaves_whole_files(three: list[Path], moment: int) -> None:
    """The process dies at a system call of its own choice; each file has its old content or its new one."""
    wanted = edits_of(*three)
    files, _ = originals(wanted)
    names = ("replace", "link", "fsync", "chmod", "open", "unlink", "fstat", "close")

    def dying() -> None:
        calls = iter(range(1, 10_000))
        for name in names:
            real = getattr(os, name)

            def instead(*words: object, real: object = real, **more: object) -> object:
                if next(calls) == moment:
                    os.kill(os.getpid(), 9)
                return real(*words, **more)  # type: ignore[operator]

            setattr(os, name, instead)
        write(files, wanted)

    with suppress(ChildDied):
        in_child(dying, 10)
    assert set(contents(three)) <= {TEXT.encode(), b"\xef\xbb\xbf1 two\r\nthree\r\n"}


@pytest.mark.parametrize("how", ["read-only", "hard link", "gone", "planted"])
def test_what_cannot_stay_as_it_was_is_refused(three: list[Path], how: str) -> None:
    wanted = edits_of(*three)
    files, _ = originals(wanted)
    last = three[-1]
    if how == "read-only":
        last.chmod(0o444)
    elif how == "hard link":
        os.link(last, last.parent / "d")
    elif how == "gone":
        last.unlink()
    else:
        (last.parent / ".git").mkdir()
        outside = last.parent.parent / "outside"
        outside.write_bytes(TEXT.encode())
        last.unlink()
        last.symlink_to(outside)
    assert write(files, wanted)
    assert contents(three[:2]) == [TEXT.encode()] * 2


@pytest.mark.parametrize(
    "content",
    [
        b"one two\n",
        b"one two",
        b"one\r\ntwo\r\n\r\n",
        b"\xef\xbb\xbfone\n",
        b"one\x00\x01\x1b[2J\xff\xfe\n",
        b"one\x0btwo\x0c\x1c\x85\xe2\x80\xa8x\n",
        "one \u202e\n".encode(),
        b"one\n::error::x\n##[group]\n",
        b"one\rtwo\r",
        b"one" + bytes(range(256)) * 50,
    ],
)
@pytest.mark.parametrize("name", ["a", "with blank", "ä", 'q"uote'])
def test_git_applies_every_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    path = Path(name)
    path.write_bytes(content)
    text = content.decode("utf-8", "surrogateescape")
    start = text.index("one")
    wanted = [Edit(Lines(name, text).location(start, start + 3), "first\nsecond")]
    files, _ = originals(wanted)
    patch = diff(files, wanted)
    assert not FORBIDDEN.search(patch.decode().replace("\r\n", "\n"))
    assert write(files, wanted) == ()
    after = path.read_bytes()
    path.write_bytes(content)
    git(tmp_path, "apply", data=patch)
    assert path.read_bytes() == after


def test_a_manifest_with_a_bom_stays_one(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = repo / "colorcheck.toml"
    before = manifest.read_bytes()
    manifest.write_bytes(b"\xef\xbb\xbf" + before.replace(b"\n", b"\r\n"))
    assert main(["migrate", "--to", "4.22", "--write"]) in (0, 1)
    after = manifest.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf")
    assert after.count(b"\n") == after.count(b"\r\n")
    assert main(["effective"]) == 0


@pytest.mark.parametrize("name", ["colorcheck.toml", "rt.cfg", "system.dts", ".git/config", "planted"])
def test_no_report_goes_over_an_input_or_out(repo: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "precious"
    outside.write_text("precious", encoding="utf-8")
    (repo / "planted").symlink_to(outside)
    before = (repo / name).read_bytes()
    for words in (["verify"], ["verify", "--recursive", "."], ["baseline", "check", "--baseline", "b.json"]):
        if words[0] == "baseline":
            assert main(["baseline", "create", "--baseline", "b.json"]) == 0
        assert main([*words, "--output", f"json={name}"]) == 2
        assert (repo / name).read_bytes() == before
    assert main(["baseline", "create", "--baseline", name]) == 2 or name == "b.json"
    assert (repo / name).read_bytes() == before
