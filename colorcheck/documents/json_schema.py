"""JSON Schemas of the documents, generated from their shapes."""

from __future__ import annotations

from collections.abc import Mapping

from colorcheck.documents import comparison_shapes as compared
from colorcheck.documents import kept_shapes as kept
from colorcheck.documents import plan_shapes as plans
from colorcheck.documents import shapes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHAPES: Mapping[str, type[shapes.Shape]] = {
    "assumptions": kept.AssumptionsShape,
    "assumptions-of-use": kept.AssumptionsOfUseShape,
    "attest": shapes.AttestShape,
    "baseline": compared.BaselineShape,
    "board from-device-tree": kept.BoardDerivedShape,
    "board list": kept.BoardListShape,
    "board show": kept.BoardShowShape,
    "boot": compared.BootShape,
    "certificates": kept.CertificatesShape,
    "certify": compared.CertifyShape,
    "diff": compared.DiffShape,
    "diffs": compared.DiffsShape,
    "effective": shapes.EffectiveShape,
    "evidence": compared.EvidenceShape,
    "explain": compared.ExplainShape,
    "fleet": compared.FleetShape,
    "front": plans.FrontShape,
    "handover": kept.HandoverShape,
    "interfere": compared.InterfereShape,
    "lifecycle": compared.LifecycleShape,
    "migrate": compared.MigrateShape,
    "model": kept.ModelShape,
    "plan": plans.PlanShape,
    "plan-undo": plans.PlanUndoShape,
    "plugins": compared.PluginsShape,
    "profile": plans.ProfileShape,
    "replay": shapes.ReplayShape,
    "requirements": kept.RequirementsShape,
    "rules": compared.RulesShape,
    "shared-log": compared.SharedLogShape,
    "silences": kept.SilencesShape,
    "times": kept.TimesShape,
    "validate": compared.ValidateShape,
    "verify": shapes.VerifyShape,
    "verify/1": shapes.VerifyOldShape,
    "xen-attested": shapes.XenAttestedShape,
}
"""The documents with a stable shape, by the name that `colorcheck schema` takes."""


def shape_of(schema: str) -> type[shapes.Shape] | None:
    """The shape of a document by its key `schema`, such as `colorcheck/verify/2`; None if there is none."""
    name = schema.removeprefix("colorcheck/")
    return SHAPES.get(name) or SHAPES.get(name.rpartition("/")[0])


def schema_of(name: str) -> dict[str, object]:
    """The JSON Schema of a document. Raises KeyError for a name that is not in SHAPES."""
    import msgspec

    made = msgspec.json.schema(SHAPES[name])
    return {"$schema": DIALECT, "title": f"colorcheck {name}"} | {key: _null_last(made[key]) for key in made}


def _null_last(schema: object) -> object:
    """A schema with null as the last of its alternatives, which msgspec's releases put at different places."""
    if isinstance(schema, list):
        return sorted(map(_null_last, schema), key=_is_null)
    if isinstance(schema, dict):
        return {key: _null_last(value) for key, value in schema.items()}
    return schema


def _is_null(schema: object) -> bool:
    return schema == {"type": "null"}
