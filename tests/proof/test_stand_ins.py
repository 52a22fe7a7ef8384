"""What stands in for inputs that nobody gave is an assumption of the theorems that rest on it."""

from pathlib import Path

import pytest

from colorcheck import api

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(("example", "assumed"), [("image-builder", True), ("zcu102-dom0less", False)])
def test_assumed_sizes_of_files_are_stated(example, assumed):
    """ImageBuilder computes load addresses from sizes of files, which the example does not ship."""
    resting = [t for t in api.verify(EXAMPLES / example).theorems if t.kind.startswith("memory")]
    assert resting
    for theorem in resting:
        assert any("sizes are assumed" in a.text for a in theorem.assumptions) == assumed
