"""Every guest that a real xl created or failed to create: who, how, and the frames per color after each step."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_cases import Case, board_of, cases, deployment, load

from colorcheck.xen.effective import effective
from colorcheck.xen.memory.boot import boot
from colorcheck.xen.memory.booted import Boot, Built

KERNEL = 8  # pages that dom0's Linux takes and returns now and then


def booted(path: Path, case: Case, files: list[tuple[str, str]]) -> Boot:
    given = deployment(path, case, tuple(files))
    found = boot(given, effective(given, board_of(case), case["xen"]))
    assert found is not None
    return found


def assert_fails_as(step: Case, built: Built) -> None:
    assert not built.created
    assert built.failure is not None
    if step["status"] is None:
        assert (built.failure.kind, built.failure.message) == ("host-panic", step["host_panic"])
    elif any(message.startswith("xl: ") for message in step["messages"]):
        assert (built.failure.kind, built.failure.message) == ("xl-rejects", step["messages"][0])
    else:
        assert built.failure.kind == "domain-memory"
        assert built.failure.message in step["messages"][0]


@pytest.mark.parametrize("path", cases("xl-guests"), ids=lambda path: path.stem)
def test_guests_are_as_measured(path: Path) -> None:
    """Up to the first step that a fresh boot cannot show: a destruction, or a failure that keeps memory."""
    case = load(path)
    heap, files = case["heap_before"], []
    for step in case["steps"]:
        if step["step"] == "destroy":
            return
        files.append((step["name"] + ".cfg", step["file"]))
        found = booted(path, case, files)
        built = next(b for b in found.built if b.domain.name == step["name"])
        if step["status"] != 0:
            assert_fails_as(step, built)
            if step["heap_after"] != heap:
                if step["heap_after"]:
                    assert_heap(case, built.free_after, step["heap_after"], found)
                return
            files.pop()
            continue
        assert built.created
        heap = step["heap_after"]
        assert_heap(case, found.free_final, heap, found)


def assert_heap(case: Case, got: tuple[int, ...], want: list[int], found: Boot) -> None:
    dom0 = set(found.built[0].domain.colors)
    for color in range(case["nr_colors"]):
        assert abs(got[color] - want[color]) <= (KERNEL if color in dom0 else 0), f"color {color}"


@pytest.mark.parametrize("path", cases("xl-guests"), ids=lambda path: path.stem)
def test_pages_and_colors_at_the_end(path: Path) -> None:
    case = load(path)
    files = [(s["name"] + ".cfg", s["file"]) for s in case["steps"] if s["step"] == "create" and s["status"] == 0]
    found = booted(path, case, files)
    names = [s["name"] for s in case["steps"] if s["step"] == "create"]
    rejected = {s["name"] for s in case["steps"] if any(m.startswith("xl: ") for m in s.get("messages", ()))}
    ids = {name: str(1 + index) for index, name in enumerate(n for n in names if n not in rejected)}
    for built in found.built[1:]:
        at_end = case["domains_at_end"].get(ids[built.domain.name])
        if at_end is not None:
            assert built.domain.nr_pages == at_end["pages"]
