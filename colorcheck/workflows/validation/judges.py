"""Judges of cases: compare the result of colorcheck with the measured one. An empty text means that they agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from colorcheck.documents.boots import Effective, Replay
from colorcheck.inputs.device_tree.read import DeviceTreeError, parse_device_tree
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.workflows import verify as pipeline
from colorcheck.workflows.handover import handover
from colorcheck.workflows.lifecycle import lives
from colorcheck.workflows.validation.cases import MeasuredCase
from colorcheck.workflows.validation.field import field
from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.options.color_lists import ColorListRejected, parse_color_list
from colorcheck.xen.options.options import parse_boot_arguments

Judge = Callable[[MeasuredCase, Path], str]
"""Takes a case and an empty folder; returns the differences, empty if there are none."""

_MAY_BE_OPEN = ("linux,initrd-start", "linux,initrd-end")  # boundary cases that U-Boot's own size decides
_NOT_COMPARED = ("u-boot,version", "kaslr-seed", "rng-seed", "smbios3-entrypoint")
_OF_DOM0 = 8  # frames that dom0's kernel may take in the meantime


def differing(expected: Mapping[str, object], found: Mapping[str, object]) -> str:
    """All fields that differ, with both values."""
    wrong = {key: (value, found.get(key)) for key, value in expected.items() if value != found.get(key)}
    return "; ".join(f"{key}: measured {old!r}, found {new!r}" for key, (old, new) in wrong.items())


def boot(case: MeasuredCase, folder: Path) -> str:
    """Compare the outcome and, for a colored boot, all values of the log."""
    found = _replayed(case.lay_out(folder))
    e = case.expect
    outcome = {"stub-stops": "stopped"}.get(e["outcome"], e["outcome"])
    if found["outcome"] != outcome:
        return differing({"outcome": outcome}, found)
    if outcome == "panics":
        return differing({"panic": e["panic"]}, {"panic": found["panic"]["class"]})
    if e["nr_colors"] is None or outcome == "stopped":
        return ""
    domains = {str(d["id"]): [sorted(d["colors"]), d["pages"]] for d in found["domains"]}
    reported = {
        "nr_colors": found["nr_colors"],
        "xen_colors": list(found["xen"]["colors"]),
        "xen_region": list(found["xen"]["region"] or ()),
        "heap": list(found["heap"]["final"]),
        "domains": domains,
    }
    return differing({key: e[key] for key in reported if e[key] is not None}, reported)


def cpus(case: MeasuredCase, folder: Path) -> str:
    """Like `boot`, and compare the CPUs on which each vCPU may run."""
    wrong = boot(case, folder)
    if wrong:
        return wrong
    found = Effective(pipeline.effective(read_manifest(str(folder / "colorcheck.toml")))).to_dict()
    reported: Any = found["domains"]
    may_run = {str(d["id"]): [sorted(v["may_run"] or ()) for v in d.get("vcpus", ())] for d in reported}
    return differing(case.expect["may_run"], may_run)


def guests(case: MeasuredCase, folder: Path) -> str:
    """Compare guests one after the other, up to the first step whose effect a fresh boot cannot show: a
    destruction, or a failed creation that keeps memory.
    """
    manifest, heap, files = case.lay_out(folder), case.expect["heap_before"], list[str]()
    for number, step in enumerate(case.expect["steps"]):
        if step["step"] == "destroy":
            return ""
        files.append(f"{number}-{step['name'] or 'nameless'}.cfg")
        (folder / files[-1]).write_text(step["file"], encoding="utf-8")
        manifest.write_text(f"{case.manifest}domains = {json.dumps(files)}\n", encoding="utf-8")
        found = _replayed(manifest)
        guest = next(d for d in reversed(found["domains"]) if step["name"] is None or d["name"] == step["name"])
        if step["status"] != 0:
            kind = (guest["failure"] or {}).get("class")
            if guest["created"] or (step["status"] is None and kind != "host-panic"):
                return f"{step['name']} must fail, found {guest['failure']}"
            if step["heap_after"] != heap:
                return ""
            files.pop()
            continue
        dom0 = set(next(d["colors"] for d in found["domains"] if d["id"] == 0))
        heap = step["heap_after"]
        wrong = _heaps(heap, found["heap"]["final"], dom0)
        if wrong:
            return f"after {step['name']}: {wrong}"
    return ""


def lifecycle(case: MeasuredCase, folder: Path) -> str:
    """Compare whether each creation succeeds, and the free frames per color after each step."""
    manifest, steps = case.lay_out(folder), list[tuple[object, ...]]()
    for number, step in enumerate(case.expect["steps"]):
        if step["step"] == "create":
            file = folder / f"{number}-{step['name']}.cfg"
            file.write_text(step["file"], encoding="utf-8")
            steps.append(("create", str(file)))
        elif step["step"] == "destroy":
            steps.append(("destroy", step["name"]))
        else:
            steps.append(("balloon", step["name"], step["target_kib"]))
    lived = lives(read_manifest(str(manifest)), steps).lives[0]
    if lived.stopped:
        return lived.stopped
    before = case.expect["heap_before"]
    dom0 = {color for color, free in enumerate(before) if free < max(before) - 1000}
    for number, (step, state) in enumerate(zip(case.expect["steps"], lived.states, strict=True), 1):
        if step["step"] == "create" and state.created != (step["status"] == 0):
            return f"step {number}: created {step['status'] == 0} measured, {state.created} found"
        if step["status"] is None:
            return ""
        wrong = _heaps(step["heap_after"], state.heap, dom0)
        if wrong:
            return f"step {number}: {wrong}"
    return ""


def u_boot(case: MeasuredCase, folder: Path) -> str:
    """Compare whether Xen is started, and the tree that it receives: nodes in order, and the bytes of each property."""
    found: Any = handover(read_manifest(str(case.lay_out(folder)))).to_dict()
    if case.expect["outcome"] != "handover":
        return "" if found["stopped"] else f"measured {case.expect['outcome']}, found a handover"
    if found["stopped"]:
        return f"measured a handover, found that it stops: {found['stopped']}"
    if case.expect["tree"] is None:
        return ""
    want = dict(case.expect["tree"])
    got = {n: {k: v for k, v in p.items() if k not in _NOT_COMPARED} for n, p in found["tree"].items()}
    if list(got) != list(want):
        return f"measured the nodes {list(want)}, found {list(got)}"
    for node, properties in want.items():
        for key in {**properties, **got[node]}:
            opened = key in got[node] and got[node][key] is None and key in _MAY_BE_OPEN
            if not opened and properties.get(key) != got[node].get(key):
                return f"{node}:{key}: measured {properties.get(key)}, found {got[node].get(key)}"
    return ""


def readers(case: MeasuredCase, folder: Path) -> str:
    """Compare how one text is read by our counterpart of the parser of Xen, xl or dtc."""
    return _READERS[case.area](case, folder)


def _arguments(case: MeasuredCase, _: Path) -> str:
    e, found = case.expect, parse_boot_arguments(case.given["cmdline"], xen=case.xen)
    return differing(
        {
            "llc_coloring": None if e["llc_coloring"] == -1 else bool(e["llc_coloring"]),
            **{key: e[key] for key in ("llc_size", "llc_nr_ways", "dom0_colors", "xen_colors", "buddy", "dom0_mem")},
            "messages": [line for line in e["log"].split("\n") if line],
        },
        {
            "llc_coloring": found.llc_coloring,
            "llc_size": found.llc_size,
            "llc_nr_ways": found.llc_nr_ways,
            "dom0_colors": list(found.dom0_colors),
            "xen_colors": list(found.xen_colors),
            "buddy": found.buddy_alloc_size,
            "dom0_mem": found.dom0_mem,
            "messages": [str(message) for message in found.messages],
        },
    )


def _color_list(case: MeasuredCase, _: Path) -> str:
    try:
        found = list(parse_color_list(case.given["text"], case.given["nr_colors"], xen=case.xen))
    except ColorListRejected:
        found = None
    measured = case.expect["colors"] if case.expect["rc"] == 0 else None
    return differing({"colors": measured}, {"colors": found})


def _xl(case: MeasuredCase, _: Path) -> str:
    e, found = case.expect, parse_xl(case.given["text"])
    if bool(found.ok) != (e["rc"] == 0):
        return differing({"accepted": e["rc"] == 0}, {"accepted": bool(found.ok)})
    if e["rc"]:
        return ""
    keys = ("memory", "maxmem", "vcpus", "maxvcpus", "name")
    stops = isinstance(e["llc_colors"], dict)
    want: dict[str, object] = {key: e[key] for key in keys} | {"stops": stops}
    got: dict[str, object] = {key: getattr(found, key) for key in keys} | {"stops": bool(found.rejected)}
    if not stops:
        want["llc_colors"] = e["llc_colors"]
        got["llc_colors"] = None if found.llc_colors is None else list(found.llc_colors)
    return differing(want, got)


def _device_tree(case: MeasuredCase, folder: Path) -> str:
    case.lay_out(folder)
    try:
        found = parse_device_tree(str(folder / case.given["main"]), symbols=case.given["symbols"])
    except DeviceTreeError:
        return "refused, dtc accepts it" if case.expect["ok"] else ""
    if not case.expect["ok"]:
        return "accepted, dtc refuses it"
    nodes = {path: {k: bytes(v).hex() for k, v in properties.items()} for path, properties in found.nodes.items()}
    want = case.expect["nodes"]
    reservations = [list(each) for each in found.memory_reservations]
    wrong = differing({"memreserve": case.expect["memreserve"], **want}, {"memreserve": reservations, **nodes})
    return wrong or ("" if set(nodes) == set(want) else "nodes differ")


_READERS: Mapping[str, Judge] = {
    "boot-arguments": _arguments,
    "color-list": _color_list,
    "xl": _xl,
    "device-tree": _device_tree,
}

JUDGES: Mapping[str, Judge] = {
    "boots": boot,
    "cpus": cpus,
    "guests": guests,
    "lifecycle": lifecycle,
    "u-boot": u_boot,
    "uefi": boot,
    "readers": readers,
    "field": field,
}


def _replayed(manifest: Path) -> dict[str, Any]:
    return Replay(pipeline.replay(read_manifest(str(manifest)))).to_dict(frames=False)


def _heaps(measured: list[int], found: tuple[int, ...], dom0: set[int]) -> str:
    """Colors whose free frames differ; dom0's own may differ by the few that its kernel took in the meantime."""
    wrong = list(_far(measured, found, dom0))
    shown = [(measured[color], found[color]) for color in wrong]
    return f"colors {wrong}: measured and found {shown}" if wrong else ""


def _far(measured: list[int], found: tuple[int, ...], dom0: set[int]) -> Iterator[int]:
    for color, free in enumerate(measured):
        if abs(found[color] - free) > (_OF_DOM0 if color in dom0 else 0):
            yield color
