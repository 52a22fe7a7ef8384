"""JSON values: documents are built only from these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct, to_builtins

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | Mapping[int, Json] | None"
"""A value of a JSON document; numbers as keys become text when it is written."""

JsonObject: TypeAlias = "dict[str, Json]"
"""A JSON object, or a part of one."""


def json_object(value: Struct) -> JsonObject:
    """A value with a key for each of its fields, in their order; fields that are UNSET are left out."""
    return {str(name): json_value(each) for name, each in to_builtins(value).items()}


def json_value(value: object) -> Json:
    """A number, a text, or a sequence or mapping of such. Raises TypeError for what JSON does not have."""
    if isinstance(value, Mapping):
        return {key: json_value(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [json_value(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return str(value) if isinstance(value, StrEnum) else value
    raise TypeError(f"a {type(value).__name__} is not a JSON value")
