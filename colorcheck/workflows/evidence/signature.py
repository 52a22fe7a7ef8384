"""An OpenSSH signature over a folder's list of hashes, `FILE.sig`: only it shows who made the folder.

`ssh-keygen -Y sign -f KEY -n colorcheck certificates.json` makes it; colorcheck only verifies.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from colorcheck.proof.certificates import CertificateCheck

NAMESPACE = "colorcheck"


def signature(path: Path, allowed: str | None) -> CertificateCheck | None:
    """The check of the signature next to a file; None if there is none and none is required.

    `allowed` is a file of allowed signers as in ssh-keygen(1); without it, only the integrity of the signature is
    checked, not the signer.
    """
    signed = path.with_name(f"{path.name}.sig")
    if not os.path.isfile(signed):
        return CertificateCheck(signed.name, "missing", "no signature, though signers were named") if allowed else None
    if allowed is None:
        done = _ssh(["check-novalidate", "-n", NAMESPACE, "-s", str(signed)], path)
        if done is not None and done.returncode == 0:
            return CertificateCheck(signed.name, "no-answer", "only --allowed-signers FILE shows who signed it")
        return _wrong(signed, done)
    found = _ssh(["find-principals", "-s", str(signed), "-f", allowed], path)
    name = found.stdout.decode("utf-8", "replace").split("\n")[0].strip() if found and not found.returncode else ""
    if not name:
        return CertificateCheck(signed.name, "differs", "it is not from an allowed signer")
    done = _ssh(["verify", "-n", NAMESPACE, "-s", str(signed), "-f", allowed, "-I", name], path)
    if done is not None and done.returncode == 0:
        return CertificateCheck(signed.name, "confirmed", f"signed by {name}")
    return _wrong(signed, done)


def _wrong(signed: Path, done: subprocess.CompletedProcess[bytes] | None) -> CertificateCheck:
    if done is None:
        return CertificateCheck(signed.name, "no-answer", "ssh-keygen, which verifies it, is not installed")
    return CertificateCheck(signed.name, "differs", "it is not the signature of this file")


def _ssh(words: list[str], path: Path) -> subprocess.CompletedProcess[bytes] | None:
    try:
        with path.open("rb") as file:
            return subprocess.run(
                ["ssh-keygen", "-Y", *words], stdin=file, capture_output=True, timeout=30, check=False
            )
    except (OSError, subprocess.SubprocessError):
        return None
