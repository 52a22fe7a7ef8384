"""JSON Schemas of the documents, made from their shapes."""

from __future__ import annotations

from collections.abc import Mapping

from colorcheck.documents import comparison_shapes as compared
from colorcheck.documents import plan_shapes as plans
from colorcheck.documents import shapes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHAPES: Mapping[str, type[shapes.Shape]] = {
    "attest": shapes.AttestShape,
    "baseline": compared.BaselineShape,
    "boot": compared.BootShape,
    "certify": compared.CertifyShape,
    "diff": compared.DiffShape,
    "diffs": compared.DiffsShape,
    "effective": shapes.EffectiveShape,
    "evidence": compared.EvidenceShape,
    "explain": compared.ExplainShape,
    "fleet": compared.FleetShape,
    "front": plans.FrontShape,
    "interfere": compared.InterfereShape,
    "lifecycle": compared.LifecycleShape,
    "migrate": compared.MigrateShape,
    "plan": plans.PlanShape,
    "plan-undo": plans.PlanUndoShape,
    "plugins": compared.PluginsShape,
    "profile": plans.ProfileShape,
    "replay": shapes.ReplayShape,
    "rules": compared.RulesShape,
    "shared-log": compared.SharedLogShape,
    "validate": compared.ValidateShape,
    "verify": shapes.VerifyShape,
    "xen-attested": shapes.XenAttestedShape,
}
"""The documents whose shape is promised, by the name that `colorcheck schema` takes."""


def schema_of(name: str) -> dict[str, object]:
    """The JSON Schema of a document. Raises KeyError for a name that is none of SHAPES."""
    import msgspec

    return {"$schema": DIALECT, "title": f"colorcheck {name}", **msgspec.json.schema(SHAPES[name])}
