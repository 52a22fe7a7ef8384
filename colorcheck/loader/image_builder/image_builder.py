"""What ImageBuilder's `uboot-script-gen` does with a configuration, its defects included.

Source: `scripts/uboot-script-gen` of `xlnx_rel_v2023.2`. Older ones (2022.2 and before) know no colors at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from colorcheck.core.c_numbers import simple_integer
from colorcheck.core.diagnostic import Problem
from colorcheck.core.pattern import pattern
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location, Passage, concatenated
from colorcheck.core.suggest import did_you_mean
from colorcheck.core.units import MIB
from colorcheck.inputs.boot.image_builder_keys import DOM0_KEYS, KEYS

if TYPE_CHECKING:
    from colorcheck.inputs.boot.image_builder import Assignment, ImageBuilderFile

_INTEGER = re.compile(r"\s*(?P<digits>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\s*", re.ASCII)
_CELL = (1 << 32) - 1
_STEP = 2 * MIB
_LOWEST_SCRIPT = 12 * MIB
_MOST_DOMAINS = 256
_DOUBTFUL = (ProblemKind.NOT_A_NUMBER, ProblemKind.NOT_FOLLOWED)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_TESTED = re.compile(r"\s*\d{1,18}\s*", re.ASCII)  # a number for the shell's `test`, always decimal
_TWO_BASES = re.compile(r"0\d|\+", re.ASCII)  # decimal for `test`, octal or wrong for the shift behind it
_SPLIT = re.compile(r"[\s*?\[\\]")
_ONLY_DOM0 = (*DOM0_KEYS, "DOM0_VIOMMU")
_DEVICE = pattern(r"(?:.* )?(?P<device>0|[1-9]\d?):(?P<partition>0|[1-9]\d{0,2})", re.ASCII)
_ROOT_DEVICES = ("mmc", "scsi")
_COMMANDS = ("bootm", "booti", "bootefi", "none")


class ColorMask(Struct, frozen=True):
    """`DOMU_COLORS` of a domain: `mask` as computed, `cell` as stored in the single cell of the property `colors`."""

    written: Assignment
    mask: int
    cell: int

    @property
    def colors(self) -> tuple[int, ...]:
        """The colors that the property names."""
        return tuple(color for color in range(32) if self.cell >> color & 1)


class BuiltDomain(Struct, frozen=True):
    """A dom0less domain as ImageBuilder describes it: the node `/chosen/domU<index>`.

    `memory` in KiB; with `static_memory` ((address, size) in bytes) the sum of its sizes. `enhanced` domains have
    Xenstore, by default where there is a dom0. `created` is false where `DOMU_NOBOOT` leaves the node out; then an xl
    file is written, without colors.
    """

    index: int
    memory: int
    cpus: int
    colors: ColorMask | None
    kernel: str
    ramdisk: str
    passthrough: str
    static_memory: tuple[tuple[int, int], ...]
    direct_map: bool
    enhanced: bool
    created: bool
    location: Location
    memory_location: Location

    @property
    def name(self) -> str:
        return f"domU{self.index}"


class ImageBuilderBoot(Struct, frozen=True):
    """What ImageBuilder hands to Xen.

    `arguments` are Xen's, with the locations of the values in the configuration. `doubts` are problems because of which
    the real script may differ from the computed one.
    """

    file: ImageBuilderFile
    arguments: Passage
    has_dom0: bool
    domains: tuple[BuiltDomain, ...]
    problems: tuple[Problem, ...]
    doubts: tuple[Problem, ...] = ()


class LoadedFile(Struct, frozen=True):
    """A file and where U-Boot loads it: from `start` up to, not including, `end`, in bytes."""

    key: str
    name: str
    start: int
    end: int


def image_builder_boot(file: ImageBuilderFile) -> ImageBuilderBoot:
    """Boot arguments and dom0less domains of a configuration, with what goes wrong on the way."""
    problems: list[Problem] = [*file.problems, *_key_problems(file)]
    has_dom0 = _has_dom0(file)
    arguments = _arguments(file, has_dom0=has_dom0, problems=problems)
    unsure: list[Problem] = []
    domains = tuple(_domain(file, index, unsure) for index in range(_domain_count(file, unsure)))
    unsure += _not_worked_out(file)
    unsure += _split_names(ImageBuilderBoot(file, arguments, has_dom0, domains, ()))
    doubts = tuple(problem for problem in unsure if problem.kind in _DOUBTFUL)
    return ImageBuilderBoot(file, arguments, has_dom0, domains, (*problems, *unsure), doubts)


def _split_names(boot: ImageBuilderBoot) -> Iterator[Problem]:
    """Names of files that the shell splits or expands, because ImageBuilder writes them without quotes."""
    for key, text in files_to_load(boot):
        name, _, index = key.removesuffix("]").partition("[")
        written = boot.file.get(name, index or None)
        if written is not None and _SPLIT.search(text):
            message = f'ImageBuilder does not quote {key}: "{text}" becomes other names, which is not followed'
            yield Problem(ProblemKind.NOT_FOLLOWED, message, written.value.whole, "rename the file")


def _not_worked_out(file: ImageBuilderFile) -> Iterator[Problem]:
    """Problems for numbers of the whole configuration that are not plain integers, and for device trees that
    ImageBuilder generates.
    """
    shown: list[Problem] = []
    _count(file, "NUM_DT_OVERLAY", shown)
    for name in ("MEMORY_START", "MEMORY_END"):
        _number(file, name, None, 0, shown)
    yield from shown
    yield from _root_not_found(file)
    for name in ("PASSTHROUGH_DTS_REPO", "LOPPER_PATH"):
        written = file.get(name)
        if written is not None and written.value.text:
            message = f"ImageBuilder makes partial device trees with {name} and loads them too, which is not followed"
            help_text = "name the partial device trees that it makes as DOMU_PASSTHROUGH_DTB[i]"
            yield Problem(ProblemKind.NOT_FOLLOWED, message, written.location, help_text)


def _wants_root(file: ImageBuilderFile) -> bool:
    """Whether ImageBuilder derives dom0's root from `LOAD_CMD`."""
    return _has_dom0(file) and bool(file.text("DOM0_ROOTFS")) and "root=" not in file.text("DOM0_CMD")


