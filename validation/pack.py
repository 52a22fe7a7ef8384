"""Packs what was measured on real Xen, xl, dtc and U-Boot for `colorcheck validate`: python validation/pack.py

One file a kind, `KIND.json.xz`, made from the data of the tests and from the field cases in `field/`. Each case is
whole: files, manifest, and what was measured. A test compares the packed files with what this gives.
"""

import base64
import gzip
import json
import lzma
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
GOLDEN = ROOT / "tests" / "golden"
ON = ("ARM_64", "LLC_COLORING", "DEBUG", "DOM0LESS_BOOT", "HAS_PASSTHROUGH")
UNKNOWABLE = ("control-tree-of-the-board", "typed-at-prompt", "bad-typed-long-line", "cpu-more", "uefi-acpi-nodtb")
"""Starts of which no file tells all: U-Boot's own tree, lines typed, CPUs that do not exist, no tree at all."""
KNOWN = {
    "xl-memory": (
        "the kernel that a guest's file names is missing in dom0, which no file of the deployment tells",
        "missing must fail, found None",
    ),
}
"""Cases whose difference is known: why, and what the difference says. It is told, and no failure."""
NOT_COMPARED = {"u-boot,version", "kaslr-seed", "rng-seed", "smbios3-entrypoint"}


def series(xen):
    return ".".join(xen.split(".")[:2])


def made(name, xen, manifest, files, expect, area="", **more):  # noqa: PLR0917
    found = {"name": name, "xen": series(xen) if xen else "", "area": area, "manifest": manifest, "files": files}
    known = dict(zip(("known", "known_difference"), KNOWN[name], strict=True)) if name in KNOWN else {}
    return {**found, **more, "expect": expect, **known}


def packed(name):
    path = GOLDEN / name
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if name.endswith(".gz") else lzma.decompress(data))


def deployment(case, tree):
    """(manifest, files) of one measured system."""
    board = case.get("board") or f"qemu-virt-{case['cpu']}"
    mpidr, region = case.get("boot_mpidr"), case["device_tree_region"]
    lines = ["[target]", f'xen = "{case["xen"]}"', f'board = "{board}"', 'loader = "none"']
    lines += [f"xen-address = {case['xen_address']}"]
    lines += [f"xen-image-size = {case['xen_image_size']}"] if case["xen_image_size"] else []
    lines += [f"boot-cpu = {mpidr}"] if mpidr is not None else []
    lines += [f"device-tree-address = {region[0]}", f"device-tree-size = {region[1] - region[0]}"] if region else []
    files = {"system.dts": tree}
    if case.get("kconfig"):
        options = {**dict.fromkeys(ON, True), "NR_CPUS": 128, **case["kconfig"]}
        files["xen.config"] = "".join(option(name, value) for name, value in options.items())
        lines.append('kconfig = "xen.config"')
    for address, text in (case.get("module_texts") or {}).items():
        files[f"{address}.dts"] = text
        lines += ["[[target.modules]]", f"address = {address}", f'file = "{address}.dts"']
    return "\n".join([*lines, "[inputs]", 'device-tree = "system.dts"', ""]), files


def option(name, value):
    if value is None or value is False:
        return f"# CONFIG_{name} is not set\n"
    text = "y" if value is True else f'"{value}"' if isinstance(value, str) else str(value)
    return f"CONFIG_{name}={text}\n"


def measured(expect):
    """Of a boot, what is compared."""
    panic = expect.get("panic")
    return {
        "outcome": expect["outcome"],
        "panic": panic["class"] if panic else None,
        "nr_colors": expect["nr_colors"],
        "xen_colors": expect["xen_colors"],
        "xen_region": expect["xen_region"],
        "heap": expect["color_heap"],
        "domains": {name: [sorted(d["colors"]), d["pages"]] for name, d in expect["domains"].items()}
        if expect["nr_colors"] is not None
        else None,
    }


def singles(folder):
    for path in sorted((GOLDEN / folder).glob("*.json")):
        case = json.loads(path.read_text())
        yield path.stem, case, path.with_name(case["device_tree"]).read_text()


def boots():
    found = list(singles("boots"))
    for name in ("hardware-domains.json.gz", "boots-memory.json.xz", "boots-more.json.xz"):
        found += [(key, case, case.get("dts") or case["tree_text"]) for key, case in packed(name).items()]
    for name, case, tree in sorted(found, key=lambda each: each[0]):
        manifest, files = deployment(case, tree)
        yield made(name, case["xen"], manifest, files, measured(case["expect"]), case.get("area") or "boot")


def cpus():
    for name, case in sorted(packed("affinity.json.gz").items()):
        if name.startswith(UNKNOWABLE):
            continue
        manifest, files = deployment(case, case["dts"])
        e = case["expect"]
        may_run = {}
        for domain, affinity in e["affinity"].items() if e["outcome"] == "boots" else ():
            if affinity["pool"] is not None:
                pool = set(e["cpupools"][affinity["pool"].removeprefix("Pool-")]["cpus"])
                may_run[domain] = [sorted(set(mask) & pool or pool) for mask in affinity["hard"]]
        expect = {**measured(e), "may_run": may_run}
        yield made(name, case["xen"], manifest, files, expect, case.get("area") or "cpus")


