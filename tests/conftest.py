"""Every JSON document that a test makes colorcheck print or write has the shape that its schema promises.

No property has a time limit of its own: on a machine that does much at once a limit fails for no reason of the program.
"""

from __future__ import annotations

import json

import msgspec
from hypothesis import HealthCheck, Phase, settings

from colorcheck.cli import console
from colorcheck.core.safe import safe_json
from colorcheck.documents.json_schema import shape_of
from colorcheck.files import atomic

_INTERNAL = frozenset({"colorcheck/result/1"})  # the fleet's cache, which only colorcheck reads
_staged = atomic._staged


def _hold_to_its_shape(text: str | bytes) -> None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # another format, or a part of a document that is written piece by piece
        return
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, str) and schema.startswith("colorcheck/") and schema not in _INTERNAL:
        shape = shape_of(schema)
        assert shape is not None, f"{schema} has no schema"
        msgspec.convert(document, shape)


def _printed(text: str) -> str:
    _hold_to_its_shape(text)
    return safe_json(text)


def _written(path: str, data: bytes, *, alone: bool, lasting: bool) -> object:
    if path.endswith(".json"):
        _hold_to_its_shape(data)
    return _staged(path, data, alone=alone, lasting=lasting)


setattr(console, "safe_json", _printed)  # noqa: B010
setattr(atomic, "_staged", _written)  # noqa: B010

_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("patient", _patient)
settings.register_profile("mutants", _patient, phases=[Phase.explicit, Phase.generate], derandomize=True)
settings.load_profile("patient")