def root_device(file: ImageBuilderFile) -> str:
    """The partition after the one that `LOAD_CMD` names; empty if not known."""
    command = file.text("LOAD_CMD")
    found = _DEVICE.fullmatch(command)
    if found is None:
        return ""
    device, partition = int(found["device"]), int(found["partition"]) + 1
    if "mmc" in command:
        return f"/dev/mmcblk{device}p{partition}"
    return f"/dev/sd{chr(97 + device)}{partition}" if "scsi" in command and device <= ord("z") - ord("a") else ""


def _root_not_found(file: ImageBuilderFile) -> Iterator[Problem]:
    """A problem if dom0's root depends on a device that is not read from `LOAD_CMD`."""
    if not _wants_root(file) or root_device(file) or _no_root(file) is not None:
        return
    message = "dom0's root partition is not known: ImageBuilder works it out from the load command"
    place = _location(file, "LOAD_CMD") if file.get("LOAD_CMD") else _location(file, "DOM0_ROOTFS")
    yield Problem(ProblemKind.NOT_FOLLOWED, message, place, _ROOT_HELP)


def _no_root(file: ImageBuilderFile) -> Problem | None:
    """A problem if `LOAD_CMD` names no device for which ImageBuilder knows a root partition."""
    command = file.get("LOAD_CMD")
    if not _wants_root(file) or command is None or not command.value.text:
        return None  # the option -t names the load command
    if any(device in command.value.text for device in _ROOT_DEVICES):
        return None
    return _ends("DOM0_ROOTFS needs a LOAD_CMD from mmc or scsi", command.location, _ROOT_HELP)


