"""Coverage-guided fuzzing of one reader with atheris, from the same corpus.

python -m fuzz.guided xl -max_total_time=600
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["colorcheck", "lark", "pcpp"]):
    from fuzz.corpus import corpus
    from fuzz.readers import READERS, reader


def main() -> None:
    """The first word names the reader, all others are libFuzzer's."""
    names = [known.name for known in READERS]
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"name a reader: {', '.join(names)}")
    target = reader(sys.argv[1])
    with tempfile.TemporaryDirectory() as seeds:
        for number, item in enumerate(corpus()[target.name]):
            Path(seeds, f"{number:04}").write_bytes(item)
        atheris.Setup([sys.argv[0], *sys.argv[2:], seeds], lambda data: target.read(data) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
