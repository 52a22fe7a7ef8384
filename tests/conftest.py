"""Every JSON document that a test makes the command line print must have the shape that its schema promises."""

from __future__ import annotations

import json

import msgspec

from colorcheck.cli import console
from colorcheck.core.safe import safe_json
from colorcheck.documents.json_schema import SHAPES

_OLD = frozenset({"colorcheck/verify/1"})  # as it was, without a schema


def _held_to_its_shape(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:  # a part of one that is written piece by piece
        return safe_json(text)
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, str) and schema not in _OLD:
        shape = SHAPES.get(schema.split("/")[1])
        if shape is not None:
            msgspec.convert(document, shape)
    return safe_json(text)


setattr(console, "safe_json", _held_to_its_shape)  # noqa: B010