def guests():
    for name, case, tree in singles("xl-guests"):
        manifest, files = deployment(case, tree)
        steps = [{k: s.get(k) for k in ("step", "name", "file", "status", "heap_after")} for s in case["steps"]]
        expect = {"nr_colors": case["nr_colors"], "heap_before": case["heap_before"], "steps": steps}
        yield made(name, case["xen"], manifest, files, expect, "xl-guests")


def lifecycle():
    for name, case, tree in singles("lifecycle"):
        manifest, files = deployment(case, tree)
        keys = ("step", "name", "file", "status", "target_kib", "heap_after")
        steps = [{k: s.get(k) for k in keys} for s in case["steps"]]
        expect = {"nr_colors": case["nr_colors"], "heap_before": case["heap_before"], "steps": steps}
        yield made(name, case["xen"], manifest, files, expect, "lifecycle")


def u_boot():
    sys.path.insert(0, str(ROOT))
    from tests.loader.u_boot_cases import cases, flat, write_case

    for name, case in sorted(cases().items()):
        if name.startswith(UNKNOWABLE):
            continue
        with tempfile.TemporaryDirectory() as folder:
            write_case(name, Path(folder))
            files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
        manifest = files.pop("colorcheck.toml").decode()
        tree = case.get("after")
        expect = {
            "outcome": case["outcome"],
            "tree": [
                [node, {k: v for k, v in properties.items() if k not in NOT_COMPARED}]
                for node, properties in flat(tree).items()
            ]
            if tree
            else None,
        }
        yield made(name, "", manifest, {}, expect, case.get("group", "u-boot"), data=encoded(files))


def encoded(files):
    """Contents as text where they are some, else in base 64; zeros at the end as their number."""
    found = {}
    for name, content in files.items():
        bare = content.rstrip(b"\0")
        try:
            found[name] = [bare.decode("utf-8"), "text", len(content)]
            if bare.decode("utf-8").encode() != bare or b"\r" in bare:
                raise ValueError
        except ValueError:
            found[name] = [base64.b64encode(bare).decode(), "base64", len(content)]
    return found


def uefi():
    for case in sorted(packed("uefi.json.xz"), key=lambda case: case["name"]):
        if case["tree"] is None:
            continue
        lines = ["[target]", f'xen = "{case["xen"]}"', f'board = "qemu-virt-{case["cpu"]}"', 'loader = "uefi"']
        lines.append("[inputs]")
        named = {"boot-log": "serial.txt", "device-tree": "system.dts", "uefi-config": case["config"]}
        lines += [f"{key} = {json.dumps(value)}" for key, value in named.items() if value]
        files = {**case["configs"], "serial.txt": case["log"], "system.dts": case["tree"]}
        expect = {key: case[key] for key in ("outcome", "panic", "nr_colors")}
        expect |= {"heap": case["heap"], "xen_region": case["region"], "xen_colors": None, "domains": None}
        yield made(case["name"], case["xen"], "\n".join([*lines, ""]), files, expect, "uefi")


def readers():
    vectors = json.loads((GOLDEN / "boot-arguments.json").read_text())
    for kind, key in (("boot-arguments", "cmdlines"), ("color-list", "color_strings")):
        for number, case in enumerate(vectors[key], 1):
            for xen in ("4.20", "4.21", "4.22"):
                given = {k: case[k] for k in ("cmdline", "text", "nr_colors") if k in case}
                yield made(f"{kind}-{number}-{xen}", xen, "", {}, case[xen], kind, given=given)
    for number, case in enumerate(json.loads((GOLDEN / "xl.json").read_text())["cases"], 1):
        yield made(f"xl-{number}", "", "", {}, case["expect"], "xl", given={"text": case["text"]})
    for case in json.loads((GOLDEN / "device-tree.json").read_text())["cases"]:
        given = {"main": case["main"], "symbols": "-@" in case.get("args", [])}
        expect = {"ok": case["ok"], **(case["expect"] if case["ok"] else {})}
        yield made(case["name"], "", "", case["files"], expect, "device-tree", given=given)


def field():
    for path in sorted((HERE / "field").glob("*/case.json")):
        case = json.loads(path.read_text())
        own = (p for p in sorted(path.parent.rglob("*")) if p.is_file() and p != path)
        files = {p.relative_to(path.parent).as_posix(): p.read_bytes() for p in own}
        about = {key: case.pop(key, "") for key in ("about", "kind")}
        yield made(path.parent.name, "", "", {}, case, "field", data=encoded(files), about=about["about"])


KINDS = {
    "boots": boots,
    "cpus": cpus,
    "guests": guests,
    "lifecycle": lifecycle,
    "u-boot": u_boot,
    "uefi": uefi,
    "readers": readers,
    "field": field,
}


def text(kind):
    """The cases of a kind, as the text that is packed."""
    return json.dumps(list(KINDS[kind]()), ensure_ascii=True, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    for kind in KINDS:
        data = lzma.compress(text(kind).encode(), preset=9 | lzma.PRESET_EXTREME)
        (HERE / f"{kind}.json.xz").write_bytes(data)
        print(f"{kind}: {len(data)} bytes")
