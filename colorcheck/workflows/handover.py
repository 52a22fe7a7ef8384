"""What Xen gets: read the inputs, follow the loader."""

from __future__ import annotations

from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.loader.handover import Handover
from colorcheck.loader.image_builder.image_builder_tree import as_built
from colorcheck.loader.receive import receive


def handover(manifest: Manifest) -> Handover:
    """The handover of a deployment."""
    return receive(as_built(read_deployment(manifest)))
