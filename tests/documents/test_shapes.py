"""Every document has the shape that its JSON Schema promises."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from colorcheck.cli import main
from colorcheck.documents.json_schema import schema_of
from colorcheck.documents.shapes import SHAPES

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/colorcheck.toml"))
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
    assert main(["schema", name]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(printed)
    assert printed == schema_of(name)


def test_another_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "verfy"]) == 2
    assert "verify" in capsys.readouterr().err
