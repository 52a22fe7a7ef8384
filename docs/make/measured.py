"""How many measured boots of which Xen judge each area of the model: counted from the golden data of the tests."""

import gzip
import json
import lzma
from collections import Counter
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"
RELEASES = ("4.20", "4.21", "4.22")
AREAS = {
    "": "colors, heap, relocation, dom0 and dom0less domains",
    "affinity": "pinning: `dom0_vcpus_pin`, `xen,vcpu`, schedulers",
    "cpu-order": "numbers of CPUs: boot CPU, order, skipped nodes, `maxcpus`",
    "clusters": "two clusters and who runs in which",
    "cpupools": "boot-time cpu pools",
    "hwdom": "hardware, control and xenstore domains of the device tree",
    "boot-modules": "boot modules, ramdisks, containers",
    "boot-arguments": "where Xen's arguments come from",
    "static-shared-memory": "static shared memory",
    "memory-nodes": "nodes of memory",
    "xl-guests": "guests that a real xl creates (creations)",
    "lifecycle": "guests created, destroyed and created again (steps)",
}


def counted():
    """How often each area was measured, by release series."""
    found = Counter()
    packed = (case for each in ("affinity", "hardware-domains", "boots-memory", "boots-more") for case in _packed(each))
    for case in (*_files("boots"), *packed):
        found[case.get("area") or "", _series(case)] += 1
    for area in ("xl-guests", "lifecycle"):
        for case in _files(area):
            found[area, _series(case)] += len(case["steps"])
    return found


def measured_table():
    """The table for the site."""
    found = counted()
    rows = ["| area | " + " | ".join(f"Xen {release}" for release in RELEASES) + " | together |", "|---" * 5 + "|"]
    unknown = sorted({area for area, _ in found} - set(AREAS))
    for area, title in (*AREAS.items(), *((name, name) for name in unknown)):
        counts = [found[area, release] for release in RELEASES]
        if any(counts):
            rows.append(f"| {title} | {' | '.join(str(count or '–') for count in counts)} | {sum(counts)} |")
    total = [sum(count for (_, series), count in found.items() if series == release) for release in RELEASES]
    rows.append(f"| together | {' | '.join(map(str, total))} | {sum(total)} |")
    return "\n".join(rows)


def _series(case):
    return ".".join(case["xen"].split(".")[:2])


def _files(name):
    return [json.loads(path.read_text()) for path in sorted((GOLDEN / name).glob("*.json"))]


def _packed(name):
    gzipped = GOLDEN / f"{name}.json.gz"
    if gzipped.exists():
        return json.loads(gzip.decompress(gzipped.read_bytes())).values()
    return json.loads(lzma.decompress((GOLDEN / f"{name}.json.xz").read_bytes())).values()
