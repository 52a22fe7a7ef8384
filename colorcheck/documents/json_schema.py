"""JSON Schemas of the documents, made from their shapes."""

from __future__ import annotations

from colorcheck.documents.shapes import SHAPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, object]:
    """The JSON Schema of a document. Raises KeyError for a name that is none of SHAPES."""
    import msgspec

    return {"$schema": DIALECT, "title": f"colorcheck {name}", **msgspec.json.schema(SHAPES[name])}