_ROOT_HELP = "write root=… into DOM0_CMD"


def _location(file: ImageBuilderFile, name: str) -> Location:
    written = file.get(name)
    return written.location if written else file.location


def _has_dom0(file: ImageBuilderFile) -> bool:
    return bool(file.text("DOM0_KERNEL"))


def _domain_count(file: ImageBuilderFile, problems: list[Problem]) -> int:
    count = _count(file, "NUM_DOMUS", problems)
    if count <= _MOST_DOMAINS:
        return count
    written = file.get("NUM_DOMUS")
    message = f"{count} domains: colorcheck looks at the first {_MOST_DOMAINS}"
    problems.append(Problem(ProblemKind.NOT_A_NUMBER, message, written.location if written else file.location))
    return _MOST_DOMAINS


def _arguments(file: ImageBuilderFile, *, has_dom0: bool, problems: list[Problem]) -> Passage:
    command = file.get("XEN_CMD")
    if command and command.value.text:
        problems += _dropped(file)
        arguments = command.value
    else:
        arguments = _default_arguments(file, problems)
    return arguments if has_dom0 else _without_dom0(arguments)


def _dropped(file: ImageBuilderFile) -> Iterator[Problem]:
    for name, option in (("XEN_COLORS", "xen_colors"), ("DOM0_COLORS", "dom0_colors")):
        written = file.get(name)
        if written:
            message = f"ImageBuilder silently drops {name}, because XEN_CMD is set"
            help_text = f"write {option}={written.value.text} into XEN_CMD"
            yield Problem(ProblemKind.DROPPED_COLORS, message, written.location, help_text)
    for name in ("DOM0_MEM", "DOM0_VCPUS"):
        written = file.get(name)
        if written:
            message = f"ImageBuilder stops at {name} together with XEN_CMD, with exit status 0 and no script"
            yield Problem(ProblemKind.DOM0_KEYS, message, written.location, "write it into XEN_CMD")


def no_script(boot: ImageBuilderBoot) -> Iterator[Problem]:
    """Why ImageBuilder ends without a script, as far as the configuration was read."""
    file = boot.file
    if file.text("XEN_CMD"):
        for name in ("DOM0_MEM", "DOM0_VCPUS"):
            written = file.get(name)
            if written is not None and written.value.text:
                yield _ends(
                    f"{name} is set together with XEN_CMD",
                    written.location,
                    "write it into XEN_CMD",
                    ", with exit status 0",
                )
    if file.doubts or boot.doubts:
        return  # the key may stand in what was not read
    place = _location(file, "NUM_DOMUS")
    if not boot.has_dom0:
        if not boot.domains:
            yield _ends("there is neither DOM0_KERNEL nor a domain", place, "define DOM0_KERNEL, or raise NUM_DOMUS")
        for written in (file.get(name) for name in _ONLY_DOM0):
            if written is not None and written.value.text:
                yield _ends(
                    f"{written.name} is set without DOM0_KERNEL",
                    written.location,
                    "write DOM0_KERNEL, or delete the key",
                )
    command = file.get("BOOT_CMD")
    if command is not None and command.value.text not in ("", *_COMMANDS):
        yield _ends(f"BOOT_CMD is none of {', '.join(_COMMANDS)}", command.value.whole, "write booti")
    for domain in boot.domains:
        if not domain.kernel and domain.created:
            help_text = "number the domains from 0; Lopper counts them from 1"
            yield _ends(f"DOMU_KERNEL[{domain.index}] is not defined", place, help_text)
    no_root = _no_root(file)
    if no_root is not None:
        yield no_root
    for index in range(min(_count(file, "NUM_DT_OVERLAY", []), len(file.assignments) + 1)):
        if not file.text("DT_OVERLAY", index):
            missing = f"DT_OVERLAY[{index}] is not defined"
            yield _ends(missing, _location(file, "NUM_DT_OVERLAY"), "number the overlays from 0")


