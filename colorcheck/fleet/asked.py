"""Everything that a deployment asks of the file system before it is judged: its inputs, and what its loader loads."""

from __future__ import annotations

from colorcheck.files.watching import Recorder, watched
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.plugins.manager import plugins
from colorcheck.workflows.handover import branches, received_by_xen


def asked(manifest: Manifest) -> tuple[Deployment, Recorder]:
    """The deployment as it is written, and what was asked to read it and to follow its loader."""
    read = Recorder()
    with watched(read):
        deployment = read_deployment(manifest, plugins().input_readers)
        received, _ = received_by_xen(deployment)
        branches(received, deployment)
    return deployment, read
