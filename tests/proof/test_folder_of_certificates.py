"""A folder of certificates cannot be cheated: whatever is changed is told, even with all hashes made anew."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from colorcheck.cli import main
from colorcheck.workflows.evidence import certificates as folders
from colorcheck.workflows.evidence.certificates import check
from tests.once import made_once

pytest.importorskip("cvc5", reason="needs cvc5: pip install 'xen-colorcheck[certify]'")

EXAMPLES = Path(__file__).parents[2] / "examples"
MUTATIONS = 30  # of 1,000 that were run when this was written: seeds 0 to 999


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(top: Path) -> None:
        for name in ("zcu102-dom0less", "device-trees"):
            shutil.copytree(EXAMPLES / name, top / name)
        (top / "board.toml").write_text(BOARD, encoding="utf-8")
        given = ["--xen", "4.20", "--board", str(top / "board.toml"), "--write", str(top / "proofs")]
        assert main(["certify", str(top / "zcu102-dom0less"), *given]) == 0

    return made_once(tmp_path_factory, "deployments", make) / "proofs"


BOARD = """\
title = "a board of the team"
[[clusters]]
core = "cortex-a53"
cores = 4
confidence = "high"
sources = ["a manual"]
llc = { level = 2, size = 0x100000, ways = 16, line = 64, sets = 1024, index = "linear" }
"""


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(honest, tmp_path / "proofs"))


def document(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "certificates.json").read_text(encoding="utf-8")))


def rehash(folder: Path, changed: dict[str, Any]) -> None:
    """What an attacker does last: every hash is that of the file as it is now."""
    for part in ("inputs", "files"):
        for name in changed[part] if isinstance(changed[part], dict) else ():
            if (folder / name).is_file():
                changed[part][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    for entry in changed["theorems"] if isinstance(changed["theorems"], list) else ():
        if isinstance(entry, dict) and (folder / str(entry.get("file") or "-")).is_file():
            entry["sha256"] = hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
    (folder / "certificates.json").write_text(json.dumps(changed, indent=1) + "\n", encoding="utf-8")


def passes(folder: Path) -> bool:
    found = check(folder)
    return bool(found) and all(each.ok for each in found)


def test_an_honest_folder_passes(folder: Path) -> None:
    assert passes(folder)
    said = document(folder)
    assert set(said["inputs"]) == {
        "inputs/board.toml",
        "inputs/device-trees/zynqmp.dtsi",
        "inputs/zcu102-dom0less/colorcheck.toml",
        "inputs/zcu102-dom0less/system.dts",
    }
    assert said["run"]["options"] == {"target.xen": ["4.20"], "target.board": said["run"]["options"]["target.board"]}
    assert said["tool"]["version"]
    assert said["plugins"]
    assert said["releases"]["4.20"]["name"] == "4.20"


def edit(name: str, old: str, new: str) -> Callable[[Path, dict[str, Any]], None]:
    def tamper(folder: Path, _: dict[str, Any]) -> None:
        path = next(folder.glob(name))
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return tamper


def entry(said: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict_ for dict_ in said["theorems"] if dict_["id"] == name)


def statement(_: Path, said: dict[str, Any]) -> None:
    entry(said, "separation/xen/dom0")["statement"] = "No access of anybody evicts anything"


def deleted(_: Path, said: dict[str, Any]) -> None:
    said["theorems"].pop()


def all_deleted(_: Path, said: dict[str, Any]) -> None:
    said["theorems"] = []


def repeated(_: Path, said: dict[str, Any]) -> None:
    said["theorems"].append(said["theorems"][0])


def emptied(folder: Path, said: dict[str, Any]) -> None:
    for name in said["inputs"]:
        (folder / name).write_text("", encoding="utf-8")


def no_inputs(_: Path, said: dict[str, Any]) -> None:
    said["inputs"] = {}


def other_formula(folder: Path, said: dict[str, Any]) -> None:
    shutil.copyfile(
        folder / entry(said, "separation/dom0/control")["file"], folder / entry(said, "separation/xen/dom0")["file"]
    )


def same_file(_: Path, said: dict[str, Any]) -> None:
    entry(said, "separation/xen/dom0")["file"] = entry(said, "separation/dom0/control")["file"]


def asserted_false(folder: Path, said: dict[str, Any]) -> None:
    path = folder / entry(said, "separation/xen/dom0")["file"]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("(set-info :status unsat)", "(assert false)\n(set-info :status unsat)"), "utf-8")


def without_override(_: Path, said: dict[str, Any]) -> None:
    said["run"]["options"] = {"target.xen": ["4.20"]}


def with_override(_: Path, said: dict[str, Any]) -> None:
    said["run"]["options"]["inputs.boot-arguments"] = "llc-coloring=off"


def other_release(_: Path, said: dict[str, Any]) -> None:
    said["run"]["options"]["target.xen"] = ["4.22"]


def release_value(_: Path, said: dict[str, Any]) -> None:
    said["releases"]["4.20"]["traits"]["inherits_colors"] = False


def tool_version(_: Path, said: dict[str, Any]) -> None:
    said["tool"]["version"] = "9.9"


def no_plugins(_: Path, said: dict[str, Any]) -> None:
    said["plugins"] = []


def fewer_assumptions(_: Path, said: dict[str, Any]) -> None:
    entry(said, "separation/xen/dom0")["assumptions"].pop()


def counted(_: Path, said: dict[str, Any]) -> None:
    entry(said, "memory/dom0")["certificate"]["steps"][-1]["pages"] = 1


def outside(_: Path, said: dict[str, Any]) -> None:
    said["inputs"]["inputs/../../x"] = said["inputs"].popitem()[1]


TAMPERED: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "statement": statement,
    "deleted": deleted,
    "all deleted": all_deleted,
    "repeated": repeated,
    "inputs emptied": emptied,
    "no inputs": no_inputs,
    "formula of another pair": other_formula,
    "file of another pair": same_file,
    "assert false": asserted_false,
    "override left out": without_override,
    "override added": with_override,
    "release of the run": other_release,
    "release value": release_value,
    "tool": tool_version,
    "plugins": no_plugins,
    "assumptions": fewer_assumptions,
    "certificate": counted,
    "leads out": outside,
    "source of the board": edit("inputs/board.toml", 'sources = ["a manual"]', 'sources = ["another"]'),
    "sets of the board": edit("inputs/board.toml", "0x100000, ways = 16", "0x080000, ways = 8"),
    "colors": edit("inputs/zcu102-dom0less/system.dts", "llc-colors", "llc-color"),
    "comment of an input": edit("inputs/zcu102-dom0less/system.dts", "/dts-v1/;", "/dts-v1/;\n\n"),
    "model": edit("model.json", '"created": true', '"created": false'),
    "checker": edit("check.py", "def main():", "def main():\n    return 0\ndef old():"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_folder_is_told(folder: Path, name: str) -> None:
    said = document(folder)
    TAMPERED[name](folder, said)
    rehash(folder, said)
    assert not passes(folder)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts are what is mutated; cvc5 needs no second hearing for each."""
    monkeypatch.setattr(folders, "_judged", lambda *_: iter(()))


