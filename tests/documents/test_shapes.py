"""Every document has the shape that its JSON Schema promises."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import jsonschema
import msgspec
import pytest

from colorcheck.cli import main
from colorcheck.documents.json_schema import SHAPES, schema_of

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/colorcheck.toml"))
LOGGED = next(path for path in EXAMPLES if path.name == "qemu-attested")
CALLS = {"verify": (), "effective": ("--facts",), "replay": ()}


def document(capsys: pytest.CaptureFixture[str], *words: str) -> object:
    capsys.readouterr()
    main([*words, "--format", "json"])
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("name", CALLS)
def test_documents_of_the_examples(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, name, str(folder), *CALLS[name])
    jsonschema.Draft202012Validator(schema_of(name)).validate(found)
    msgspec.convert(found, SHAPES[name])


def test_an_attestation(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "attest", str(LOGGED), "--log", str(LOGGED / "boot.log"))
    jsonschema.Draft202012Validator(schema_of("attest")).validate(found)


def test_a_key_more_or_less_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "verify", str(LOGGED))
    assert isinstance(found, dict)
    validator = jsonschema.Draft202012Validator(schema_of("verify"))
    assert not validator.is_valid({**found, "further": 1})
    assert not validator.is_valid({key: value for key, value in found.items() if key != "summary"})


@pytest.mark.parametrize("name", SHAPES)
def test_schemas_are_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", *name.split(" ")]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(printed)
    assert printed == schema_of(name)


def test_the_schemas_that_are_shipped_are_those_of_the_types() -> None:
    """After a change of a shape: python docs/make/schemas.py; the difference is what consumers have to know."""
    made = runpy.run_path(str(ROOT / "docs" / "make" / "schemas.py"))["files"]()
    assert {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "schemas").glob("*.json")} == made


def test_another_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "verfy"]) == 2
    assert "verify" in capsys.readouterr().err


FURTHER = {
    "board list": ("board", "list"),
    "board show": ("board", "show", "zcu102"),
    "board from-device-tree": ("board", "from-device-tree", "rpi4-xl/bcm2711-rpi-4-b.dts"),
    "handover": ("effective", "zcu102-dom0less", "--tree"),
    "plan": ("plan", "zcu102-dom0less"),
    "front": ("plan", "zcu102-dom0less", "--front", "cache,margin"),
    "diff": ("diff", "zcu102-dom0less", "zcu102-1600m"),
    "interfere": ("interfere", "zcu104-attack", "--accesses", "3000"),
    "profile": ("interfere", "zcu104-attack", "--accesses", "3000", "--curve", "victim"),
    "migrate": ("migrate", "rpi4-xl", "--to", "4.22"),
    "fleet": ("verify", "zcu102-dom0less", "--recursive", "--no-cache"),
    "plugins": ("plugins",),
    "rules": ("rules",),
    "explain": ("explain", "CC401"),
    "validate": ("validate", "--every", "1000"),
}


@pytest.mark.parametrize("name", FURTHER)
def test_further_documents(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2] / "examples")
    found = document(capsys, *FURTHER[name])
    assert isinstance(found, dict)
    assert found["schema"].startswith(f"colorcheck/{name}/")
    jsonschema.Draft202012Validator(schema_of(name)).validate(found)


def test_files_that_are_kept(tmp_path: Path) -> None:
    """The evidence folder, a baseline, a saved plan and what undoes it, and a log to share."""
    for name in ("device-trees", "xen-guide", "qemu-attested"):
        shutil.copytree(Path(__file__).parents[2] / "examples" / name, tmp_path / name)
    guide, logged = tmp_path / "xen-guide", tmp_path / "qemu-attested"
    kept = {
        "baseline": tmp_path / "baseline.json",
        "evidence": tmp_path / "evidence" / "evidence.json",
        "plan": tmp_path / "plan.json",
        "shared-log": tmp_path / "shared.json",
    }
    main(["baseline", "create", str(guide), "--allow-outside", "--baseline", str(kept["baseline"])])
    main(["evidence", str(tmp_path / "evidence"), str(guide), "--allow-outside"])
    main(["plan", str(guide), "--out", str(kept["plan"])])
    main(["attest", str(logged), "--log", str(logged / "boot.log"), "--share", str(kept["shared-log"]), "--yes"])
    assert main(["plan", str(guide), "--write"]) in (0, 4)
    kept["plan-undo"] = guide / ".colorcheck-undo.json"
    folder = tmp_path / "evidence"
    assert json.loads((folder / "reports" / "report.json").read_text())["evidence"]["grade"]
    for file in folder.rglob("*.json"):
        found = json.loads(file.read_text())
        if file.name not in ("sbom.json", "report.gitlab.json"):  # CycloneDX and GitLab have schemas of their own
            kept[found["schema"].removeprefix("colorcheck/").rpartition("/")[0]] = file
    assert {"assumptions", "assumptions-of-use", "certificates", "model", "silences", "times", "verify"} <= set(kept)
    for name, file in kept.items():
        jsonschema.Draft202012Validator(schema_of(name)).validate(json.loads(file.read_text()))
