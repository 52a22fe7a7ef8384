"""What a run was asked: a manifest, options laid over it, and the folder where their names start."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct, field

from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import manifest_of_options, read_manifest


class Recipe(Struct, frozen=True):
    """`manifest` is a path, None if options say all; `options` are values by key (`target.xen`).

    Names of files in `options` start at the manifest's folder, without a manifest at the current one.
    """

    manifest: str | None
    options: Mapping[str, object] = field(default_factory=dict)

    def read(self) -> Manifest:
        """The manifest with the options laid over it. Raises ManifestError."""
        if self.manifest is None:
            return manifest_of_options(self.options)
        return read_manifest(self.manifest, self.options)

    @property
    def folder(self) -> str:
        """The folder in which names of files start."""
        return os.path.dirname(self.manifest) if self.manifest else ""
