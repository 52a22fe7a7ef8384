"""The request of a run: a manifest, options that override it, and the folder to which names are relative."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct, field

from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import manifest_of_options, read_manifest


class Recipe(Struct, frozen=True):
    """`manifest` is a path, None if the options are complete; `options` are values by key (`target.xen`).

    File names in `options` are relative to the manifest's folder, or to the current one without a manifest.
    """

    manifest: str | None
    options: Mapping[str, object] = field(default_factory=dict)

    def read(self) -> Manifest:
        """The manifest, overridden by the options. Raises ManifestError."""
        if self.manifest is None:
            return manifest_of_options(self.options)
        return read_manifest(self.manifest, self.options)

    @property
    def folder(self) -> str:
        """The folder to which file names are relative."""
        return os.path.dirname(self.manifest) if self.manifest else ""
