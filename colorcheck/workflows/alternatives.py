"""Guests with alternative files, one of which runs at a time: each choice is a way, like those of a boot script."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice, product
from math import prod

from msgspec.structs import replace

from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.xl.xl import XlFile
from colorcheck.xen.worlds.branches import WorldBranch

MOST_WAYS = 64
"""The largest number of combinations of files that are examined."""

_Choice = tuple[tuple[XlFile, ...], str]


def too_many(deployment: Deployment, branches: tuple[WorldBranch, ...]) -> str:
    """Why nothing is concluded: there are too many combinations; empty if there are not."""
    count = prod(map(len, deployment.listed_guests)) * (len(branches) + 1)
    return "" if count <= MOST_WAYS or not _choose(deployment) else _MANY.format(count)


_MANY = "the alternatives of the guests (one-of) make {} combinations, and at most 64 are checked"


def over_alternatives(deployment: Deployment, branches: tuple[WorldBranch, ...]) -> tuple[WorldBranch, ...]:
    """The other ways of a deployment whose guests have alternatives: every other choice of files, with every way of
    the boot script. `deployment` has the first file of each guest.
    """
    if not _choose(deployment):
        return branches
    choices = list(islice(_choices(deployment), MOST_WAYS))
    found = [WorldBranch(words, replace(deployment, guests=guests), guests=True) for guests, words in choices[1:]]
    for branch in branches:
        found.append(branch)
        if branch.deployment is not None:
            for guests, words in choices[1:]:
                way = replace(branch.deployment, guests=guests)
                found.append(replace(branch, answers=f"{branch.answers}; {words}", deployment=way, guests=True))
    return tuple(found)


def _choose(deployment: Deployment) -> bool:
    return any(len(listed) > 1 for listed in deployment.listed_guests)


def _choices(deployment: Deployment) -> Iterator[_Choice]:
    for chosen in product(*deployment.listed_guests):
        others = [
            f"{os.path.basename(file.file)} in place of {os.path.basename(listed[0].file)}"
            for file, listed in zip(chosen, deployment.listed_guests, strict=True)
            if file is not listed[0]
        ]
        yield chosen, ", ".join(others)