def _ends(why: str, place: Location, help_text: str, how: str = "") -> Problem:
    return Problem(ProblemKind.BOOT_SCRIPT_STOPS, f"ImageBuilder writes no script{how}: {why}", place, help_text)


def too_little_memory(boot: ImageBuilderBoot, loaded: tuple[LoadedFile, ...]) -> Problem | None:
    """Whether the files end above `MEMORY_END`, at which ImageBuilder deletes its script again."""
    written = boot.file.get("MEMORY_END")
    if not loaded or boot.file.doubts or boot.doubts:
        return None
    needed = ((loaded[-1].end + _STEP - 1) & ~(_STEP - 1)) + _STEP
    if boot.file.text("FIT"):
        needed *= 2
    if written is None or not written.value.text:
        return _ends("MEMORY_END is not defined", boot.file.location, f"write MEMORY_END={needed:#x} or more")
    if _number(boot.file, "MEMORY_END", None, 0, []) >= needed:
        return None
    why = f"the files need memory up to {needed:#x}, above MEMORY_END"
    return _ends(why, written.location, f"write MEMORY_END={needed:#x} or more, where there is memory")


def _skipped(file: ImageBuilderFile, index: int) -> bool:
    """Whether a domain is not created at boot: xl starts it, or its root is a disk."""
    return bool(file.text("DOMU_NOBOOT", index) or file.text("DOMU_ROOTFS", index))


def _default_arguments(file: ImageBuilderFile, problems: list[Problem]) -> Passage:
    memory = file.text("DOM0_MEM") or "1500"
    cpus = file.text("DOM0_VCPUS") or "1"
    _number(file, "DOM0_MEM", None, 1500, problems)
    fixed = f"console=dtuart dtuart=serial0 dom0_mem={memory}M dom0_max_vcpus={cpus} bootscrub=0 vwfi=native sched=null"
    parts = [Passage(fixed, file.location)]
    for name, option in (("XEN_COLORS", "xen_colors"), ("DOM0_COLORS", "dom0_colors")):
        written = file.get(name)
        if written and written.value.text:
            parts += [Passage(" ", file.location), Passage(f"{option}=", written.name_location), written.value]
    if file.text("DOM0_VIOMMU") == "1":
        parts += [Passage(" dom0_viommu=1", file.location)]
    return concatenated(parts, file.location)


def _without_dom0(arguments: Passage) -> Passage:
    """The arguments without the part of every word that starts with `dom0`, which includes dom0's colors, which the
    forks give to domUs.
    """
    kept: list[Passage] = []
    for word in re.finditer(r"\S+", arguments.text):
        cut = word[0].find("dom0")
        kept.append(arguments.part(word.start(), word.end() if cut < 0 else word.start() + cut))
    separated = [piece for word in kept for piece in (Passage(" ", arguments.whole), word)]
    return concatenated(separated[1:], arguments.whole)


def _domain(file: ImageBuilderFile, index: int, problems: list[Problem]) -> BuiltDomain:
    written = [a for a in file.assignments if a.name.startswith("DOMU_") and a.index == str(index)]
    location = written[0].location if written else file.location
    memory_given = file.get("DOMU_MEM", index)
    megabytes = _number(file, "DOMU_MEM", index, 512, problems)
    static = _static_memory(file, index, problems)
    direct = file.get("DOMU_DIRECT_MAP", index)
    if direct is not None and direct.value.text not in ("", "0", "1"):
        problems.append(_no_number(direct))
    memory = (sum(size for _, size in static) >> 10 if static else megabytes * 1024) or 512 * 1024
    colors = file.get("DOMU_COLORS", index)
    mask = color_mask(colors) if colors and colors.value.text else None
    if mask:
        problems += _mask_problems(mask)
        text = mask.written.value.text.strip()
        if "\n" in text or _TWO_BASES.match(text):
            problems.append(_no_number(mask.written))
    if mask and static:
        message = "both colors and static memory are set; static memory has the colors of its addresses"
        problems.append(Problem(ProblemKind.STATIC_MEMORY, message, mask.written.location))
    return BuiltDomain(
        index,
        memory,
        _number(file, "DOMU_VCPUS", index, 1, problems),
        mask,
        file.text("DOMU_KERNEL", index),
        file.text("DOMU_RAMDISK", index),
        file.text("DOMU_PASSTHROUGH_DTB", index),
        static,
        bool(static) and (file.text("DOMU_DIRECT_MAP", index) or "1") == "1",
        file.text("DOMU_ENHANCED", index) == "1" or (_has_dom0(file) and file.text("DOMU_ENHANCED", index) != "0"),
        not _skipped(file, index),
        location,
        memory_given.location if memory_given else location,
    )


