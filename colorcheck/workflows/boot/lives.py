"""One lifecycle under QEMU with a real dom0: after each step of xl, the frames of every color are compared with the
model.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.source import Location
from colorcheck.emulation.console import Ending
from colorcheck.emulation.dialogue import Dialogue, converse
from colorcheck.emulation.lives import GivenDom0, Life, guest_kernel
from colorcheck.emulation.qemu import Qemu, QemuError
from colorcheck.emulation.system import Emulated
from colorcheck.emulation.virt import emulated
from colorcheck.evidence.attest import DOM0_DRIFT, Attestation, Attested, LogCheck, attest
from colorcheck.files.boundary import restricted
from colorcheck.inputs.boot.boot_log import parse_boot_log
from colorcheck.replay.lifecycle import HeapState, lifecycle
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.boot.compare import (
    CONSOLE,
    BootRecipe,
    ComparedBoot,
    Interrupted,
    Result,
    UnpreparedError,
    failed,
    manifest_of,
    prepared,
    release_of,
)
from colorcheck.workflows.lifecycle import understood
from colorcheck.xen.kinds import FailureKind
from colorcheck.xen.options.arguments import logged_command_line

_KERNEL = "guest-kernel"
_HERE = Location(CONSOLE)


def boot_life(qemu: Qemu, recipe: BootRecipe, dom0: GivenDom0, life: Life) -> ComparedBoot:
    """Boot the host, take the steps, and compare. Leaves no files behind. Raises Interrupted."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="colorcheck-boot-") as name:
        folder = Path(name)
        try:
            system = emulated(qemu, life.machine, life.content(dom0), recipe.xen.size)
            words = prepared(qemu, system, recipe, folder)
            talked = converse(words, recipe.limits, tuple(life.prepared()), tuple(life.commands()))
        except (QemuError, UnpreparedError) as error:
            return failed(str(error))
        except OSError as error:
            return failed(f"{qemu.program} cannot be run: {error}")
        if talked.ending is Ending.STOPPED:
            raise Interrupted
        for guest in life.guests:
            (folder / guest.file).write_text("\n".join(guest.lines(str(folder / _KERNEL))) + "\n")
        (folder / _KERNEL).write_bytes(guest_kernel())
        with restricted(None):  # the files that are read are in our own folder
            version = _version(talked)
            release = recipe.release or release_of(version)
            result, reason, attested = _compared(life, talked, _Model(recipe, release, folder, system))
    whole = time.monotonic() - begin
    seconds = (talked.seconds, max(0.0, whole - talked.seconds))
    return ComparedBoot(result, reason, release, version, talked.text, attested, seconds)


def _version(talked: Dialogue) -> str:
    log = parse_boot_log(CONSOLE, talked.text)
    return str(log.version.value) if log.version else ""


class _Model(Struct, frozen=True):
    recipe: BootRecipe
    release: str
    folder: Path
    system: Emulated


_Verdict = tuple[Result, str, Attested | None]


def _compared(life: Life, talked: Dialogue, model: _Model) -> _Verdict:
    if not model.recipe.xen.colored:
        return Result.UNCOLORED, "this Xen is built without cache coloring", None
    if not model.release:
        return Result.UNDECIDED, "Xen is not of a release that is modelled; name one with --release", None
    manifest = manifest_of(model.system, model.recipe, model.release, model.folder)
    modelled = pipeline.replay(manifest)
    results = modelled.facts.results
    boot = results[0].boot if results else None
    if modelled.faults or boot is None:
        why = modelled.faults[0].message if modelled.faults else "the boot cannot be modelled"
        return Result.UNDECIDED, why, None
    before = parse_boot_log(CONSOLE, talked.text.partition("Dumping color heap")[0])
    said = replace(before, version=None) if model.recipe.release else before
    booted = attest(said, boot, logged_command_line(modelled.facts.deployment)).checks
    if any(check.agrees is False for check in booted) or boot.panic or boot.heap is None:
        return _judged(booted, talked, len(life.steps))
    first = _frames(talked.heap, len(boot.free_final))
    if not first:
        return _judged(booted, talked, len(life.steps))
    steps = [("create", f"{name}.cfg") if kind == "create" else (kind, name) for kind, name in life.steps]
    began = replace(boot, free_final=first)  # dom0 has taken and returned some frames by now
    states = tuple(lifecycle(began, tuple(understood(steps, modelled.facts.deployment, results[0]))))
    own = frozenset(color for built in boot.built if built.domain.id == 0 for color in built.domain.colors)
    checks = (
        *booted,
        _heap("color heap with dom0 up", boot.free_final, first, own),
        *(check for number, state in enumerate(states) for check in _step(life, number, state, talked, own)),
    )
    return _judged(checks, talked, len(life.steps))


