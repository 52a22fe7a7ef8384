"""Every board of the catalogue takes part in a whole verification."""

from __future__ import annotations

import pytest

from colorcheck.core.diagnostic import Verdict
from colorcheck.hardware.index import Linear
from colorcheck.plugins.manager import catalogue
from colorcheck.rules.example import Example
from colorcheck.testing import verify_text

ARGUMENTS = "llc-coloring=on xen-llc-colors=0 dom0_mem=64M dom0-llc-colors=1-2"
GUEST = 'name = "g"\nkernel = "Image"\nmemory = 32\nvcpus = 1\nllc_colors = ["3"]\n'


@pytest.mark.parametrize("name", catalogue().names())
def test_verification(name: str) -> None:
    """Sets are proved apart in every cache whose index is known, and undecided in every other one."""
    board = catalogue().board(name)
    example = Example(board=name, boot_arguments=ARGUMENTS, guests=(("g.cfg", GUEST),))
    verification = verify_text(dict(example.texts()))
    assert verification.faults == ()
    facts = verification.facts
    assert facts.board is not None
    assert facts.board.name == name
    (result,) = facts.results
    assert result.system is not None
    assert result.system.nr_colors == board.nr_colors
    verdicts = {theorem.verdict for theorem in verification.theorems if theorem.kind == "set-separation"}
    linear = [isinstance(cluster.llc.index, Linear) if cluster.llc else False for cluster in board.clusters]
    if board.nr_colors and all(linear) and board.system_cache is None:
        assert verdicts <= {Verdict.PROVED, Verdict.REFUTED}  # refuted where a second cluster has fewer sets
        assert Verdict.PROVED in verdicts
    else:
        assert Verdict.UNKNOWN in verdicts or not verdicts
        assert verification.exit_status() != 0
    if board.colorable != "yes":
        assert verification.exit_status() != 0
