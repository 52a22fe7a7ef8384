"""How long a preprocessed device tree of 10,000 lines takes, beside dtc and beside a loop that only finds its words.

    python benchmarks/bench_device_tree.py [FILE.dts]

Without a file, a tree is made. Prints the best of several runs, in turns, by the processor's time (of dtc the whole
process), and the ratios.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from colorcheck.inputs.device_tree.dts.syntax import SyntaxBuilder
from colorcheck.inputs.device_tree.read import read_device_tree
from colorcheck.inputs.grammar import parser

RUNS = 20
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder, "made.dts")
        if len(sys.argv) < 2:
            path.write_text(made(10_000))
        text = path.read_text()
        syntax = parser("device_tree", SyntaxBuilder, start=("source", "lone_value"))
        works: dict[str, Callable[[], object]] = {
            "read_device_tree": lambda: read_device_tree(str(path)),
            "its grammar alone": lambda: syntax.parse(text, start="source"),
            "words with re": lambda: sum(1 for _ in WORD.finditer(text)),
        }
        if dtc := shutil.which("dtc"):
            command = [dtc, "-q", "-I", "dts", "-O", "dtb", "-o", str(Path(folder, "made.dtb")), str(path)]
            works["dtc, process included"] = lambda: subprocess.run(command, check=True)
        times = best(works)
        whole = times["read_device_tree"]
        print(f"{text.count(chr(10))} lines, {len(text)} characters")
        for name, seconds in times.items():
            print(f"{name:24} {seconds * 1000:8.1f} ms   read_device_tree takes {whole / seconds:5.1f} times as long")


if __name__ == "__main__":
    main()
