"""`system-dump`: what a running system says of itself is a source of facts; a hostile or foreign dump harms nothing."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from colorcheck import api
from colorcheck.cli import main
from colorcheck.core.problem_kinds import ProblemKind
from colorcheck.core.source import Location
from colorcheck.inputs.boot.system_dump import LARGEST_PART, read_system_dump
from tests.shapes import rows, table

LOG = (Path(__file__).parent.parent / "golden" / "logs" / "basic-4.20.log").read_bytes()
HERE = Location("colorcheck.toml")
GUESTS = [
    {"domid": 0},
    {
        "domid": 1,
        "config": {"c_info": {"name": "rt"}, "b_info": {"max_memkb": 65536, "max_vcpus": 1, "llc_colors": [9, 10]}},
    },
]
VCPUS = """Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)
Domain-0                             0     0    1   -b-      10.0  all / all
rt                                   1     0    2   r--       5.0  2-3 / all
"""
INFO = "host : board\nxen_version            : 4.20.4\nxen_commandline        : llc-coloring=on dom0-llc-colors=2-6\n"
DOM0 = """/dts-v1/;
/ { compatible = "xlnx,zynqmp-zcu102-rev1.0", "xlnx,zynqmp-zcu102", "xlnx,zynqmp";
 #address-cells = <2>; #size-cells = <2>;
 hypervisor { compatible = "xen,xen-4.20", "xen,xen"; };
 memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };
 chosen { bootargs = "console=hvc0"; };
};
"""


def blob(text: str) -> bytes:
    return subprocess.run(["dtc", "-q"], input=text.encode(), capture_output=True, check=True).stdout


def folder_of(path: Path, **parts: bytes | str) -> Path:
    path.mkdir()
    for name, content in parts.items():
        data = content.encode() if isinstance(content, str) else content
        (path / name.replace("_", "-")).write_bytes(data)
    return path


def tar_of(path: Path, *members: tuple[str, bytes, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), "/etc/passwd"
            tar.addfile(info, io.BytesIO(data))
    return path


def verified(folder: Path, dump: Path, *more: str) -> dict[str, object]:
    lines = ["[target]", 'xen = "4.20"', "[inputs]", f"system-dump = {json.dumps(str(dump))}", *more]
    (folder / "colorcheck.toml").write_text("\n".join(lines))
    return api.verify(str(folder / "colorcheck.toml")).to_dict()


def test_a_dump_alone_is_a_deployment(tmp_path: Path) -> None:
    dump = folder_of(tmp_path / "d", fdt=blob(DOM0), xl_dmesg=LOG, xl_list_l=json.dumps(GUESTS), xl_vcpu_list=VCPUS)
    found = verified(tmp_path, dump)
    verdicts = {theorem["id"]: theorem["verdict"] for theorem in rows(found["theorems"])}
    assert verdicts["separation/dom0/rt"] == "proved"
    assert verdicts["memory/rt"] == "unknown"  # who else is built at boot, and where, dom0's tree does not say
    assert "CC027" in {finding["rule"] for finding in rows(found["findings"])}
    assert table(found["target"])["board"] == "zcu102"
    assert main(["verify", str(tmp_path)]) != 0


def test_the_arguments_that_the_log_has_lost_are_those_of_xl_info(tmp_path: Path) -> None:
    dump = folder_of(tmp_path / "d", xl_dmesg=LOG[-2000:], xl_info=INFO, xl_list_l=json.dumps(GUESTS))
    manifest = tmp_path / "colorcheck.toml"
    manifest.write_text(f'[target]\nxen = "4.20"\nboard = "zcu102"\n[inputs]\nsystem-dump = "{dump}"\n')
    found = api.effective(str(manifest)).to_dict()
    assert found["coloring"] is True
    assert [(domain["name"], domain["colors"]) for domain in rows(found["domains"])][-1] == ("rt", [9, 10])


def test_two_systems_in_one_dump_are_told(tmp_path: Path) -> None:
    found = verified(tmp_path, folder_of(tmp_path / "d", xl_dmesg=LOG, xl_info=INFO))
    assert [f for f in rows(found["findings"]) if f["rule"] == "CC026" and "different systems" in f["message"]]


def test_a_dump_of_another_machine_is_told(tmp_path: Path) -> None:
    other = DOM0.replace("zcu102", "zcu106")
    (tmp_path / "system.dts").write_text(other.replace('hypervisor { compatible = "xen,xen-4.20", "xen,xen"; };', ""))
    dump = folder_of(tmp_path / "d", fdt=blob(DOM0))
    found = verified(tmp_path, dump, 'device-tree = "system.dts"')
    assert [f for f in rows(found["findings"]) if f["rule"] == "CC026" and "another machine" in f["message"]]


def test_a_tree_that_xen_did_not_make_is_read_without_what_was_written_for_linux(tmp_path: Path) -> None:
    native = DOM0.replace('hypervisor { compatible = "xen,xen-4.20", "xen,xen"; };', "")
    dump = folder_of(tmp_path / "d", fdt=blob(native))
    handed = verified(tmp_path, dump)
    opened = {theorem["verdict"] for theorem in rows(handed["theorems"])}
    assert "proved" not in opened  # dom0's arguments are no arguments of Xen's: those are open


def test_a_copied_folder_is_the_same_tree(tmp_path: Path) -> None:
    (tmp_path / "tree" / "device-tree" / "memory@0").mkdir(parents=True)
    base = tmp_path / "tree" / "device-tree"
    (base / "compatible").write_bytes(b"xlnx,zynqmp-zcu102\0xlnx,zynqmp\0")
    (base / "#address-cells").write_bytes(b"\0\0\0\2")
    (base / "#size-cells").write_bytes(b"\0\0\0\2")
    (base / "memory@0" / "device_type").write_bytes(b"memory\0")
    (base / "memory@0" / "reg").write_bytes(bytes(12) + b"\x80\0\0\0")
    found = verified(tmp_path, tmp_path / "tree", 'boot-arguments = "llc-coloring=on"')
    assert table(found["target"])["board"] == "zcu102"


HOSTILE = {
    "up": ("../../xl-dmesg", LOG, tarfile.REGTYPE),
    "absolute": ("/xl-dmesg", LOG, tarfile.REGTYPE),
    "link": ("board/xl-dmesg", b"", tarfile.SYMTYPE),
    "hard link": ("board/xl-dmesg", b"", tarfile.LNKTYPE),
    "device": ("board/xl-dmesg", b"", tarfile.CHRTYPE),
    "pipe": ("board/xl-dmesg", b"", tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_members_are_left_out(tmp_path: Path, kind: str) -> None:
    dump = read_system_dump(str(tar_of(tmp_path / "b.tar", HOSTILE[kind])), HERE)
    assert not dump.parts
    assert len(dump.left_out) == 1
    assert dump.problems


def test_a_part_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    info = tarfile.TarInfo("board/xl-dmesg")
    info.size = 500 << 20
    with path.open("wb") as file:  # a file with a hole: nothing of it takes room
        file.write(info.tobuf())
        file.truncate(512 + info.size + 1024)
    dump = read_system_dump(str(path), HERE)
    assert [problem.kind for problem in dump.problems] == [ProblemKind.TOO_LARGE]
    (tmp_path / "d").mkdir()
    with (tmp_path / "d" / "xl-dmesg").open("wb") as file:
        file.truncate(LARGEST_PART + 1)
    assert [p.kind for p in read_system_dump(str(tmp_path / "d"), HERE).problems] == [ProblemKind.TOO_LARGE]


@pytest.mark.parametrize("length", [100, 600, 5000, 10752, -1])
def test_a_truncated_dump_is_told_and_proves_nothing(tmp_path: Path, length: int) -> None:
    whole = tar_of(tmp_path / "w.tar", ("board/xl-dmesg", LOG, tarfile.REGTYPE), ("board/uname", b"x", tarfile.REGTYPE))
    (tmp_path / "b.tar").write_bytes(whole.read_bytes().rstrip(b"\0")[:length])
    found = verified(tmp_path, tmp_path / "b.tar", 'boot-arguments = "llc-coloring=on"')
    assert {theorem["verdict"] for theorem in rows(found["theorems"])} <= {"unknown", "vacuous"}
    assert main(["verify", str(tmp_path)]) in {1, 4}


def test_what_is_no_dump_is_told(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"\x1f\x8b nothing")
    (problem,) = read_system_dump(str(tmp_path / "b.tar"), HERE).problems
    assert "compressed" in problem.message
    (tmp_path / "empty").mkdir()
    (problem,) = read_system_dump(str(tmp_path / "empty"), HERE).problems
    assert "none of fdt" in problem.message


def test_what_a_log_gave_it_attests_nothing_of_under_another_name_either(tmp_path: Path) -> None:
    dump = folder_of(tmp_path / "d", xl_dmesg=LOG)
    (tmp_path / "copy.log").write_bytes(LOG)
    text = f'[target]\nxen = "4.20"\nboard = "qemu-virt-4"\n[inputs]\nsystem-dump = "{dump}"\n'
    (tmp_path / "colorcheck.toml").write_text(text)
    document = api_attest(tmp_path)
    taken = {check["subject"] for check in rows(document["checks"]) if "this log" in check["found"]}
    assert {"command line", "memory banks"} <= taken
    assert document["verdict"] != "attested"


def api_attest(folder: Path) -> dict[str, object]:
    out = io.StringIO()
    import contextlib

    with contextlib.redirect_stdout(out):
        main(["attest", str(folder), "--log", str(folder / "copy.log"), "--format", "json"])
    found: dict[str, object] = json.loads(out.getvalue())
    return found