def _step(life: Life, number: int, state: HeapState, talked: Dialogue, own: frozenset[int]) -> Iterator[LogCheck]:
    if number >= len(talked.answers):
        return
    kind, name = life.steps[number]
    subject = f"step {number + 1}, {kind} {name}"
    answer = talked.answers[number]
    if state.failure is not None and state.failure.kind is FailureKind.HOST_PANIC:
        down = talked.ending is Ending.PANIC and number == len(talked.answers) - 1
        found = "Xen panics" if down else f"status {answer.status}"
        yield LogCheck(subject, "Xen panics", found, down, _HERE)
        return
    if answer.status is not None:
        works = state.failure is None
        expected, found = ("works" if ok else "fails" for ok in (works, not answer.status))
        yield LogCheck(subject, expected, found, expected == found, _HERE)
    elif talked.ending is Ending.PANIC:
        yield LogCheck(subject, "works" if state.failure is None else "fails", "Xen panics", False, _HERE)
    if heap := _frames(answer.heap, len(state.heap)):
        yield _heap(f"color heap after {subject}", state.heap, heap, own)


def _frames(text: str, colors: int) -> tuple[int, ...]:
    """The free frames of each color in one dump; empty if there is none. Xen leaves out colors without frames."""
    found = {color: int(str(statement.value)) for color, statement in parse_boot_log(CONSOLE, text).heap}
    return tuple(found.get(color, 0) for color in range(max(colors, max(found) + 1))) if found else ()


def _heap(subject: str, expected: Sequence[int], found: Sequence[int], own: frozenset[int]) -> LogCheck:
    """Compare frames per color; a running dom0 takes and returns frames of its own colors."""
    wrong = [
        color
        for color in range(max(len(expected), len(found)))
        if color >= len(expected)
        or color >= len(found)
        or abs(expected[color] - found[color]) > (DOM0_DRIFT if color in own else 0)
    ]
    shown = tuple(" ".join(f"{c}:{heap[c]}" for c in wrong if c < len(heap)) for heap in (expected, found))
    if not wrong:
        return LogCheck(subject, "the model's frames per color", "the same", True, _HERE)
    return LogCheck(subject, f"frames by color {shown[0]}", shown[1], False, _HERE)


def _judged(checks: Sequence[LogCheck], talked: Dialogue, steps: int) -> _Verdict:
    """The verdict; it agrees only if every step was compared, or if the host crashed as the model predicts."""
    wrong = ", ".join(dict.fromkeys(check.subject for check in checks if check.agrees is False))
    if wrong:
        attested = Attested(tuple(checks), Attestation.DIFFERS, f"the console contradicts the model: {wrong}")
        return Result.DIFFERS, attested.reason, attested
    seen = sum(check.subject.startswith("color heap after") for check in checks)
    down = any(check.expected == "Xen panics" and check.agrees for check in checks)
    if seen == steps or down:
        worked = sum(check.found == "works" for check in checks)
        reason = f"{len(talked.answers)} of {steps} steps were compared, and all agree; {worked} of them worked"
        return Result.AGREES, reason, Attested(tuple(checks), Attestation.ATTESTED, reason)
    if talked.ending is Ending.PANIC and any(check.subject == "panic" and check.agrees for check in checks):
        reason = "Xen panics before dom0 runs, as the model predicts"
        return Result.AGREES, reason, Attested(tuple(checks), Attestation.ATTESTED, reason)
    reason = _unfinished(talked)
    return Result.FAILED, reason, Attested(tuple(checks), Attestation.TOO_LITTLE, reason)


def _unfinished(talked: Dialogue) -> str:
    if talked.ending is Ending.DIED:
        return f"QEMU ended by itself with status {talked.status}: {talked.errors[:200]}"
    if not talked.heap:
        return f"no shell answered on dom0's console in {talked.seconds:.0f} s"
    return f"the console fell silent in step {len(talked.answers)} ({talked.seconds:.0f} s)"
