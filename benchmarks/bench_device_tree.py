"""How long preprocessed device trees take, beside dtc and beside a loop that only finds their words.

    python benchmarks/bench_device_tree.py [FILE.dts ...]

Without a file, trees are made: one of about 50 KB as people write it and cpp leaves it (labels, references, comments,
line markers, bodies at the top, and far more expressions than usual, all different), and one of 10,000 lines. Prints
the best of several runs, in turns, by the processor's time (of dtc the whole process), and the ratios; of more than
three files only the distribution of the ratios to dtc.
"""

from __future__ import annotations

import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from colorcheck.inputs.device_tree.dts.parse import parse_rows
from colorcheck.inputs.device_tree.read import read_device_tree

RUNS = 20
DTC = "dtc, process included"
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/|//[^\n]*|[a-zA-Z0-9,._+*#?@-]+|\S', re.DOTALL)
DEVICE = """
	uart{n}: serial@{address:x} {{
		compatible = "vendor,uart-{n}", "arm,primecell";
		reg = <0x0 {address:#x} 0x0 0x1000>;
		interrupts = <0 {n} 4>;
		interrupt-parent = <&gic>;
		clocks = <&clk {n}>, <&clk {m}>;
		clock-names = "uartclk", "apb_pclk"; /* as wired */
		status = "disabled";
	}};
"""


WRITTEN = """
# {n} "soc.dtsi"
		uart{n}: serial@{address:x} {{
			compatible = "vendor,uart-{n}", "arm,primecell";
			reg = <0x0 {address:#x} 0x0 0x1000>;
			interrupts = <0 (32 + {n}) (1 << 2)>, <1 13 ((((1 << (4)) - 1) << 8) | 4)>;
			interrupt-parent = <&gic>;
			dmas = <&dma {n} (({n} & (0xff)) | (0x2 << (8)))>, <&dma {m} (3 & (0xff))>;
			pinctrl-0 = <&pins{n}>; /* as wired */
			clocks = <&clk {n}>, <&clk {m}>;
			clock-names = "uartclk", "apb_pclk";
			status = "disabled";

			// on the bus
			pins{n}: pins {{
				pinmux = <((((0x{n:02x}) & 0xFF) << 24) | ((({m}) & 0xFF) << 16) | ((17) & 0xFFFF))>;
				slew = /bits/ 8 <1 2>;
			}};
		}};
"""
BODY = """
&uart{n} {{
	status = "okay";
	current-speed = <115200>;
}};
"""


def written(characters: int) -> str:
    """A source of about so many characters, as it is after the C preprocessor."""
    count = characters // (len(WRITTEN) + len(BODY))
    devices = "".join(WRITTEN.format(n=n, m=n + 1, address=0xFF000000 + n * 0x1000) for n in range(count))
    bodies = "".join(BODY.format(n=n) for n in range(count))
    head = "/dts-v1/;\n/ {\n#address-cells = <2>;\n#size-cells = <2>;\ngic: gic { };\nclk: clk { };\ndma: dma { };\n"
    return f'{head}{devices}}};\n# 7 "board.dts"\n{bodies}'


def made(lines: int) -> str:
    """A source of about so many lines: devices with references, comments and strings, as in a board's tree."""
    devices = "".join(
        DEVICE.format(n=n, m=n + 1, address=0xFF000000 + n * 0x1000) for n in range(lines // DEVICE.count("\n"))
    )
    head = "/dts-v1/;\n/ {\n#address-cells = <2>;\n#size-cells = <2>;\ngic: gic { };\nclk: clk { };\n"
    return f"{head}{devices}}};\n"


def spent() -> float:
    """Seconds of the processor, of ended children too."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def best(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The best of several turns of each."""
    found = dict.fromkeys(works, float("inf"))
    for work in works.values():
        work()
    for _ in range(RUNS):
        for name, work in works.items():
            start = spent()
            work()
            found[name] = min(found[name], spent() - start)
    return found


def compare(path: Path, folder: str) -> dict[str, float]:
    """The times that the reader and what is compared with it take for one file."""
    text = path.read_text(encoding="utf-8")
    works: dict[str, Callable[[], object]] = {
        "read_device_tree": lambda: read_device_tree(str(path)),
        "its grammar alone": lambda: parse_rows(text),
        "words with re": lambda: sum(1 for _ in WORD.finditer(text)),
    }
    if dtc := shutil.which("dtc"):
        command = [dtc, "-q", "-I", "dts", "-O", "dtb", "-o", str(Path(folder, "made.dtb")), str(path)]
        works[DTC] = lambda: subprocess.run(command, check=True)
    return best(works)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(name) for name in sys.argv[1:]]
        if not paths:
            paths = [Path(folder, "written.dts"), Path(folder, "made.dts")]
            paths[0].write_text(written(50_000), encoding="utf-8")
            paths[1].write_text(made(10_000), encoding="utf-8")
        ratios = []
        for path in paths:
            times = compare(path, folder)
            whole = times["read_device_tree"]
            ratios.append(whole / times.get(DTC, whole))
            if len(paths) > 3:
                continue
            print(f"{path.name}: {path.stat().st_size} characters")
            for name, seconds in times.items():
                ratio = f"read_device_tree takes {whole / seconds:5.1f} times as long"
                print(f"{name:24} {seconds * 1000:8.1f} ms   {ratio}")
        if len(paths) > 3:
            ratios.sort()
            tenth = ratios[len(ratios) * 9 // 10]
            median = statistics.median(ratios)
            print(f"{len(ratios)} files, times dtc: {ratios[0]:.2f} to {ratios[-1]:.2f}")
            print(f"median {median:.2f}, 9 of 10 below {tenth:.2f}")


if __name__ == "__main__":
    main()
