"""The meaning of a PATH that is not a manifest: one of the input files, or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from fnmatch import fnmatch

from colorcheck.cli.console import Stop, complain
from colorcheck.core.units import MIB
from colorcheck.files.overlay import lay_over
from colorcheck.files.reading import Unreadable, contents
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.inputs.manifest.manifest_reader import NAME, ManifestError, read_manifest

STANDARD_INPUT = "<stdin>"
_LARGEST = 64 * MIB
_PROSE = (".md", ".rst", ".txt", ".html", ".pdf", ".json", ".yaml", ".yml", ".py", ".sh", ".c", ".h")
_KEYS: Mapping[str, str] = {
    "DEVICE_TREE": "inputs.device-tree",
    "BLOB": "inputs.device-tree",
    "XL": "inputs.domains",
    "U_BOOT_SCRIPT": "inputs.boot-script",
    "U_BOOT_SCRIPT_IMAGE": "inputs.boot-script",
    "U_BOOT_ENVIRONMENT": "inputs.boot-script",
    "IMAGE_BUILDER": "inputs.image-builder",
    "UEFI_CONFIG": "inputs.uefi-config",
    "BOOT_LOG": "inputs.boot-log",
}


def standard_input() -> str:
    """Read standard input and return the name under which its content can be read from now on. Raises Stop."""
    if sys.stdin is None or sys.stdin.isatty():
        raise Stop("standard input is a terminal", "pipe a file to it: colorcheck verify - < rt.cfg")
    content = getattr(sys.stdin, "buffer", sys.stdin).read(_LARGEST + 1)
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    if len(content) > _LARGEST:
        raise Stop("standard input is larger than 64 MiB")
    lay_over(STANDARD_INPUT, content)
    return STANDARD_INPUT


def key_of(path: str) -> tuple[str, object] | None:
    """The manifest key that takes this file, with its value; None for a manifest. Raises Stop if no key takes it."""
    if path.endswith(".toml"):
        return None
    from colorcheck.inputs.file_kinds import FileKind
    from colorcheck.inputs.recognition import recognized

    try:
        content = contents(path, _LARGEST, named=True)
    except Unreadable as error:
        raise Stop(str(error), error.advice) from None
    kind = recognized(content)
    if kind is None and (path.endswith(_PROSE) or b"\0" in content):
        raise Stop(f"{path} is neither a {NAME} nor an input file", "give the deployment's folder or one of its files")
    if kind is None or kind is FileKind.MANIFEST:
        return None
    key = _KEYS.get(kind.name)
    if key is None:
        raise Stop(f"{path} is {kind.title}, not a {NAME}", kind.give)
    return key, [path] if key == "inputs.domains" else path


def manifest_around(path: str, key: str) -> str | None:
    """The manifest in the folder of an input file if it names this file; prints which of the two applies."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), NAME))
    if path == STANDARD_INPUT or not os.path.isfile(beside):
        return None
    try:
        named = _names(read_manifest(beside))
    except ManifestError:
        named = ()
    name = os.path.basename(path)
    flag = key.partition(".")[2].replace("domains", "domain")
    if any(fnmatch(name, each) for each in named):
        complain(f"{path} belongs to {beside}; reporting on the whole deployment", _alone(flag, path))
        return beside
    complain(f"{beside} does not name {path}; checking it by itself", f"add it there under [inputs] as {flag}")
    return None


def _alone(flag: str, path: str) -> str:
    return f"to check it alone: --{flag} {path}"


def _names(manifest: Manifest) -> tuple[str, ...]:
    several = (*manifest.domains, *manifest.overlays)
    single = manifest.device_tree, manifest.image_builder, manifest.boot_script, manifest.uefi_config
    return tuple(os.path.normpath(name) for name in (*several, *single, manifest.boot_log) if name)
