"""One boot of a system under QEMU, and the model's boot of the same system."""

from __future__ import annotations

import tempfile
import time
from enum import StrEnum
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.emulation.console import Console, Ending, Limits
from colorcheck.emulation.console import run as run_qemu
from colorcheck.emulation.qemu import Qemu, command
from colorcheck.emulation.system import Emulated
from colorcheck.evidence.attest import Attestation, Attested, LogCheck, attest
from colorcheck.files.boundary import restricted
from colorcheck.inputs.boot.boot_log import BootLog, parse_boot_log
from colorcheck.inputs.manifest.manifest import BuildOption, Loader, Manifest, Target
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.boot.binary import XenBinary
from colorcheck.xen.booted import Boot
from colorcheck.xen.kinds import FailureKind
from colorcheck.xen.options.arguments import logged_command_line
from colorcheck.xen.release.log_version import log_version
from colorcheck.xen.release.releases import find_release

CONSOLE = "console.txt"
TREE = "system.dtb"
_ENOUGH = 200  # bytes of QEMU's own messages that are kept


class Interrupted(Exception):
    """The run was stopped, so its result is not known."""


class Result(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    UNDECIDED = "undecided"  # the model does not decide this boot, or the log says too little
    UNCOLORED = "uncolored"  # this Xen is built without coloring
    FAILED = "failed"  # QEMU or the binary failed before a boot could be compared


class BootRecipe(Struct, frozen=True):
    """The settings that all boots of a run share: the Xen, its release (empty: the one in its log), its build
    options (None: not known), and the time limit of a boot in seconds.
    """

    xen: XenBinary
    release: str = ""
    kconfig: str | None = None
    config: tuple[BuildOption, ...] = ()
    limits: Limits = Limits()


class ComparedBoot(Struct, frozen=True):
    """A boot and its comparison with the model.

    `version` is the one that Xen prints, `release` the modelled release. `seconds` are those of QEMU, and those of
    everything else.
    """

    result: Result
    reason: str
    release: str
    version: str
    console: str
    attested: Attested | None = None
    seconds: tuple[float, float] = (0.0, 0.0)

    @property
    def compared(self) -> tuple[str, ...]:
        """The subjects of comparisons that agree, each once."""
        checks = self.attested.checks if self.attested else ()
        return tuple(dict.fromkeys(check.subject for check in checks if check.agrees))

    @property
    def differences(self) -> tuple[LogCheck, ...]:
        return tuple(check for check in (self.attested.checks if self.attested else ()) if check.agrees is False)


class UnpreparedError(Exception):
    """The files of a boot could not be written, probably because the disk is full."""


def failed(reason: str) -> ComparedBoot:
    """The result of a boot that did not take place."""
    return ComparedBoot(Result.FAILED, reason, "", "", "")


def prepared(qemu: Qemu, system: Emulated, recipe: BootRecipe, folder: Path) -> list[str]:
    """Write Xen and the files of the system to the folder, and return QEMU's command line. Raises UnpreparedError."""
    image = folder / "xen"
    try:
        image.write_bytes(recipe.xen.image)
        return command(qemu, system, image, folder)
    except OSError as error:
        raise UnpreparedError(f"cannot write the files of the boot: {error.strerror or error}") from None


def compare(qemu: Qemu, system: Emulated, recipe: BootRecipe) -> ComparedBoot:
    """Boot the system in QEMU and in the model. Leaves no files behind. Raises Interrupted."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="colorcheck-boot-") as name:
        folder = Path(name)
        try:
            words = prepared(qemu, system, recipe, folder)
            console = run_qemu(words, recipe.limits)
        except UnpreparedError as error:
            return failed(str(error))
        except OSError as error:
            return failed(f"{qemu.program} cannot be run: {error}")
        if console.ending is Ending.STOPPED:
            raise Interrupted
        with restricted(None):  # the files that are read are in our own folder
            found = _compared(system, recipe, console, folder)
    whole = time.monotonic() - begin
    return ComparedBoot(*found, seconds=(console.seconds, max(0.0, whole - console.seconds)))


def _compared(
    system: Emulated, recipe: BootRecipe, console: Console, folder: Path
) -> tuple[Result, str, str, str, str, Attested | None]:
    log = parse_boot_log(CONSOLE, console.text)
    version = str(log.version.value) if log.version else ""
    silent = log.says_nothing and not version
    if silent and (not console.text.strip() and console.ending is Ending.SILENT):
        return *_unheard(system, recipe, console, folder), "", None
    if silent:
        return Result.FAILED, _silence(console), "", version, console.text, None
    if not recipe.xen.colored:
        named = f"Xen {version}" if version else "this Xen"
        reason = f"{named} is built without cache coloring: it boots, but does not have the coloring options"
        return Result.UNCOLORED, reason, "", version, console.text, None
    release = recipe.release or release_of(version)
    if not release:
        reason = f"Xen {version or 'without a version'} is not a modelled release; specify one with --release"
        return Result.UNDECIDED, reason, "", version, console.text, None
    attested, boot, reason = _attested(system, recipe, release, log, folder)
    if attested is None or boot is None:
        return Result.UNDECIDED, reason, release, version, console.text, None
    result, reason = _verdict(attested, boot, console)
    return result, reason, release, version, console.text, attested


def _unheard(system: Emulated, recipe: BootRecipe, console: Console, folder: Path) -> tuple[Result, str, str, str]:
    """The result if no byte came: a Xen without an early console prints nothing if it panics before its console is
    up.
    """
    if recipe.release and recipe.xen.colored:
        boots = list(pipeline.replay(manifest_of(system, recipe, recipe.release, folder)).facts.boots())
        panic = boots[0][1].panic if boots else None
        if panic is not None:
            reason = f'Xen printed nothing; the model: "{panic.message}", which may come before the console is up'
            return Result.UNDECIDED, reason, recipe.release, ""
    return Result.FAILED, _silence(console), "", ""


def _silence(console: Console) -> str:
    """Why a run without output of Xen is inconclusive."""
    said = console.errors[:_ENOUGH]
    printed = "; the console output is not a boot of Xen" if console.text.strip() else ""
    if console.ending is Ending.DIED:
        return f"QEMU ended by itself with status {console.status}" + (f": {said}" if said else "") + printed
    if printed:
        return printed.removeprefix("; ")
    return f"the console printed nothing in {console.seconds:.0f} s" + (f" (QEMU: {said})" if said else "")


def release_of(version: str) -> str:
    """The modelled release of a version, or the nearest one; empty if there is none."""
    said = log_version(version)
    names = (said.text, said.base, ".".join(said.base.split(".")[:2]))
    found = next((release for name in names if (release := find_release(name))), None)
    return found.name if found and found.modelled else ""


def _attested(
    system: Emulated, recipe: BootRecipe, release: str, log: BootLog, folder: Path
) -> tuple[Attested | None, Boot | None, str]:
    modelled = pipeline.replay(manifest_of(system, recipe, release, folder))
    boots = list(modelled.facts.boots())
    if modelled.faults:
        return None, None, f"colorcheck itself failed: {modelled.faults[0].message}"
    if not boots:
        why = "; ".join(skipped.reason for skipped in modelled.skipped) or "the boot cannot be modelled"
        return None, None, why
    boot = boots[0][1]
    said = replace(log, version=None) if recipe.release else log
    return attest(said, boot, logged_command_line(modelled.facts.deployment)), boot, ""


def _verdict(attested: Attested, boot: Boot, console: Console) -> tuple[Result, str]:
    """The result, from the comparisons and the end of the boot."""
    if attested.verdict is Attestation.DIFFERS:
        return Result.DIFFERS, attested.reason
    hangs = boot.panic is not None and boot.panic.kind is FailureKind.HANG
    if console.ending is Ending.DIED:
        return Result.FAILED, f"QEMU ended by itself with status {console.status}: {console.errors[:_ENOUGH]}"
    if console.ending is Ending.SILENT:
        if hangs:
            return Result.AGREES, "Xen hangs, as the model predicts"
        return Result.DIFFERS, f"Xen printed nothing more ({console.seconds:.0f} s); the model: {boot.outcome}"
    if boot.panic is not None and console.ending is Ending.UP:
        return Result.DIFFERS, f"Xen is up; the model: {boot.panic.message}"
    agreed = sorted({check.subject for check in attested.checks if check.agrees})
    needed = "panic" if boot.panic else "color heap" if boot.system.coloring else "version"
    if needed in agreed:  # the command line needs no comparison: we passed it ourselves
        return Result.AGREES, f"{len(agreed)} items were compared, and all agree"
    return Result.UNDECIDED, attested.reason


def manifest_of(system: Emulated, recipe: BootRecipe, release: str, folder: Path) -> Manifest:
    """The system as a deployment: its tree is written into `folder`, and no fact about it is open."""
    (folder / TREE).write_bytes(system.blob)
    target = Target(
        xen=(release,),
        board=system.board,
        xen_image_size=recipe.xen.size,
        xen_address=system.xen_address,
        device_tree_address=system.tree_address,
        device_tree_size=len(system.blob),
        kconfig=recipe.kconfig,
        loader=Loader.NONE,
        boot_cpu=0,
        config=recipe.config,
    )
    return Manifest(str(folder / "colorcheck.toml"), str(folder), target, device_tree=TREE)
