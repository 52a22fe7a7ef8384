"""The command that produced a folder of evidence, as words, without its output folder."""

from __future__ import annotations

from colorcheck.inputs.manifest.manifest_keys import KEYS
from colorcheck.workflows.evidence.copies import Copies


def command(copies: Copies) -> list[str]:
    """The command, to be run in the folder of the copies to which its names are relative."""
    words = ["colorcheck", "evidence", "DIR", *([copies.recipe.manifest] if copies.recipe.manifest else [])]
    flags = {key.path: key.flag for key in KEYS}
    for key, value in copies.recipe.options.items():
        for each in value if isinstance(value, list) else [value]:
            words += [flags.get(key, key), str(each)]
    return words
