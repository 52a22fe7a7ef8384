"""Finds the grammars and boards: inside the installed package, else in the checkout beside it."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """The folder `grammars` or `boards`."""
    shipped = _HERE / "_data" / name
    return shipped if shipped.is_dir() else _HERE.parent / name


def grammar(name: str) -> str:
    """The text of a Lark grammar, by its name without ending."""
    return (data_folder("grammars") / f"{name}.lark").read_text(encoding="utf-8")
