"""The handover of an ImageBuilder configuration: its script, run by the engine that follows U-Boot scripts.

Source: `scripts/uboot-script-gen` of `xlnx_rel_v2023.2`: the files are loaded, overlays applied, the tree edited, the
extra commands run as they are, and Xen started with the tree in its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.units import KIB, MIB, size
from colorcheck.inputs.boot.image_builder import Assignment
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree, Node, Property
from colorcheck.inputs.files import read_text
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.loader.handover import Handover
from colorcheck.loader.image_builder.edits import Edits, NewNode, place_of
from colorcheck.loader.image_builder.image_builder import (
    ImageBuilderBoot,
    LoadedFile,
    files_to_load,
    image_builder_boot,
    load_addresses,
    no_script,
    too_little_memory,
)
from colorcheck.loader.u_boot.blob import compile_tree, side_of
from colorcheck.loader.u_boot.fdt import OVERLAYS
from colorcheck.loader.u_boot.follow import follow_program
from colorcheck.loader.u_boot.load import put
from colorcheck.loader.u_boot.machine import VIRTUAL, HaltError, UBootMachine
from colorcheck.loader.u_boot.media import File
from colorcheck.loader.u_boot.shell import run_text
from colorcheck.loader.u_boot.text import Marked
from colorcheck.loader.u_boot.trees import error_name, tree_at

_ASSUMED = {"KERNEL": 32 * MIB, "RAMDISK": 64 * MIB, "XEN": 2 * MIB, "DEVICE_TREE": 64 * KIB, "BITSTREAM": 32 * MIB}
"""Assumed bytes of a missing file, by the end of its key; rather large, because the memory of modules is lost at
boot.
"""
_MOST_OVERLAYS = 64
_ROOMY = 1 << 20  # bytes; `fdt resize` takes what is not used away again
_SHELL = re.compile(r"[\"'\\$\n`]")  # what means something to U-Boot's shell in double quotes
_IN_PLACE = "0xffffffffffffffff"


def follow_image_builder(deployment: Deployment) -> tuple[Handover, Deployment]:
    """The handover, and the deployment with the problems of its configuration and the assumed sizes.

    Addresses in the manifest take precedence over ImageBuilder's.
    """
    file = deployment.image_builder
    if file is None:
        raise ValueError("there is no ImageBuilder configuration")
    boot = image_builder_boot(file)
    given = deployment.tree
    known = dict(deployment.file_sizes)
    if given is not None and file.text("DEVICE_TREE"):  # its source may be here; what it is compiled to is loaded last
        known.setdefault(file.text("DEVICE_TREE"), len(compile_tree(given)))
    sizes, assumed = _sizes(boot, known)
    loads = load_addresses(boot, sizes)
    stop, little = next(no_script(boot), None), too_little_memory(boot, loads)
    if little is not None and assumed:
        boot = replace(boot, doubts=(*boot.doubts, little))
    elif stop is None:
        stop = little
    deployment = replace(
        deployment,
        problems=tuple(dict.fromkeys((*deployment.problems, *assumed))),
        image_builder_problems=tuple(problem for problem in boot.problems if not _is_the_stop(problem, stop)),
    )
    if stop is not None:
        return Handover(stopped=stop.message, location=stop.location, problems=(stop,)), deployment
    manifest = deployment.manifest
    loaded = {found.key: found for found in loads}
    root = Node("", "/", file.location, children=(Node("chosen", "/chosen", file.location),))
    tree = deployment.tree or DeviceTree(file.file, root, files=(file.file,))
    run = _ScriptRun(boot, loaded, tree)
    shown = replace(manifest, target=replace(manifest.target, overlays=_applies_overlays(manifest, run)))
    return _placed(follow_program(shown, tree, file.file, run), manifest), deployment


def _is_the_stop(problem: Problem, stop: Problem | None) -> bool:
    """Whether a key's problem is the one that ends ImageBuilder, which is reported separately."""
    return stop is not None and problem.kind is ProblemKind.DOM0_KEYS and problem.location == stop.location


def _applies_overlays(manifest: Manifest, run: _ScriptRun) -> bool | None:
    """Whether U-Boot applies overlays: assumed if there are any, unless the manifest says otherwise."""
    given = manifest.target.overlays
    return True if given is None and any(run.overlays()) else given


def _placed(found: Handover, manifest: Manifest) -> Handover:
    target = manifest.target
    address, length = found.device_tree
    if found.stopped is not None:
        return found
    return replace(
        found,
        xen_address=found.xen_address if target.xen_address is None else target.xen_address,
        device_tree=(
            address if target.device_tree_address is None else target.device_tree_address,
            length if target.device_tree_size is None else target.device_tree_size,
        ),
        device_tree_sizes=found.device_tree_sizes
        if target.device_tree_size is None
        else (target.device_tree_size,) * 2,
        alternatives=tuple(_placed(other, manifest) for other in found.alternatives),
    )


