"""Nothing is proved on grounds that a theorem does not name."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck.core.theorem import Theorem, Trust
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.rules.example import Example
from colorcheck.workflows import verify as pipeline


def proved(example: Example, folder: Path) -> dict[str, Theorem]:
    return {theorem.id: theorem for theorem in pipeline.verify(read_manifest(str(example.write(folder)))).theorems}


def trusted(theorem: Theorem) -> str:
    return " ".join(each.text for each in theorem.assumptions if each.trust is Trust.TRUSTED)


@pytest.mark.parametrize("theorem", ["memory/dom0", "memory/heap", "placement/xen"])
def test_values_that_stand_in_are_named(theorem: str, tmp_path: Path) -> None:
    assert "image" in trusted(proved(Example(placed=False), tmp_path)[theorem])


def test_nothing_stands_in_where_all_is_given(tmp_path: Path) -> None:
    assert trusted(proved(Example(), tmp_path)["memory/dom0"]) == ""


def test_pairs_name_the_build_and_the_memory_that_is_meant(tmp_path: Path) -> None:
    text = trusted(proved(Example(), tmp_path)["separation/xen/dom0"])
    assert "CONFIG_LLC_COLORING" in text
    assert "static shared memory" in text
