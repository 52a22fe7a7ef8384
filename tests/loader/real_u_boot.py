"""Debian's U-Boot under QEMU: runs a script from a folder and gives back what it hands over."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import TextIO

from tests.shapes import present

FIRMWARE = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
QEMU = shutil.which("qemu-system-aarch64")
MEMORY = (0x40000000, 0x80000000)
REASON = "needs U-Boot under QEMU: install qemu-system-arm and u-boot-qemu"
available = QEMU is not None and FIRMWARE.exists()
_PROMPT = "=> "
_REACHED = "Starting kernel ..."
# b +0x40; there: wfi; b .-4 behind the header of an arm64 Image
_CODE = struct.pack("<II", 0xD503207F, 0x17FFFFFF)


def xen_stub() -> bytes:
    """A Xen that does nothing but wait, with the flags and size of a real one's header."""
    head = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0xD503201F, 0, 0x20000, 0xA, 0, 0, 0, b"ARM\x64", 0)
    return (head + _CODE).ljust(0x20000, b"\0")


class RealUBoot:
    """A running U-Boot with a folder as the FAT disk `virtio 0:1`."""

    def __init__(self, folder: Path, *, firmware: Path = FIRMWARE) -> None:
        self.socket = folder.parent / f"{folder.name}.qmp"
        command = [str(QEMU), "-M", "virt,virtualization=on", "-cpu", "cortex-a53", "-m", "2048", "-display", "none"]
        command += ["-bios", str(firmware), "-serial", "stdio", "-monitor", "none", "-nic", "none"]
        command += ["-drive", f"if=none,file=fat:{folder},format=raw,readonly=on,id=d"]
        command += ["-device", "virtio-blk-device,drive=d", "-qmp", f"unix:{self.socket},server=on,wait=off"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.console = ""
        self.wait("Hit any key", 60)
        self.send("\n")
        self.wait(_PROMPT, 20)

    def __enter__(self) -> RealUBoot:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def send(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait(self, text: str | tuple[str, ...], seconds: float) -> str:
        """Read up to one of the texts; what came since the last call. Raises TimeoutError."""
        assert self.process.stdout is not None
        texts, found, end = (text,) if isinstance(text, str) else text, "", time.monotonic() + seconds
        while not any(t in found for t in texts):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise TimeoutError(found[-2000:])
            found += os.read(self.process.stdout.fileno(), 1 << 16).decode("latin-1")
        self.console += found
        return found

    def run(self, command: str, seconds: float = 20) -> str:
        """What a command prints, up to the next prompt or the start of the image."""
        self.send(command + "\n")
        return self.wait((f"\n{_PROMPT}", _REACHED, "resetting", "### ERROR"), seconds)

    def variables(self) -> dict[str, str]:
        text = self.run("printenv").replace("\r", "")
        return {k: re.sub(r"\\(.)", r"\1", v) for k, v in re.findall(r"^([^=\s]+)=(.*)$", text, re.MULTILINE)}

    def banks(self) -> list[tuple[int, int]]:
        text = self.run("bdinfo").replace("\r", "")
        found = re.findall(r"-> start\s*= (0x\w+)\n-> size\s*= (0x\w+)", text)
        return [(int(a, 16), int(b, 16)) for a, b in found]

    def handed_over(self, folder: Path) -> bytes:
        """The blob at x0 after the image was started."""
        time.sleep(0.3)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            channel = connection.makefile("rw")
            channel.readline()
            self._ask(channel, "qmp_capabilities")
            registers = self._ask(channel, "human-monitor-command", {"command-line": "info registers"})
            address = int(present(re.search(r"X00=([0-9a-f]+)", registers))[1], 16)
            target = folder / "blob"
            self._ask(channel, "pmemsave", {"val": address, "size": 8, "filename": str(target)})
            size = struct.unpack(">II", target.read_bytes())[1]
            self._ask(channel, "pmemsave", {"val": address, "size": size, "filename": str(target)})
        return target.read_bytes()

    @staticmethod
    def _ask(channel: TextIO, command: str, arguments: dict[str, str | int] | None = None) -> str:
        channel.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
        channel.flush()
        while True:
            answer = json.loads(channel.readline())
            if "return" in answer or "error" in answer:
                return str(answer.get("return", ""))
