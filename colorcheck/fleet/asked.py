"""The file system accesses of a deployment before it is checked: its inputs, and the files that its loader loads."""

from __future__ import annotations

from colorcheck.files.watching import Recorder, watched
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.read import read_deployment
from colorcheck.plugins.manager import plugins
from colorcheck.workflows.handover import branches, received_by_xen


def asked(manifest: Manifest) -> tuple[Deployment, Recorder]:
    """The deployment as read, and the accesses for reading it and following its loader."""
    read = Recorder()
    with watched(read):
        deployment = read_deployment(manifest, plugins().input_readers)
        received, _ = received_by_xen(deployment)
        branches(received, deployment)
    return deployment, read
