"""Mutated inputs over all readers, from a fixed seed: nothing may come but values and declared exceptions.

python -m fuzz.mutate --inputs 1000000
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from fuzz.corpus import corpus
from fuzz.readers import READERS, Reader

MEMORY = 3 << 30
"""Bytes of address space; a reader that wants more fails."""

_NUMBERS = (b"0", b"1", b"-1", b"010", b"0x10", b"127", b"128", b"255", b"4294967295", b"4294967296", b"9" * 40)
_PIECES = (
    *(b"=", b",", b"-", b" ", b"\n", b"\t", b";", b'"', b"'", b"\\", b"#", b"[", b"]", b"(", b")", b"{", b"}", b"<"),
    *(b">", b"&", b"$", b"`", b"\0", b"\xff", b"\r\n", b"/*", b"*/", b"+=", b"no-", b"K", b"M", b"/include/", b"||"),
    *(
        b"llc_colors",
        b"llc-colors",
        b"llc-coloring",
        b"dom0-llc-colors=",
        b"way_size=",
        b"XEN_CMD=",
        b"DOMU_COLORS[1]=",
    ),
    *(b"/bits/ 8", b"/delete-node/", b"\n#define A A\n", "é".encode(), "\ud7ff".encode(), "\ue000".encode()),
)


class HangError(Exception):
    """A reader took too long."""


def mutated(chance: random.Random, items: list[bytes], largest: int = 4096) -> bytes:
    """One of the items with one to six changes."""
    data = bytearray(chance.choice(items))
    for _ in range(1 + min(chance.getrandbits(3), 5)):
        at = chance.randrange(len(data) + 1)
        until = min(len(data), at + 1 + int(chance.expovariate(0.1)))
        match chance.randrange(8):
            case 0:
                data[at:until] = b""
            case 1:
                data[at:at] = chance.choice(_PIECES)
            case 2:
                data[at:until] = chance.choice(_NUMBERS)
            case 3:
                data[at:at] = data[at:until] * chance.choice((1, 2, 3, 50))
            case 4:
                data[at:at] = chance.choice(_PIECES) * chance.choice((2, 100, 1000))
            case 5:
                other = chance.choice(items)
                begin = chance.randrange(len(other) + 1)
                data[at:until] = other[begin : begin + chance.randrange(64)]
            case 6 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case _:
                data[at:until] = bytes(chance.getrandbits(8) for _ in range(until - at))
        del data[largest:]
    return bytes(data)


def attempt(reader: Reader, data: bytes, seconds: int) -> str:
    """What went wrong, as the text of a traceback; empty if nothing did."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        reader.read(data)
    except Exception:
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def _where(reader: Reader, trouble: str) -> str:
    """The innermost line of colorcheck in a traceback, and the exception without what it says."""
    lines = [line.strip() for line in trouble.splitlines()]
    inner = [line for line in lines if line.startswith("File") and "colorcheck" in line]
    return f"{reader.name}: {lines[-1].partition(':')[0]} in {inner[-1] if inner else '?'}"


def _too_long(*_: object) -> None:
    raise HangError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="of all readers together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=20, help="that one input may take")
    parser.add_argument("--reader", choices=[reader.name for reader in READERS], help="this one alone")
    parser.add_argument("--keep", type=Path, default=Path("fuzz/found"), help="where inputs go that a reader fails for")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_long)
    items, failures, total = corpus(), Counter[str](), 0
    for reader in READERS:
        if options.reader in (None, reader.name):
            count = options.inputs if options.reader else round(options.inputs * reader.share)
            failures += Counter(_run(reader, items[reader.name], count, options))
            total += count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{total:,} inputs, {sum(failures.values())} failures, at most {peak} MiB")
    return 1 if failures else 0


def _run(reader: Reader, items: list[bytes], count: int, options: argparse.Namespace) -> dict[str, int]:
    """Failures by the last line of their tracebacks, of which the first input each is kept."""
    chance = random.Random(f"{options.seed} {reader.name}")
    failures: Counter[str] = Counter()
    begin, slowest = time.perf_counter(), 0.0
    for _ in range(count):
        data = mutated(chance, items)
        start = time.perf_counter()
        trouble = attempt(reader, data, options.seconds)
        slowest = max(slowest, time.perf_counter() - start)
        if trouble:
            key = _where(reader, trouble)
            if not failures[key]:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{reader.name}-{len(failures)}").write_bytes(data)
                print(key, trouble[-3000:], sep="\n", file=sys.stderr, flush=True)
            failures[key] += 1
    taken = time.perf_counter() - begin
    print(
        f"{reader.name}: {count:,} inputs, {sum(failures.values())} failures, {taken:.0f} s, slowest {slowest:.2f} s",
        flush=True,
    )
    return failures


if __name__ == "__main__":
    sys.exit(main())
