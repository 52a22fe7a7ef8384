"""What ImageBuilder's script does beside its own edits: overlays before them, the user's extra commands after them.

Source: `scripts/uboot-script-gen` of `xlnx_rel_v2023.2`. Both go through the engine that follows U-Boot's scripts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from colorcheck.core.diagnostic import Problem
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.inputs.boot.image_builder import Assignment, ImageBuilderFile
from colorcheck.inputs.deployment import Deployment
from colorcheck.inputs.device_tree.tree import DeviceTree
from colorcheck.inputs.files import read_text
from colorcheck.loader.u_boot.blob import compile_tree, read_content, side_of, tree_of
from colorcheck.loader.u_boot.boot import StartedError
from colorcheck.loader.u_boot.commands import call
from colorcheck.loader.u_boot.load import put
from colorcheck.loader.u_boot.machine import HaltError, LeaveError, Settings, UBootMachine
from colorcheck.loader.u_boot.media import File, Media
from colorcheck.loader.u_boot.shell import run_text
from colorcheck.loader.u_boot.text import Marked, ScriptTexts
from colorcheck.loader.u_boot.trees import TreeInMemory, tree_at

_RESIZED = 0x1024  # `fdt resize 1024`, whose number is hexadecimal
_ELSEWHERE = 1 << 44  # an address for overlays, far from all that the script loads


class ScriptLines(Struct):
    """Runs lines on a deployment's tree, which lies at `address`; what goes wrong is in `problems`."""

    deployment: Deployment
    file: ImageBuilderFile
    address: int
    problems: list[Problem] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def overlaid(self, tree: DeviceTree) -> DeviceTree | None:
        """The tree with the overlays of the configuration; None where one fails, which destroys the tree."""
        count = self.file.text("NUM_DT_OVERLAY")
        for index in range(min(int(count), 64) if count.isascii() and count.isdigit() else 0):
            written = self.file.get("DT_OVERLAY", index)
            if written is None or not written.value.text:
                continue
            machine, base = self._machine(tree)
            found = machine.media.find(written.value.text)
            if base is None or found is None:
                self._missing(written)
                continue
            put(machine, found, _ELSEWHERE)
            overlay = tree_at(machine, _ELSEWHERE)
            if overlay is None or base.apply(overlay) < 0:
                message = "U-Boot cannot apply this overlay before ImageBuilder's edits, which destroys the tree: "
                message += "Xen is never started"
                help_text = "an overlay can only name nodes of the board's tree; write the rest as APPEND_EXTRA_CMDS"
                self.problems.append(Problem(ProblemKind.BOOT_SCRIPT_STOPS, message, written.value.whole, help_text))
                return None
            self.used += machine.media.used
            tree = self._read(base, tree)
        return tree

    def finished(self, tree: DeviceTree, before: int) -> DeviceTree:
        """The tree after the extra commands; `before` are the bytes of the tree before ImageBuilder's edits."""
        written = self.file.get("APPEND_EXTRA_CMDS")
        if written is None or not written.value.text:
            return tree
        path = os.path.normpath(os.path.join(os.path.dirname(self.file.file), written.value.text))
        text = read_text(path, written.value.whole)
        if isinstance(text, Problem):
            self._missing(written)
            return tree
        self.used.append(path)
        machine, base = self._machine(tree)
        if base is None:
            return tree
        base.resize(max(-(-(before + 80 + _RESIZED) // 0x1000) * 0x1000, base.total))
        base.keep()
        machine.working = self.address
        try:
            run_text(machine, Marked(text, machine.script_places(path, text)))
        except (HaltError, LeaveError, StartedError) as end:
            message = f"the extra commands end the script: {end}"
            self.problems.append(Problem(ProblemKind.BOOT_SCRIPT_STOPS, message, machine.place))
        self.problems += (*machine.problems, *_open(machine))
        edited = tree_at(machine, machine.working)
        return tree if edited is None else self._read(edited, tree)

    def _machine(self, tree: DeviceTree) -> tuple[UBootMachine, TreeInMemory | None]:
        folder = os.path.dirname(self.file.file)
        media = Media(self.deployment.manifest, (folder,), tree)
        environment = self.deployment.manifest.target.environment
        machine = UBootMachine(
            Settings(None, environment is not None),
            ScriptTexts(),
            media,
            {"this U-Boot applies overlays": True},
            call=call,
        )
        for variable in environment or ():
            machine.environment[variable.name] = Marked(variable.value.text)
        machine.script_places(self.file.file, "")
        blob = compile_tree(tree)
        put(machine, File(tree.file, len(blob), blob, tree.file, side_of(tree)), self.address)
        base = tree_at(machine, self.address)
        if base is not None:
            base.resize(base.total + _RESIZED)
        return machine, base

    def _read(self, edited: TreeInMemory, tree: DeviceTree) -> DeviceTree:
        content = read_content(edited.data)
        if content is None:
            return tree
        found = tree_of(content, edited.side, tree.file)
        return replace(found, files=tuple(dict.fromkeys((*tree.files, *self.used))), problems=tree.problems)

    def _missing(self, written: Assignment) -> None:
        message = f"{written.key}: {written.value.text} is not here, so what it does to the tree is not followed"
        self.problems.append(Problem(ProblemKind.NOT_FOLLOWED, message, written.location))


def _open(machine: UBootMachine) -> Iterator[Problem]:
    for fact in machine.facts:
        if fact not in machine.silent:
            yield Problem(
                ProblemKind.BOOT_SCRIPT_OPEN, f"{fact.what}: {fact.why}", fact.location, " / ".join(fact.settle)
            )
