"""The safety manual: its tables are those of the data, and it never says more than it may."""

import re
import sys
from pathlib import Path

from colorcheck.verification.assumptions_of_use import ASSUMPTIONS_OF_USE
from colorcheck.workflows.validation.cases import KINDS, cases

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "make"))

import claims  # noqa: E402
import pages  # noqa: E402

MANUAL = ROOT / "docs" / "safety" / "index.md"


def test_the_manual_has_the_tables_as_they_are_today() -> None:
    page = pages.filled(MANUAL.read_text(encoding="utf-8"))
    assert "<!--" not in page
    for table in (claims.claims_table(), claims.known_table(), claims.assumptions_table()):
        assert table in page


def test_the_table_of_claims_counts_every_measured_case() -> None:
    """Each case judges at least one claim; boots are counted once for each release."""
    found = claims.counted()
    everything = [case for kind in KINDS for case in cases(kind)]
    judged = (*claims.CLAIMS.values(), *claims.WITHOUT_RELEASE.values())
    assert [case.name for case in everything if not any(judges(case) for judges in judged)] == []
    boots = next(iter(claims.CLAIMS))
    for release in claims.RELEASES:
        own = [case for case in everything if case.kind in claims.BOOTS and case.xen == release]
        assert found[boots, release] == len(own) > 200
    assert {release for _, release in found} <= {*claims.RELEASES, ""}


def test_every_claim_of_a_theorem_is_in_the_table() -> None:
    table = claims.claims_table()
    for theorem in ("sets/", "geometry/", "separation/", "allocator/", "boots", "placement/", "memory/", "lifecycle/"):
        assert f"`{theorem}" in table, theorem


def test_it_is_never_called_qualified() -> None:
    for path in (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"):
        assert not re.search(
            r"qualifi|certified (tool|for)|TCL ?\d|fit for", path.read_text(encoding="utf-8"), re.IGNORECASE
        ), path


def test_every_assumption_of_use_has_an_id_of_its_own_and_names_rules_that_exist() -> None:
    from colorcheck.rules import RULES

    known = {rule.id for rule in RULES}
    names = [each.id for each in ASSUMPTIONS_OF_USE]
    assert len(names) == len(set(names)) >= 10
    for each in ASSUMPTIONS_OF_USE:
        assert re.fullmatch(r"aou~coloring-[a-z-]+~[1-9]", each.id)
        assert set(re.findall(r"CC\d{3}", each.check)) <= known
