"""How long an editor waits: from a change of a file to the findings, over the pipes of a real `colorcheck lsp`.

    python benchmarks/bench_editor.py [--edits N] [--xen RELEASE ...]

Four domains: dom0 and three xl guests on a Raspberry Pi 4 (examples/rpi4-xl). Each edit moves the colors of one guest,
so that a theorem changes each time. Milliseconds of the wall clock, with the pause of 30 ms behind the last key.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]


class Client:
    """As much of a language client as it takes: messages go out, notifications come in."""

    def __init__(self, sends: IO[bytes], gets: IO[bytes]) -> None:
        self.sends, self.gets = sends, gets

    def send(self, method: str, params: object, number: int | None = None) -> None:
        """A request with a number, a notification without."""
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        self.sends.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.sends.flush()

    def get(self) -> dict[str, Any]:
        """The next message."""
        length = 0
        while (line := self.gets.readline().strip()) or not length:
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found = json.loads(self.gets.read(length))
        assert isinstance(found, dict)  # noqa: S101
        return found

    def findings(self, uri: str) -> float:
        """Waits for the findings of a document, and says when they came."""
        while True:
            message = self.get()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--xen", nargs="+", default=["4.20"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in measured(Path(folder), options.xen, options.edits):
            print(f"{name:8} {seconds * 1000:7.0f} ms")


def measured(folder: Path, releases: list[str], edits: int) -> list[tuple[str, float]]:
    """The first check, and the median, the ninetieth percentile and the slowest of the edits, in seconds."""
    made = folder / "rpi4"
    shutil.copytree(ROOT / "examples" / "rpi4-xl", made)
    manifest = made / "colorcheck.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('xen = "4.20"', f"xen = {json.dumps(releases)}"))
    file = made / "camera.cfg"
    text = file.read_text(encoding="utf-8").replace('"9-13"', '["9-13"]')
    uri = file.resolve().as_uri()
    words = [sys.executable, "-m", "colorcheck", "lsp"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdin is not None and server.stdout is not None  # noqa: S101, PT018
        client = Client(server.stdin, server.stdout)
        client.send("initialize", {"processId": None, "rootUri": made.as_uri(), "capabilities": {}}, 1)
        client.get()
        client.send("initialized", {})
        begin = time.perf_counter()
        document = {"uri": uri, "languageId": "cfg", "version": 0, "text": text + "\n"}
        client.send("textDocument/didOpen", {"textDocument": document})
        first = client.findings(uri) - begin
        spent = []
        for number in range(1, edits + 1):
            changed = text.replace('["9-13"]', f'["{3 + number % 7}-13"]')
            begin = time.perf_counter()
            change = {"textDocument": {"uri": uri, "version": number}, "contentChanges": [{"text": changed}]}
            client.send("textDocument/didChange", change)
            spent.append(client.findings(uri) - begin)
        server.terminate()
    spent.sort()
    return [
        ("first", first),
        ("median", statistics.median(spent)),
        ("90 %", spent[len(spent) * 9 // 10]),
        ("most", spent[-1]),
    ]


if __name__ == "__main__":
    main()
