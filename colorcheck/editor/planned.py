"""The edits of a plan, for what an editor shows."""

from __future__ import annotations

import os
from collections.abc import Mapping

from colorcheck.core.diagnostic import Edit
from colorcheck.files.boundary import boundary_of, restricted
from colorcheck.files.overlay import laid_over
from colorcheck.inputs.manifest.manifest_reader import ManifestError, read_manifest
from colorcheck.workflows import verify as pipeline


def plan_edits(manifest: str, unsaved: Mapping[str, str]) -> tuple[tuple[Edit, ...], str]:
    """The edits that make a deployment as the plan wants it, and what to say: why there are none, or the status."""
    over = {name: text.encode("utf-8", "surrogatepass") for name, text in unsaved.items()}
    with laid_over(over), restricted(boundary_of(os.path.dirname(manifest), (manifest,))):
        try:
            planned, _ = pipeline.plan(read_manifest(manifest))
        except ManifestError as error:
            return (), str(error)
    plan = planned.plan
    said = f"plan: {plan.status}" + (f": {plan.reason}" if plan.reason else "")
    return plan.edits, said if plan.edits else f"{said}; nothing to change"
