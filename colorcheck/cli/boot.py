"""`colorcheck boot --xen FILE`: boot the user's own Xen under QEMU and compare it with the model."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from msgspec.structs import replace

from colorcheck import __version__
from colorcheck.cli.arguments import add_target_arguments, load_manifest, seconds
from colorcheck.cli.console import Stop, complain, write, write_json
from colorcheck.cli.output import add_document_arguments, refuse_an_input, style
from colorcheck.emulation.console import Limits
from colorcheck.emulation.lives import GivenDom0
from colorcheck.emulation.qemu import Qemu, QemuError, find_qemu
from colorcheck.files.atomic import write_report
from colorcheck.files.reading import Unreadable, contents, text
from colorcheck.inputs.boot.xen_attested import AttestedBoot, NotAttestedError, XenAttested, read_attested
from colorcheck.verification.exit import Exit
from colorcheck.workflows.boot.binary import BinaryError, XenBinary, read_binary
from colorcheck.workflows.boot.campaign import Campaign, as_boot, run_campaign, with_boot
from colorcheck.workflows.boot.compare import BootRecipe, ComparedBoot, Result, compare
from colorcheck.workflows.boot.deployment import NotBootableError, prepare
from colorcheck.xen.release.releases import MODELLED, find_release

EVIDENCE = "xen-attested.json"
_LARGEST = 64 << 20
_DOM0_LARGEST = 256 << 20
_KCONFIG_LARGEST = 4 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, without=("target.xen", "target.xen-image"))
    parser.add_argument("--xen", metavar="FILE", required=True, help="the Xen binary to boot, an arm64 Image")
    parser.add_argument("--campaign", metavar="N", type=_count, help="boot N generated systems, two at a time")
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        default=0,
        help="with --campaign: the seed of the generated systems (default: 0)",
    )
    parser.add_argument(
        "--release",
        metavar="RELEASE",
        default="",
        help="the release whose model is compared (default: what the binary reports)",
    )
    parser.add_argument(
        "--evidence", metavar="FILE", default=EVIDENCE, help=f"where to store the result (default: {EVIDENCE})"
    )
    parser.add_argument(
        "--dom0-kernel",
        metavar="FILE",
        help="with --campaign: test guest lifecycles under this dom0 kernel, an arm64 Image",
    )
    parser.add_argument(
        "--dom0-ramdisk",
        metavar="FILE",
        help="the dom0 ramdisk: it has the toolstack of this Xen and opens a shell with xl on dom0's console",
    )
    parser.add_argument(
        "--dom0-arguments",
        metavar="TEXT",
        default="console=hvc0 quiet",
        help="the dom0 command line (default: console=hvc0 quiet)",
    )
    parser.add_argument("--again", action="store_true", help="repeat boots for which FILE already has a result")
    parser.add_argument("--transplant", action="store_true", help="use QEMU's virt machine even if QEMU has the board")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, help="for one boot (default: 180, with --dom0-kernel 1200)"
    )
    parser.add_argument("--console", metavar="FILE", help="save the console output (not with --campaign)")
    add_document_arguments(parser)


def run(options: argparse.Namespace) -> int:
    named = find_release(options.release) if options.release else None
    if options.release and (named is None or not named.modelled):
        raise Stop(f"{options.release} is not a release with a boot model", f"these are: {', '.join(MODELLED)}")
    if options.console and options.campaign:
        raise Stop("--console saves one boot, but --campaign makes many")
    manifest = None if options.campaign else load_manifest(options)
    try:
        xen, qemu = read_binary(options.xen), find_qemu()
    except (BinaryError, QemuError) as error:
        raise Stop(str(error), error.advice) from None
    if qemu.caution:
        complain(f"warning: {qemu.caution}")
    kconfig = manifest.target.kconfig if manifest else getattr(options, "target.kconfig")
    folder = manifest.folder if manifest else "."
    kconfig = os.path.abspath(os.path.join(folder, kconfig)) if kconfig else None
    dom0 = _dom0(options)
    whole, silence = (1200.0, 240.0) if dom0 else (180.0, 30.0)
    limits = Limits(whole=options.timeout or whole, silence=min(silence, options.timeout or whole))
    recipe = BootRecipe(xen, options.release, kconfig, manifest.target.config if manifest else (), limits)
    evidence = _evidence(options, qemu, recipe)
    with _terminated_as_interrupted():
        try:
            if manifest is None:
                campaign = Campaign(str(options.seed), options.campaign, dom0)
                return _campaign(options, qemu, recipe, evidence, campaign)
            return _deployment(options, qemu, recipe, evidence)
        except NotBootableError as error:
            raise Stop(str(error), error.advice, Exit.UNDECIDED) from None
        except QemuError as error:
            raise Stop(str(error), error.advice, Exit.UNDECIDED) from None


def _count(word: str) -> int:
    number = int(word) if word.isdecimal() and word.isascii() and len(word) < 7 else 0
    if not number:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of systems from 1 to 999999")
    return number


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM ends a run like Ctrl-C, so that no QEMU keeps running without us."""

    def end(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _evidence(options: argparse.Namespace, qemu: Qemu, recipe: BootRecipe) -> XenAttested:
    """The stored results for this binary, or an empty record to start with."""
    fresh = XenAttested(
        recipe.xen.sha256,
        release=recipe.release,
        kconfig=_digest(recipe.kconfig),
        qemu=f"{qemu.version[0]}.{qemu.version[1]}",
        tool_version=__version__,
    )
    if not os.path.lexists(options.evidence):
        return fresh
    try:
        found = read_attested(text(options.evidence, _LARGEST, named=True))
    except Unreadable as error:
        raise Stop(f"cannot read {options.evidence}: {error.reason}", error.advice) from None
    except NotAttestedError as error:
        raise Stop(f"{options.evidence}: {error}", "name another file with --evidence") from None
    same = (found.sha256, found.kconfig, found.tool_version) == (fresh.sha256, fresh.kconfig, fresh.tool_version)
    if same and recipe.release in ("", found.release):
        return found
    if not options.again:
        raise Stop(
            f"{options.evidence} was made with a different Xen, .config, release or colorcheck",
            "name another file with --evidence, or start over with --again",
        )
    return fresh


def _digest(kconfig: str | None) -> str:
    if kconfig is None:
        return ""
    try:
        return hashlib.sha256(contents(kconfig, _KCONFIG_LARGEST, named=True)).hexdigest()
    except Unreadable as error:
        raise Stop(f"cannot read {kconfig}: {error.reason}", error.advice) from None


def _deployment(options: argparse.Namespace, qemu: Qemu, recipe: BootRecipe, evidence: XenAttested) -> int:
    from colorcheck.report.terminal.boot import render_deployment

    prepared = prepare(qemu, load_manifest(options), recipe.xen.size, move=options.transplant)
    if options.console:
        inputs = (*prepared.modelled.facts.deployment.files, options.xen, options.evidence)
        refuse_an_input("--console", options.console, inputs)
    known = next((boot for boot in evidence.boots if boot.name == prepared.name), None)
    found: ComparedBoot | None = None
    if known is None or options.again:
        found = compare(qemu, prepared.system, recipe)
        known = as_boot(prepared.name, prepared.system.machine, found)
        if found.result in _LASTING:
            evidence = with_boot(evidence, known, found)
            _keep(options.evidence, evidence)
        if options.console:
            _write_file(options.console, found.console)
    checks = (found.attested.checks if found.attested else ()) if found else None
    if options.format == "json":
        head = {"schema": "colorcheck/boot/1", "evidence": options.evidence, "changes": list(prepared.changes)}
        shown = [check.to_dict() for check in checks or ()]
        write_json(
            json.dumps({**head, "xen": _xen(recipe.xen, evidence), **known.to_dict(), "checks": shown}, indent=2)
        )
    else:
        write(render_deployment(known, checks, prepared.changes, evidence, style(options)))
    return _STATUS[Result(known.result)]


_LASTING = (Result.AGREES, Result.DIFFERS, Result.UNCOLORED)
"""Results that another boot of the same system would only repeat."""
_STATUS = {
    Result.AGREES: Exit.CLEAN,
    Result.DIFFERS: Exit.FINDINGS,
    Result.UNCOLORED: Exit.FINDINGS,
    Result.UNDECIDED: Exit.UNDECIDED,
    Result.FAILED: Exit.UNDECIDED,
}


def _xen(xen: XenBinary, evidence: XenAttested) -> dict[str, object]:
    return {"file": xen.file, "sha256": xen.sha256, "version": evidence.version, "release": evidence.release}


def _dom0(options: argparse.Namespace) -> GivenDom0 | None:
    """The dom0 that tests guest lifecycles; None if none is given. Raises Stop."""
    if not options.dom0_kernel and not options.dom0_ramdisk:
        return None
    if not (options.dom0_kernel and options.dom0_ramdisk and options.campaign):
        raise Stop("--dom0-kernel, --dom0-ramdisk and --campaign go together")
    kernel, ramdisk = (_whole(file) for file in (options.dom0_kernel, options.dom0_ramdisk))
    if kernel[56:60] != b"ARM\x64":
        raise Stop(
            f"{options.dom0_kernel} is not an arm64 Image (no ARM\\x64 at offset 56)", "unpack it if it is gzipped"
        )
    digest = hashlib.sha256(kernel + ramdisk + options.dom0_arguments.encode(errors="surrogateescape")).hexdigest()
    return GivenDom0(kernel, ramdisk, options.dom0_arguments, digest)


def _whole(file: str) -> bytes:
    try:
        return contents(file, _DOM0_LARGEST, named=True)
    except Unreadable as error:
        raise Stop(f"cannot read {file}: {error.reason}", error.advice) from None


def _campaign(
    options: argparse.Namespace, qemu: Qemu, recipe: BootRecipe, evidence: XenAttested, campaign: Campaign
) -> int:
    from colorcheck.report.terminal.boot import render_campaign

    if not recipe.xen.colored:
        raise Stop(
            f"{recipe.xen.file} is built without cache coloring: there is nothing to compare",
            "build it with CONFIG_LLC_COLORING=y",
            Exit.FINDINGS,
        )
    names = campaign.names()
    done = set() if options.again else {boot.name for boot in evidence.boots}
    left = [name for name in names if name not in done]
    recipe = replace(recipe, release=recipe.release or evidence.release)
    spent = [0.0, 0.0]
    with _progress(len(left), len(names) - len(left)) as advance:

        def keep(boot: AttestedBoot, found: ComparedBoot) -> None:
            nonlocal evidence
            evidence = with_boot(evidence, boot, found)
            _keep(options.evidence, evidence)
            spent[0], spent[1] = spent[0] + found.seconds[0], spent[1] + found.seconds[1]
            advance(boot)

        run_campaign(qemu, recipe, campaign, left, keep)
    asked = set(names)
    shown = replace(evidence, boots=tuple(boot for boot in evidence.boots if boot.name in asked))
    if options.format == "json":
        write_json(json.dumps({**shown.to_dict(), "seconds": {"qemu": spent[0], "colorcheck": spent[1]}}, indent=2))
    else:
        write(render_campaign(shown, len(left), (spent[0], spent[1]), options.evidence, style(options)))
    results = {Result(boot.result) for boot in shown.boots}
    return max((_STATUS[result] for result in results), key=_weight, default=Exit.NOTHING)


def _weight(status: Exit) -> int:
    """Sort key: findings come before undecided."""
    return (Exit.CLEAN, Exit.UNDECIDED, Exit.FINDINGS).index(status)


@contextmanager
def _progress(total: int, before: int) -> Iterator[Callable[[AttestedBoot], object]]:
    """A progress bar on standard error if it is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("boots", total=total + before, completed=before)
        yield lambda _: bar.advance(task)


def _keep(file: str, evidence: XenAttested) -> None:
    _write_file(file, json.dumps(evidence.to_dict(), indent=2) + "\n")


def _write_file(file: str, content: str) -> None:
    try:
        write_report(Path(file), content)
    except OSError as error:
        raise Stop(f"cannot write {file}: {error.strerror or error}") from None
