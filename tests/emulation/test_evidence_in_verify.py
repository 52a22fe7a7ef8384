"""`xen-attested` turns the trust in the release into a measurement, for one binary and one release."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.core.theorem import Trust
from colorcheck.inputs.boot.xen_attested import AttestedBoot, NotAttestedError, XenAttested, read_attested
from colorcheck.verification.of_this_xen import LEAST_BOOTS
from tests.emulation.conftest import image

MANIFEST = """[target]
xen = "{xen}"
board = "zcu102"
xen-image = "xen"
xen-attested = "found.json"
xen-address = 0x600000
device-tree-address = 0x100000
[inputs]
device-tree = "system.dts"
"""
EXAMPLES = Path(__file__).parents[2] / "examples"


def deployment(folder: Path, evidence: XenAttested, xen: str = "4.22") -> str:
    for name in ("device-trees", "zcu102-dom0less"):
        (folder / name).mkdir()
        for file in (EXAMPLES / name).iterdir():
            (folder / name / file.name).write_bytes(file.read_bytes())
    here = folder / "zcu102-dom0less"
    (here / "xen").write_bytes(image(0x17C000))
    (here / "found.json").write_text(json.dumps(evidence.to_dict()))
    (here / "colorcheck.toml").write_text(MANIFEST.format(xen=xen))
    return str(here / "colorcheck.toml")


def evidence(results: tuple[str, ...], digest: str = "", release: str = "4.22.0") -> XenAttested:
    own = digest or hashlib.sha256(image(0x17C000)).hexdigest()
    boots = tuple(AttestedBoot(f"0/{number}", "", result, "", release) for number, result in enumerate(results))
    return XenAttested(own, "4.22.0", release, boots=boots)


def trust(found: str) -> set[Trust]:
    verification = api.verify(found)
    taken = [a for theorem in verification.theorems for a in theorem.assumptions if a.text.startswith("Xen is Xen")]
    assert taken
    return {assumption.trust for assumption in taken}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (evidence((*["agrees"] * LEAST_BOOTS, "undecided")), Trust.MEASURED),
        (evidence(("agrees",) * (LEAST_BOOTS - 1)), Trust.TRUSTED),
        (evidence((*["agrees"] * LEAST_BOOTS, "differs")), Trust.TRUSTED),
        (evidence(("undecided", "failed")), Trust.TRUSTED),
        (evidence(()), Trust.TRUSTED),
        (evidence(("agrees",) * LEAST_BOOTS, digest="0" * 64), Trust.TRUSTED),
        (evidence(("agrees",) * LEAST_BOOTS, release="4.20.4"), Trust.TRUSTED),
    ],
    ids=["agrees", "one too few", "differs", "undecided", "no boots", "another binary", "another release"],
)
def test_only_boots_of_this_binary_and_release_that_agree_are_a_measurement(
    found: XenAttested, expected: Trust, tmp_path: Path
) -> None:
    assert trust(deployment(tmp_path, found)) == {expected}


def test_what_was_seen_of_it_is_named(tmp_path: Path) -> None:
    own = hashlib.sha256(image(0x17C000)).hexdigest()
    seen = [("0/0", ("color heap",)), *[(f"0/{n}", ("panic",)) for n in range(1, LEAST_BOOTS)], ("life-0/0", ())]
    boots = tuple(AttestedBoot(name, "", "agrees", "", "4.22.0", compared) for name, compared in seen)
    theorems = api.verify(deployment(tmp_path, XenAttested(own, "4.22.0", "4.22.0", boots=boots))).theorems
    (source,) = {a.source for theorem in theorems for a in theorem.assumptions if a.trust is Trust.MEASURED}
    told = "measured (21 boots: 1 with frames of every color, 19 with panics, 1 with guests of xl); none differs"
    assert source.endswith(told)


def test_how_many_boots_are_missing_is_said(tmp_path: Path) -> None:
    theorems = api.verify(deployment(tmp_path, evidence(("agrees",)))).theorems
    (source,) = {a.source for theorem in theorems for a in theorem.assumptions if a.text.startswith("Xen is Xen")}
    assert source.endswith(f"1 of this binary's boots agree with the model, {LEAST_BOOTS} are the minimum")


@pytest.mark.parametrize(
    ("found", "rule"), [(evidence(("agrees",), digest="0" * 64), "CC702"), (evidence(("differs",)), "CC703")]
)
def test_other_evidence_is_a_finding(found: XenAttested, rule: str, tmp_path: Path) -> None:
    assert rule in {finding.rule for finding in api.verify(deployment(tmp_path, found)).findings}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "colorcheck/xen-attested/1"}',
        "[" * 100_000,
        json.dumps({**evidence(("agrees",)).to_dict(), "boots": [1]}),
        json.dumps({**evidence(("agrees",)).to_dict(), "boots": [{"name": "a"}]}),
        json.dumps({**evidence(("agrees",)).to_dict(), "sha256": None}),
    ],
)
def test_what_is_no_evidence_is_refused(text: str) -> None:
    with pytest.raises(NotAttestedError):
        read_attested(text)


def test_evidence_is_read_as_it_was_written() -> None:
    found = evidence(("agrees", "differs"))
    assert read_attested(json.dumps(found.to_dict())) == found
