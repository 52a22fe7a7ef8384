"""Replay: the same boot as the model's, driven to concrete frames; witnesses for what the solver claims.

It imports nothing of `proof`. Both read one boot model; what they check of each other is leveling, sets and witnesses.
"""

from __future__ import annotations

from colorcheck.hardware.board import Board
from colorcheck.inputs.deployment import Deployment
from colorcheck.replay.lifecycle import Balloon, Create, Destroy, Reboot, State, lifecycle
from colorcheck.replay.owners import Owner, owner_of
from colorcheck.replay.steps import Step, at, steps, until
from colorcheck.replay.witness import CacheLine, Meeting, meeting, shared_frames
from colorcheck.xen.booted import Boot
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.system import System

__all__ = [
    "Balloon",
    "CacheLine",
    "Create",
    "Destroy",
    "Meeting",
    "Owner",
    "Reboot",
    "State",
    "Step",
    "at",
    "lifecycle",
    "meeting",
    "owner_of",
    "replay",
    "shared_frames",
    "steps",
    "until",
]


def replay(deployment: Deployment, system: System, board: Board | None) -> Boot | None:
    """The boot of a system with all its domains; None where it cannot be modelled."""
    return boot(deployment, system, board)