def _sizes(boot: ImageBuilderBoot, known: Mapping[str, int]) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """The sizes of all files to load, by name, and problems for assumed ones."""
    sizes, missing = dict(known), []
    for key, name in files_to_load(boot):
        if name not in sizes:
            base = key.partition("[")[0]
            sizes[name] = next((size for end, size in _ASSUMED.items() if base.endswith(end)), MIB)
            missing.append((key, name))
    if not missing:
        return sizes, ()
    text = ", ".join(f"{name} ({size(sizes[name])})" for name in dict.fromkeys(name for _, name in missing))
    message = f"sizes are assumed for missing files: {text}; all load addresses depend on them"
    return sizes, (Problem(ProblemKind.FILE_SIZE_ASSUMED, message, place_of(boot.file, missing[0][0])),)


class _ScriptRun(Struct, frozen=True):
    """The script as U-Boot runs it; calling it gives why Xen is never started."""

    boot: ImageBuilderBoot
    loaded: Mapping[str, LoadedFile]
    tree: DeviceTree

    @property
    def place(self) -> int:
        """The address of the tree; a configuration that loads none leaves it where another script loaded it."""
        found = self.loaded.get("DEVICE_TREE")
        return VIRTUAL if found is None else found.start

    @property
    def in_image(self) -> bool:
        """Whether the tree is edited when the FIT is built, by fdtoverlay and fdtput, and not by U-Boot: then there
        is always room, and no shell is involved.
        """
        return bool(self.boot.file.text("FIT"))

    def _roomy(self, machine: UBootMachine) -> None:
        """The tree with room for whatever comes."""
        tree = tree_at(machine, self.place)
        if tree is not None:
            tree.reopen(tree.total + _ROOMY)
            tree.keep()

    def overlays(self) -> list[Assignment]:
        """`DT_OVERLAY[i]` up to `NUM_DT_OVERLAY`."""
        file = self.boot.file
        count = file.text("NUM_DT_OVERLAY")
        numbers = range(min(int(count[:9]), _MOST_OVERLAYS) if count.isascii() and count.isdigit() else 0)
        found = (file.get("DT_OVERLAY", index) for index in numbers)
        return [written for written in found if written is not None and written.value.text]

    def __call__(self, machine: UBootMachine) -> str | None:
        self._load(machine)
        if not machine.settings.whole_environment:  # no release that ImageBuilder belongs to runs it
            machine.delete("fdt_fixup")
            machine.assumptions["the board's environment does not set fdt_fixup"] = None
        if self.in_image:
            self._roomy(machine)
        else:
            self._command(machine, "fdt", "addr", f"{self.place:#x}")
            self._command(machine, "fdt", "resize", "1024")
        for written in () if self.boot.file.text("FDTEDIT") and not self.in_image else self.overlays():
            if not self._overlay(machine, written):
                return "an overlay that cannot be applied destroys the tree"
        self._edit(machine)
        if self.in_image:
            self._command(machine, "fdt", "addr", f"{self.place:#x}")
            self._command(machine, "fdt", "resize", "1024")
        if self.boot.file.text("NUM_CPUPOOLS") not in ("", "0"):
            why = "ImageBuilder's CPU pools take phandles that it works out itself, which is not followed"
            machine.tree_doubts.append(machine.open("CPUPOOL of ImageBuilder", why))
        for problem in (*self.boot.file.doubts, *self.boot.doubts):
            machine.tree_doubts.append(
                machine.open(f"{problem.location}: ImageBuilder's configuration", problem.message)
            )
        if not self.boot.file.text("DEVICE_TREE"):
            why = "DEVICE_TREE is not defined, and ImageBuilder then loads a file named host_fdt"
            machine.tree_doubts.append(machine.open("tree that ImageBuilder's script loads", why))
        machine.set("fdt_high", _IN_PLACE)
        self._extra(machine)
        start = self.loaded["XEN"].start if "XEN" in self.loaded else 0
        command = self.boot.file.text("BOOT_CMD") or "booti"
        if command == "none":
            machine.assumptions["the script that continues after ImageBuilder's starts Xen with booti"] = None
            command = "booti"
        self._command(machine, command, f"{start:#x}", "-", f"{self.place:#x}")
        return None

    def _command(self, machine: UBootMachine, *words: str) -> None:
        machine.call(machine, [Marked(word) for word in words])

    def _load(self, machine: UBootMachine) -> None:
        blob = compile_tree(self.tree)
        for key, file in self.loaded.items():
            if key == "DEVICE_TREE":
                continue
            found = machine.media.find(file.name)
            put(machine, found or File(file.name, file.end - file.start, b""), file.start)
            machine.loaded[-1] = replace(machine.loaded[-1], location=place_of(self.boot.file, key))
        put(machine, File(self.tree.file, len(blob), blob, self.tree.file, side_of(self.tree)), self.place)

    def _overlay(self, machine: UBootMachine, written: Assignment) -> bool:
        """Apply one; whether there is a tree afterwards."""
        loaded = self.loaded.get(written.key) or self.loaded.get("DT_OVERLAY[0]")
        if loaded is None or machine.media.find(written.value.text) is None:
            _unread(machine, written)
            return True
        base, overlay = tree_at(machine, self.place), tree_at(machine, loaded.start)
        if not machine.choices.get(OVERLAYS, True):
            return True
        if base is None or overlay is None or base.apply(overlay) < 0:
            message = "U-Boot cannot apply this overlay before ImageBuilder's edits, which destroys the tree: "
            message += "Xen is never started"
            help_text = "an overlay can only name nodes of the board's tree; write the rest as APPEND_EXTRA_CMDS"
            machine.problems.append(Problem(ProblemKind.BOOT_SCRIPT_STOPS, message, written.value.whole, help_text))
            return False
        base.keep()
        return True

    def _edit(self, machine: UBootMachine) -> None:
        tree = tree_at(machine, self.place)
        if tree is None:
            raise HaltError("the tree is damaged before ImageBuilder's edits")
        for edit in Edits(self.boot.file, self.boot, self.loaded).all():
            if isinstance(edit, NewNode):
                at = tree.node(edit.parent)
                done, where, what = (tree.add(at, edit.name) if at >= 0 else at), edit.location, edit.path
                if done >= 0:
                    tree.side.nodes[edit.path] = edit.location
            elif self._through_shell(machine, edit.path, edit.held):
                tree = tree_at(machine, self.place) or tree
                continue
            else:
                at, held = tree.node(edit.path), edit.held
                done = tree.put(at, held.name, held.value) if at >= 0 else at
                where, what = held.location, f"{edit.path} {held.name}"
                if done >= 0:
                    tree.side.properties[edit.path, held.name] = held
            if done < 0:
                message = (
                    f"ImageBuilder's edit of {what} fails in U-Boot ({error_name(done)}), and its script continues"
                )
                machine.problems.append(Problem(ProblemKind.U_BOOT_FDT, message, where, _help(done)))
        tree.keep()

    def _through_shell(self, machine: UBootMachine, path: str, held: Property) -> bool:
        """Set a property by a line of the script if its text is special to U-Boot's shell; returns whether it is."""
        reported = [string.text for string in held.strings]
        if self.in_image or not any(_SHELL.search(text) for text in reported):
            return False
        tree = tree_at(machine, self.place)
        if tree is not None:
            tree.keep()
        line = f"fdt set {path} {held.name} " + " ".join(f'"{text}"' for text in reported)
        run_text(machine, Marked(line + "\n"))
        after = tree_at(machine, self.place)
        at = after.node(path) if after is not None else -1
        value = after.value(at, held.name) if after is not None and at >= 0 else None
        if after is not None and value is not None:
            after.side.properties[path, held.name] = replace(held, value=value, texts=())
        if value != held.value:
            message = f"U-Boot's shell reads the quotes, backslashes and $ of {held.name}: another text arrives"
            machine.problems.append(Problem(ProblemKind.U_BOOT_SYNTAX, message, held.location, "leave them out"))
        return True

    def _extra(self, machine: UBootMachine) -> None:
        """The user's own commands, which take effect last."""
        written = self.boot.file.get("APPEND_EXTRA_CMDS")
        if written is None or not written.value.text:
            return
        path = os.path.normpath(os.path.join(os.path.dirname(self.boot.file.file), written.value.text))
        text = read_text(path, written.value.whole)
        if isinstance(text, Problem):
            _unread(machine, written)
            return
        machine.media.used[path] = None
        run_text(machine, Marked(text, machine.script_places(path, text)))


def _help(code: int) -> str:
    no_space = 3
    return "ImageBuilder makes only 4 KiB of room: use fewer or shorter values" if -code == no_space else ""


def _unread(machine: UBootMachine, written: Assignment) -> None:
    message = f"{written.key}: {written.value.text} is not here, so its effect on the tree is not known"
    machine.problems.append(Problem(ProblemKind.NOT_FOLLOWED, message, written.location))
    machine.tree_doubts.append(machine.open(f"{written.key} of ImageBuilder", message))
