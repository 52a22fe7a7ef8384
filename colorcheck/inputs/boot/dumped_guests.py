"""xl files for the guests that a running system lists: `xl list -l` (JSON) and `xl vcpu-list`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from colorcheck.inputs.boot.system_dump import LIST, VCPUS, SystemDump

_MOST = 4096
_VCPU = re.compile(r"(\S.*?)\s+(\d+)\s+(\d+)\s+\S+\s+\S+\s+\S+\s+(\S+)(?:\s+/\s+\S+)?\s*$")


def dumped_guests(dump: SystemDump) -> tuple[dict[str, str], tuple[str, ...]]:
    """The text of an xl file for each listed guest, by the file's name, and what was left out and why.

    dom0 is not one of them. A domain is left out, with its name, if the list does not say how much memory it has.
    """
    if LIST not in dump.parts:
        return {}, ()
    try:
        listed = json.loads(dump.text(LIST))
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed) or len(listed) > _MOST:
        return {}, (f"{LIST}: cannot be read; it must be the output of `xl list -l`",)
    pins = _pins(dump.text(VCPUS))
    files: dict[str, str] = {}
    left: list[str] = []
    for entry in listed:
        if entry.get("domid") == 0:
            continue
        lines = _guest(entry, pins)
        if lines is None:
            left.append(f"{LIST}: domain {entry.get('domid')} has no name or no memory there")
            continue
        stem = re.sub(r"[^\w.-]", "_", _name(entry) or "")[:100].lstrip(".") or "guest"
        name, number = f"{stem}.cfg", 2
        while name in files:
            name, number = f"{stem}-{number}.cfg", number + 1
        files[name] = "\n".join(lines) + "\n"
    return files, tuple(left)


def _pins(text: str) -> dict[int, list[str]]:
    """The hard affinity of each vCPU, by the domain's number; what is `all` is not a pin."""
    found: dict[int, list[str]] = {}
    for line in text.splitlines()[:65536]:
        if match := _VCPU.match(line):
            found.setdefault(int(match[2]), []).append(match[4])
    return {domain: pins for domain, pins in found.items() if any(pin != "all" for pin in pins)}


def _part(entry: Mapping[str, object], key: str) -> Mapping[str, object]:
    config = entry.get("config")
    found = config.get(key) if isinstance(config, dict) else None
    return found if isinstance(found, dict) else {}


def _name(entry: Mapping[str, object]) -> str | None:
    name = _part(entry, "c_info").get("name")
    return name if isinstance(name, str) and name else None


def _guest(entry: Mapping[str, object], pins: Mapping[int, list[str]]) -> list[str] | None:
    build, name = _part(entry, "b_info"), _name(entry)
    memory = build.get("max_memkb", build.get("target_memkb"))
    if name is None or not isinstance(memory, int):
        return None
    lines = [f"name = {_quoted(name)}", f"memory = {memory // 1024}"]
    vcpus = build.get("max_vcpus")
    if isinstance(vcpus, int):
        lines.append(f"vcpus = {vcpus}")
    kernel = build.get("kernel")
    if isinstance(kernel, str) and kernel:
        lines.append(f"kernel = {_quoted(kernel)}")
    else:
        lines.append('kernel = "kernel"  # it runs, so it has one; the list does not say which')
    number = entry.get("domid")
    own = pins.get(number) if isinstance(number, int) else None
    if own and all(re.fullmatch(r"[\d,^-]+|all", pin) for pin in own):
        lines.append("cpus = [" + ", ".join(f'"{pin}"' for pin in own) + "]")
    colors = build.get("llc_colors")
    if isinstance(colors, list) and colors and all(isinstance(color, int) for color in colors):
        lines.append("llc_colors = [" + ", ".join(f'"{color}"' for color in colors) + "]")
    return lines


def _quoted(text: str) -> str:
    """A quoted string for an xl file. Characters that would need an escape are replaced."""
    return '"' + re.sub(r'["\\\x00-\x1f\x7f]', "_", text) + '"'
