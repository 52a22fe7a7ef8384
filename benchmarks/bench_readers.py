"""How fast the readers of xl files and boot arguments are, beside a loop over the same text that only tokenizes.

python benchmarks/bench_readers.py
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from time import perf_counter

from colorcheck.xen.domains.xl_guest import parse_xl
from colorcheck.xen.options.options import parse_boot_arguments

XL_FILES = 1_000
BOOT_LINES = 10_000

_XL_TOKEN = re.compile(r"[a-z][._0-9a-z]*|[0-9][0-9a-fx]*|[ \t]+|#[^\n]*|\n|[][=,;]|\+=|\"[^\"\n]*\"|'[^'\n]*'")
_BOOT_TOKEN = re.compile(r"[^ =]+|=| +")


def xl_files(count: int) -> list[str]:
    chance = random.Random(1)
    return [
        f'# guest {number}\nname = "guest{number}"\nkernel = "/boot/Image"\nmemory = {chance.randrange(64, 2048)}\n'
        f'vcpus = 2\ncpus = ["{chance.randrange(4)}"]\nextra = "console=hvc0 root=/dev/xvda rw"\n'
        f"disk = [ 'phy:/dev/mmcblk0p{number},xvda,w' ]\n"
        f'llc_colors = ["{chance.randrange(8)}-{chance.randrange(8, 12)}", "{chance.randrange(12, 16)}"]\n'
        "on_reboot = 'restart'\n"
        for number in range(count)
    ]


def boot_lines(count: int) -> list[str]:
    chance = random.Random(2)
    return [
        f"console=dtuart dtuart=serial0 dom0_mem={chance.randrange(256, 4096)}M sched=null llc-coloring=on "
        f"llc-size=1M llc-nr-ways=16 xen-llc-colors={chance.randrange(2)} "
        f"dom0-llc-colors={chance.randrange(2, 5)}-{chance.randrange(5, 9)},{chance.randrange(9, 16)}"
        for _ in range(count)
    ]


def seconds(work: Callable[[str], object], texts: list[str]) -> float:
    work(texts[0])  # build what is built once
    start = perf_counter()
    for text in texts:
        work(text)
    return perf_counter() - start


def compare(title: str, texts: list[str], read: Callable[[str], object], token: re.Pattern[str]) -> None:
    reading, tokenizing = seconds(read, texts), seconds(token.findall, texts)
    lines = sum(text.count("\n") or 1 for text in texts)
    print(
        f"{title}: {reading:.2f} s, {reading / lines * 1e6:.0f} µs a line;"
        f" only tokenizing {tokenizing:.3f} s, ratio {reading / tokenizing:.0f}"
    )


def main() -> None:
    compare(f"{XL_FILES:,} xl files", xl_files(XL_FILES), parse_xl, _XL_TOKEN)
    compare(f"{BOOT_LINES:,} boot lines", boot_lines(BOOT_LINES), parse_boot_arguments, _BOOT_TOKEN)


if __name__ == "__main__":
    main()
