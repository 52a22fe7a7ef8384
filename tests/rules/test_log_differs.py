from __future__ import annotations

from colorcheck.core.source import Location
from colorcheck.evidence.attest import LogCheck
from colorcheck.rules.attestation.cc701_log_differs import findings


def test_only_what_differs_is_a_finding() -> None:
    place = Location("boot.log", 7, 1, 7, 9)
    checks = [
        LogCheck("colors of d1", "4-7", said, agrees, place)
        for said, agrees in (("4-7", True), ("4-6", False), ("", None))
    ]
    found = list(findings(checks))
    assert [(f.rule, f.message, f.location) for f in found] == [
        ("CC701", "colors of d1: the log says 4-6, the model 4-7", place)
    ]
