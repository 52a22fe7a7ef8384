"""What nobody gave is open, and no theorem that rests on it is proved."""

from pathlib import Path

import pytest

from colorcheck import api

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(("example", "unknown"), [("image-builder", True), ("zcu102-dom0less", False)])
def test_sizes_of_files_that_are_not_there_are_open(example: str, unknown: bool) -> None:
    """ImageBuilder computes load addresses from sizes of files, which the example does not ship."""
    resting = [t for t in api.verify(EXAMPLES / example).theorems if t.kind.startswith("memory")]
    assert resting
    for theorem in resting:
        assert (theorem.verdict == "unknown") == unknown
        assert "file-sizes" in theorem.facts