def color_mask(written: Assignment) -> ColorMask:
    """The one range of a `DOMU_COLORS`, cut at the first two dashes, as a mask of 64 bits, stored in one cell.

    Text that is not a number for the shell (`0-3,8-11`, `5,7`) gives the mask 0, which the forks read as dom0's colors.
    """
    fields = written.value.text.split("-")
    first, last = fields[0], fields[1] if len(fields) > 1 else fields[0]
    start, end = (int(text) if _TESTED.fullmatch(text) else None for text in (first, last))
    if _TWO_BASES.match(first.strip()):
        start = None
    mask = 0
    if start is not None and end is not None:
        for color in range(start, min(end + 1, start + 64)):
            mask |= 1 << color % 64
    return ColorMask(written, mask, mask & _CELL)


def _mask_problems(mask: ColorMask) -> Iterator[Problem]:
    text, where = mask.written.value.text, mask.written.value.whole
    if "," in text or text.count("-") > 1:
        message = f'ImageBuilder reads only one range; "{text}" becomes the mask {mask.mask:#x}'
        yield Problem(ProblemKind.RANGE_ONLY, message, where, "write one range, such as 4-7")
    elif not mask.mask:
        message = f'"{text}" becomes the mask 0, with which the domain gets dom0\'s colors'
        yield Problem(ProblemKind.RANGE_ONLY, message, where, "write one range, such as 4-7")
    elif mask.mask != mask.cell:
        message = f"the mask {mask.mask:#x} is stored in one cell, as {mask.cell:#x}: colors above 31 are lost"
        yield Problem(ProblemKind.MASK_TOO_WIDE, message, where, "use colors 0 to 31")


def _arithmetic(text: str) -> int | None:
    """A plain integer as the shell's arithmetic reads it, base 0; None for anything else, names and sums too."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    value = simple_integer(match["digits"])
    return value if value < 1 << 48 else None


def _number(file: ImageBuilderFile, name: str, index: int | None, default: int, problems: list[Problem]) -> int:
    """A number of the configuration. If it is not a plain integer, a problem leaves the script open."""
    written = file.get(name, index)
    if written is None or not written.value.text:
        return default
    value = _arithmetic(written.value.text)
    if value is None:
        problems.append(_no_number(written))
        return default
    return value


def _count(file: ImageBuilderFile, name: str, problems: list[Problem]) -> int:
    """A number that the shell's `test` compares: decimal only."""
    written = file.get(name)
    if written is None or not written.value.text:
        return 0
    if not _DECIMAL.fullmatch(written.value.text.strip()):
        problems.append(_no_number(written))
        return 0
    return int(written.value.text)


def _no_number(written: Assignment) -> Problem:
    message = f'{written.key} is not a number: "{written.value.text}"'
    return Problem(ProblemKind.NOT_A_NUMBER, message, written.value.whole, "write an integer without a unit")