def mutate(folder: Path, seed: int) -> str:
    """One random change: of a byte, a line or a value, somewhere; then all hashes made anew. Gives what was changed."""
    chance = random.Random(seed)
    said = document(folder)
    if chance.random() < 0.5:
        spot: Any = said
        while True:
            keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
            key = chance.choice(keys)
            if not isinstance(spot[key], dict | list) or not spot[key] or chance.random() < 0.1:
                break
            spot = spot[key]
        old, changed = spot[key], f"key {key}"
        others: list[Any] = [None, "", "x", 0, 1, True, [], {}, "proved", "refuted"]
        spot[key] = chance.choice([value for value in others if value != old])
    else:
        changed = chance.choice(sorted([*said["inputs"], *said["files"]]))
        path = folder / changed
        data = bytearray(path.read_bytes())
        at = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[at] ^= 1 << chance.randrange(7)
        else:
            del data[at : at + chance.randrange(1, 40)]
        path.write_bytes(data)
    rehash(folder, said)
    return changed


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_random_mutations_are_told(honest: Path, tmp_path: Path) -> None:
    """A change of an input that nothing depends on, as in a comment, makes the honest folder of that input."""
    passed = []
    before = (honest / "certificates.json").read_bytes()
    for seed in range(MUTATIONS):
        folder = Path(shutil.copytree(honest, tmp_path / str(seed)))
        changed = mutate(folder, seed)
        same = folder.joinpath("certificates.json").read_bytes() == before
        if not changed.startswith("inputs/") and not same and passes(folder):
            passed.append((seed, changed))
        shutil.rmtree(folder)
    assert not passed


# check.py


def checked(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "check.py")], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_the_checker_needs_nothing_and_is_short(folder: Path) -> None:
    assert checked(folder) == (0, "21 holds\n")
    text = (folder / "check.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert "colorcheck." not in [line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))]


WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    "frames of another color": lambda xen: xen["parties"][1]["frames"].__setitem__(0, [0, 16, 5]),
    "the index": lambda xen: xen["caches"][0].update(masks=[64, 128], linear=None),
    "colors": lambda xen: xen["parties"][2].update(colors=xen["parties"][1]["colors"]),
    "the heap": lambda xen: xen["free_by_color"].__setitem__(1, 5),
    "the need": lambda xen: xen["parties"][1].update(needed_pages=1 << 30),
    "Xen's region": lambda xen: xen["xen_region"].__setitem__(0, xen["xen_region"][0] + 1),
    "the banks": lambda xen: xen["parties"][1]["banks"].pop(),
    "created": lambda xen: xen["parties"][1].update(created=False),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_checker_finds_what_does_not_add_up(folder: Path, name: str) -> None:
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    WRONG[name](model["xen"][0])
    (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")
    rehash(folder, document(folder))
    code, said = checked(folder)
    assert code in {1, 4}, said


def test_refuted_has_its_own_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "proofs")
    assert main(["certify", str(EXAMPLES / "xen-guide"), "--write", folder]) == 1
    assert main(["certify", "--check", folder]) == 1
    said = capsys.readouterr().out
    assert "refuted: separation/dom0/domU1" in said
    assert "differs" not in said
    code, told = checked(Path(folder))
    assert code == 1
    assert "refuted: separation/dom0/domU1 (Xen 4.20): and rightly so" in told
    assert "WRONG" not in told


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_signature_tells_whose_folder_it_is(folder: Path, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen: install openssh-client")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    kind, value, *_ = key.with_suffix(".pub").read_text(encoding="utf-8").split()
    signers = tmp_path / "signers"
    signers.write_text(f"safety@example.com {kind} {value}\n", encoding="utf-8")
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "colorcheck", str(folder / "certificates.json")]

    def first(signed_by: str | None) -> str:
        return check(folder, signers=signed_by)[0].status

    assert first(str(signers)) == "missing"
    subprocess.run(sign, check=True, capture_output=True)
    assert first(None) == "no-answer"
    assert first(str(signers)) == "confirmed"
    signers.write_text("", encoding="utf-8")
    assert first(str(signers)) == "differs"
    signers.write_text(f"safety@example.com {kind} {value}\n", encoding="utf-8")
    (folder / "certificates.json").write_bytes((folder / "certificates.json").read_bytes() + b" ")
    assert first(str(signers)) == "differs"
