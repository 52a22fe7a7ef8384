"""Prints `N passed, N failed, N skipped` of a JUnit report. Ends with 1 if a test failed or none ran.

Errors of fixtures and of collection are failures; expected failures count as skipped, as in the report itself.
"""

import sys
from xml.etree import ElementTree


def counts(path: str) -> tuple[int, int, int]:
    """Passed, failed, skipped; all 0 where there is no report, since then no test ran to its end."""
    try:
        suites = list(ElementTree.parse(path).getroot().iter("testsuite"))
    except (OSError, ElementTree.ParseError):
        return 0, 0, 0
    failed = skipped = total = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return max(total - failed - skipped, 0), failed, skipped


if __name__ == "__main__":
    passed, failed, skipped = counts(sys.argv[1])
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(bool(failed) or not passed)
