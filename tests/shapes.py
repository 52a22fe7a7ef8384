"""What a test expects to be there: values that may be None, and JSON, of which only the test knows the shape."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value, which must not be None."""
    assert value is not None
    return value


def table(value: object) -> dict[str, Any]:
    """A JSON object. Its values are whatever the test expects of them; what is of another shape fails there."""
    assert isinstance(value, dict)
    return value


def rows(value: object) -> list[dict[str, Any]]:
    """A JSON list of objects."""
    assert isinstance(value, list)
    return [table(each) for each in value]
