"""The deployment to which a file belongs, verified with the editor's unsaved changes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from colorcheck.editor.within import editing, read
from colorcheck.files.reading import Unreadable, text
from colorcheck.inputs.manifest.manifest_reader import NAME, ManifestError
from colorcheck.verification.results import Verification
from colorcheck.workflows import verify as pipeline

_ABOVE = 4  # folders above a file in which its manifest is looked for


class Deployed(Struct):
    """A deployment at its last check: its manifest, the verification, and the lines of its files."""

    manifest: str
    verification: Verification | None
    trouble: str = ""
    files: tuple[str, ...] = ()
    unsaved: Mapping[str, str] = {}

    def lines(self, file: str) -> list[str]:
        """The lines of a file as the editor shows it; none if it cannot be read."""
        name = os.path.realpath(file)
        if name not in self.unsaved:
            try:
                return text(name, named=True).split("\n")
            except Unreadable:
                return []
        return self.unsaved[name].replace("\r\n", "\n").split("\n")


def manifests_of(file: str, folders: tuple[str, ...] = ()) -> Iterator[str]:
    """The manifests that may name a file: in its folder, or in a folder above it that the editor has open."""
    if os.path.basename(file) == NAME:
        yield os.path.realpath(file)
        return
    folder = os.path.dirname(os.path.realpath(file))
    tops = tuple(os.path.realpath(each) for each in folders)
    for _ in range(_ABOVE):
        beside = os.path.join(folder, NAME)
        if os.path.isfile(beside):
            yield beside
        if folder in tops or os.path.dirname(folder) == folder:
            return
        folder = os.path.dirname(folder)


def checked(manifest: str, unsaved: Mapping[str, str]) -> Deployed:
    """Verify a deployment; `unsaved` are texts by the real names of their files. Never raises for bad input."""
    with editing(manifest, unsaved):
        try:
            verification = pipeline.verify(read(manifest))
        except ManifestError as error:
            return Deployed(manifest, None, str(error), (manifest,), dict(unsaved))
        files = {os.path.realpath(name): None for name in (manifest, *verification.facts.deployment.files)}
        files |= {os.path.realpath(f.location.file): None for f in verification.findings if f.location.file}
    return Deployed(manifest, verification, "", tuple(files), dict(unsaved))
