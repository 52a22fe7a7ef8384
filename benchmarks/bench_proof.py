"""How long a whole verification takes: read, model, prove, check, for a system of 32 domains and 128 colors.

python benchmarks/bench_proof.py                   the proofs of systems made by hand, and a whole deployment
python benchmarks/bench_proof.py --certificates    writing and re-checking certificates with cvc5 too

Times are the wall's, after one run to warm up; each is the best of three.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent))

from colorcheck.core.theorem import Theorem
from colorcheck.hardware.index import Linear
from colorcheck.inputs.manifest.manifest import Manifest, PlanPolicy
from colorcheck.inputs.manifest.manifest_reader import read_manifest
from colorcheck.proof import ProofRequest, prove
from colorcheck.proof.solver import forget
from colorcheck.workflows import verify as pipeline
from tests.proof.systems import board, domain, level_boot, system

DOMAIN = """
		domU{number} {{
			compatible = "xen,domain";
			#address-cells = <2>;
			#size-cells = <2>;
			memory = <0x0 {kib}>;
			cpus = <1>;
			llc-colors = "{first}-{last}";
			kernel@{address:x} {{
				compatible = "multiboot,kernel", "multiboot,module";
				reg = <0x0 0x{address:x} 0x0 0x10000>;
			}};
		}};
"""
TREE = """/dts-v1/;
/ {{
	#address-cells = <2>;
	#size-cells = <2>;
	cpus {{
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 {{
			device_type = "cpu";
			compatible = "arm,cortex-a72";
			reg = <0>;
			next-level-cache = <&l2>;
		}};
		l2: l2-cache {{
			compatible = "cache";
			cache-level = <2>;
			cache-unified;
			cache-size = <0x800000>;
			cache-line-size = <64>;
			cache-sets = <8192>;
		}};
	}};
	memory@40000000 {{
		device_type = "memory";
		reg = <0x0 0x40000000 0x4 0x0>;
	}};
	chosen {{
		#address-cells = <2>;
		#size-cells = <2>;
		xen,xen-bootargs = "llc-coloring=on xen-llc-colors=0 dom0_mem=256M dom0-llc-colors=1-4";
		dom0@48000000 {{
			compatible = "multiboot,kernel", "multiboot,module";
			reg = <0x0 0x48000000 0x0 0x10000>;
		}};
{domains}	}};
}};
"""


def deployment(folder: Path) -> Manifest:
    """dom0 and 31 dom0less domains on a cache of 128 colors, on disk."""
    domains = "".join(
        DOMAIN.format(number=n, kib=200 * 1024, first=5 + 3 * n, last=7 + 3 * n, address=0x49000000 + 0x100000 * n)
        for n in range(31)
    )
    (folder / "system.dts").write_text(TREE.format(domains=domains), encoding="utf-8")
    text = '[target]\nxen = "4.20"\nxen-image-size = 0x174000\nxen-address = 0x40200000\n'
    text += 'device-tree-address = 0x47000000\n[inputs]\ndevice-tree = "system.dts"\n'
    (folder / "colorcheck.toml").write_text(text, encoding="utf-8")
    return read_manifest(str(folder / "colorcheck.toml"))


def by_hand(domains: int, colors: int, *, smt: bool = False) -> tuple[Theorem, ...]:
    width = (colors - 1) // domains
    wanted = [domain(n, range(1 + n * width, 1 + (n + 1) * width), width * 9_000) for n in range(domains)]
    of = system(colors, wanted)
    boot, on = level_boot(of, 10_000), board(Linear(64, colors * 64), dram=1 << 36)
    return prove(of, boot, on, PlanPolicy(), ProofRequest(60, smt))


def best(work: Callable[[], object]) -> float:
    found = []
    for _ in range(4):
        forget()
        begin = perf_counter()
        work()
        found.append(perf_counter() - begin)
    return min(found[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", action="store_true")
    with_certificates = parser.parse_args().certificates
    for domains, colors in ((4, 16), (8, 32), (16, 64), (32, 128)):
        theorems = by_hand(domains, colors)
        seconds = best(lambda d=domains, c=colors: by_hand(d, c))  # type: ignore[misc]
        verdicts = {str(theorem.verdict) for theorem in theorems}
        print(f"{domains}x{colors}: {len(theorems)} theorems, {', '.join(sorted(verdicts))}, in {seconds:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        manifest = deployment(Path(folder))
        found = pipeline.verify(manifest)
        seconds = best(lambda: pipeline.verify(manifest))
        counts = found.to_dict()["summary"]
        print(f"whole verification of 32 domains and 128 colors: {seconds:.2f} s, {counts}")
        if with_certificates:
            certificates(by_hand(32, 128, smt=True))


def certificates(theorems: tuple[Theorem, ...]) -> None:
    from colorcheck.proof.certificates import entries, judge

    begin = perf_counter()
    files: dict[str, str] = {}
    listed = entries([("4.20", theorem) for theorem in theorems], files)
    made = perf_counter() - begin
    begin = perf_counter()
    checks = [judge(entry, files.get(str(entry["file"]), ""), 60.0) for entry in listed]
    confirmed = sum(check.ok for check in checks)
    print(f"certificates: made in {made:.2f} s; cvc5 confirms {confirmed} of {len(checks)}", end=" ")
    print(f"in {perf_counter() - begin:.2f} s")


if __name__ == "__main__":
    main()
