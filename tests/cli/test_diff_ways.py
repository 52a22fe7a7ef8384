"""The merge gate and the policy where a deployment has several ways: what only another alternative changes counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.verification.difference import Difference, Reason, compare
from colorcheck.verification.results import Verification
from tests.loader.test_ways import ASKS, DOMAIN, colors, verified
from tests.proof.test_alternatives import guest, written


def changed(folder: Path, before: str, after: str) -> Difference:
    """What changes where the second alternative becomes another."""
    (folder / "base").mkdir()
    (folder / "head").mkdir()
    base = api.verify(written(folder / "base", guest("gui", "13-14"), before))
    head = api.verify(written(folder / "head", guest("gui", "13-14"), after))
    return compare(base, head)


def test_another_alternative_that_shares_is_new_sharing(tmp_path: Path) -> None:
    found = changed(tmp_path, guest("debug", "14-15"), guest("debug", "12-13"))
    assert Reason.NEW_SHARING in found.reasons()
    assert [(pair.domains, pair.lost) for pair in found.pairs] == [(("debug", "rt"), True)]
    assert [(each.domain, str(each.before), str(each.after)) for each in found.colors] == [("debug", "14-15", "12-13")]


def test_another_alternative_of_the_same_name_with_other_colors_is_a_change(tmp_path: Path) -> None:
    found = changed(tmp_path, guest("gui", "13-14"), guest("gui", "14-15"))
    assert ("gui", "14-15") in [(each.domain, str(each.after)) for each in found.colors]


def test_the_margin_is_that_of_the_worst_alternative(tmp_path: Path) -> None:
    found = changed(tmp_path, guest("gui", "13-14"), guest("gui", "13-14", 400))
    assert [each.domain for each in found.margins if each.less] == ["gui"]


@pytest.mark.parametrize("first", [True, False])
def test_a_domain_of_another_path_of_the_script_exists(tmp_path: Path, *, first: bool) -> None:
    def side(name: str, listed: str) -> Verification:
        (tmp_path / name).mkdir()
        domain = DOMAIN + colors(listed)
        return verified(tmp_path / name, ASKS % ((domain, "true") if first else ("true", domain)))

    found = compare(side("base", "11-13"), side("head", "3-13"))
    assert any("d" in pair.domains and pair.lost for pair in found.pairs)
    assert Reason.NEW_SHARING in found.reasons()


def test_the_policy_may_name_the_domains_of_every_alternative(tmp_path: Path) -> None:
    manifest = written(tmp_path, guest("gui", "13-14"), guest("debug", "12-13"))
    policy = '[[policy.share]]\ndomains = ["rt", "debug"]\nreason = "x"\n[domains.gui]\nrestarts = 1\n'
    policy += "[domains.debug]\nrestarts = 1\n"
    Path(manifest).write_text(Path(manifest).read_text() + policy)
    found = api.verify(manifest)
    assert "CC304" not in {finding.rule for finding in found.findings}
    assert {"lifecycle/gui", "lifecycle/debug"} <= {theorem.id for theorem in found.theorems}
    Path(manifest).write_text(Path(manifest).read_text() + "[domains.debgu]\nrestarts = 1\n")
    assert "CC304" in {finding.rule for finding in api.verify(manifest).findings}