def _static_memory(file: ImageBuilderFile, index: int, problems: list[Problem]) -> tuple[tuple[int, int], ...]:
    written = file.get("DOMU_STATIC_MEM", index)
    if written is None or not written.value.text:
        return ()
    numbers = [_arithmetic(word) for word in written.value.text.split()]
    if len(numbers) % 2 or any(number is None for number in numbers):
        message = f'"{written.value.text}" must be pairs of address and size'
        problems.append(Problem(ProblemKind.NOT_A_NUMBER, message, written.value.whole, 'write "ADDRESS SIZE"'))
        return ()
    plain = [number or 0 for number in numbers]
    if file.get("DOMU_MEM", index):
        message = f"the sizes of static memory take effect, not DOMU_MEM[{index}]"
        problems.append(Problem(ProblemKind.STATIC_MEMORY, message, written.location))
    return tuple(zip(plain[::2], plain[1::2], strict=True))


def _key_problems(file: ImageBuilderFile) -> Iterator[Problem]:
    has_dom0 = _has_dom0(file)
    count = _count(file, "NUM_DOMUS", [])
    reported: set[str] = set()
    for written in file.assignments:
        if written.name in reported:
            continue
        if written.name not in KEYS:
            reported.add(written.name)
            near = did_you_mean(written.name, KEYS)
            if near and written.name not in file.used:  # others are the file's own variables
                message = f"ImageBuilder has no key {written.name} and ignores it"
                yield Problem(ProblemKind.UNKNOWN_KEY, message, written.name_location, near)
        elif file.doubts:
            continue  # DOM0_KERNEL and NUM_DOMUS may have other values
        elif written.name in DOM0_KEYS and not has_dom0 and written.value.text:
            message = f"ImageBuilder refuses {written.name} without DOM0_KERNEL"
            yield Problem(ProblemKind.DOM0_KEYS, message, written.location, "write DOM0_KERNEL, or delete the key")
        elif written.name.startswith("DOMU_") and written.index.isdigit() and int(written.index[:9]) >= count:
            message = f"{written.key} is ignored: NUM_DOMUS is {count}"
            yield Problem(ProblemKind.BEYOND_NUM_DOMUS, message, written.name_location, "raise NUM_DOMUS")


def load_addresses(boot: ImageBuilderBoot, sizes: Mapping[str, int]) -> tuple[LoadedFile, ...]:
    """Where ImageBuilder has its files loaded, in that order; up to the first whose size (bytes) `sizes` does not give.

    Each starts at the next 2 MiB after the file before it. Only sizes on disk count: memory that a file needs at run
    time is ignored.
    """
    start = _number(boot.file, "MEMORY_START", None, 0, [])
    address = max(start + _STEP, _LOWEST_SCRIPT) + _STEP
    loaded: list[LoadedFile] = []
    for key, name in files_to_load(boot):
        if name not in sizes:
            break
        loaded.append(LoadedFile(key, name, address, address + sizes[name]))
        address = (address + sizes[name] + _STEP - 1) & ~(_STEP - 1)
    return tuple(loaded)


def files_to_load(boot: ImageBuilderBoot) -> Iterator[tuple[str, str]]:
    """Key (`DOMU_KERNEL[1]`) and name of every file that U-Boot loads, in the order of their addresses."""
    file = boot.file
    wanted: list[tuple[str, int | None]] = []
    if boot.has_dom0:
        wanted += [("DOM0_KERNEL", None), ("DOM0_RAMDISK", None)]
    for domain in boot.domains:
        if domain.created:
            wanted += [(name, domain.index) for name in ("DOMU_KERNEL", "DOMU_RAMDISK", "DOMU_PASSTHROUGH_DTB")]
    overlays = _count(file, "NUM_DT_OVERLAY", [])
    wanted.append(("XEN", None))
    wanted += [("DT_OVERLAY", index) for index in range(min(overlays, len(file.assignments)))]
    wanted += [("DEVICE_TREE", None), ("BITSTREAM", None)]
    for name, index in wanted:
        text = file.text(name, index)
        if text:
            yield name if index is None else f"{name}[{index}]", text
