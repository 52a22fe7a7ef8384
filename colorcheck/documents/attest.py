"""The document `colorcheck/attest/1`: a log of a real boot, compared with the model."""

from __future__ import annotations

from colorcheck.evidence.attest import Attested
from colorcheck.rules.attestation import cc701_log_differs as log_differs


def document(log: str, release: str, attested: Attested) -> dict[str, object]:
    """The comparisons; `log` is the log's name, `release` the release of the model."""
    return {
        "schema": "colorcheck/attest/1",
        "log": log,
        "xen": release,
        **attested.to_dict(),
        "findings": [finding.to_dict() for finding in log_differs.findings(attested.checks)],
    }
