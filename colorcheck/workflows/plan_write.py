"""Writes a plan to the files, all or nothing: verified again from the files, restored if that fails, undone on
request.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from colorcheck.core.colors import ColorSet
from colorcheck.core.diagnostic import Edit, Verdict
from colorcheck.core.source import Location
from colorcheck.files.atomic import write_all
from colorcheck.files.edits import OverlapError, edited, originals
from colorcheck.files.reading import Unreadable, contents, contents_if_any
from colorcheck.inputs.manifest.manifest import Manifest
from colorcheck.verification.results import Verification, weakest
from colorcheck.workflows.verify import verify

UNDO = ".colorcheck-undo.json"
SAVED = "colorcheck/plan/1"
UNDO_SCHEMA = "colorcheck/plan-undo/1"
MOST_BYTES = 64 << 20

NewFiles = tuple[tuple[str, bytes], ...]


class WriteError(Exception):
    """Nothing was changed, or everything was restored; the message says why."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Change(Struct, frozen=True):
    """The change to write: edits, new files, and the colors of all domains afterwards (empty if not known)."""

    edits: tuple[Edit, ...]
    new_files: NewFiles = ()
    colors: tuple[tuple[str, ColorSet], ...] = ()


class AppliedChange(Struct, frozen=True):
    """The verification after a change was written, the files, and whether `undo` can take it back."""

    after: Verification
    files: tuple[str, ...]
    can_undo: bool


def write_change(change: Change, manifest: Manifest, load: Callable[[], Manifest]) -> AppliedChange:
    """Write a change and verify it again from the files.

    Raises WriteError after restoring the files. The change is undone if the files, read again by `load`, do not have
    the colors of the plan, or if a theorem is refuted that was not refuted before.
    """
    before = verify(manifest)
    ready = _ready(change)
    old = {path: _now(path) for path in ready}
    memory = _Remembered.at(os.path.join(manifest.folder, UNDO))
    memory = _written(ready, memory, _memory(manifest, old, ready))
    try:
        after = verify(load())
        wrong = _wrong(change, before, after)
        if not wrong:
            return AppliedChange(after, tuple(ready), memory.is_written)
    except BaseException as error:
        problem = _put_back(old, ready, memory)
        if problem:
            raise WriteError(f"{str(error) or type(error).__name__}; {problem}") from error
        raise
    problem = _put_back(old, ready, memory)
    raise WriteError(f"verified again from the files, {wrong}; {problem or 'all files are unchanged'}")


class _Remembered(Struct, frozen=True):
    """The file that `undo` reads: its previous content, and whether this run may write it and has written it."""

    path: str
    before: bytes | None
    usable: bool
    is_written: bool = False

    @staticmethod
    def at(path: str) -> _Remembered:
        try:
            return _Remembered(path, contents(path, MOST_BYTES, named=True) if os.path.lexists(path) else None, True)
        except Unreadable:
            return _Remembered(path, None, False)


def _ready(change: Change) -> dict[str, bytes]:
    files, problems = originals(change.edits)
    if problems:
        raise WriteError(problems[0].message, problems[0].help)
    ready: dict[str, bytes] = {}
    for path, original in files.items():
        own = [edit for edit in dict.fromkeys(change.edits) if edit.location.file == path]
        try:
            ready[path] = edited(original.text, own).encode("utf-8", "surrogateescape")
        except OverlapError as error:
            raise WriteError(str(error)) from None
    for path, data in change.new_files:
        if os.path.lexists(path):
            raise WriteError(f"{path} already exists", "move it away, or add it to the manifest")
        ready[path] = data
    return ready


def _now(path: str) -> bytes | None:
    if not os.path.lexists(path):
        return None
    try:
        return contents(path)
    except Unreadable as error:
        raise WriteError(f"cannot read {path}: {error.reason}", error.advice) from None


def _written(ready: Mapping[str, bytes], memory: _Remembered, content: bytes) -> _Remembered:
    """Write the files and the memory of `undo`; if only that memory cannot be written, continue without it."""
    if memory.usable:
        with contextlib.suppress(OSError):
            write_all({**ready, memory.path: content})
            return replace(memory, is_written=True)
    _write_inputs(ready)
    return memory


def _write_inputs(ready: Mapping[str, bytes]) -> None:
    try:
        write_all(ready)
    except OSError as error:
        path = getattr(error, "path", None) or next(iter(ready))
        raise WriteError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from None


def _put_back(old: Mapping[str, bytes | None], written: Mapping[str, bytes], memory: _Remembered) -> str:
    """Restore the files, then the memory of `undo`.

    Returns which file could not be restored and where its text is, or empty. If a file was changed since it was
    written, no file is restored.
    """
    for path in old:
        if contents_if_any(path, named=True) != written[path]:
            return f"{path} was changed meanwhile, so no file was restored{_kept_in(memory)}"
    try:
        write_all({path: data for path, data in old.items() if data is not None})
        for path, data in old.items():
            if data is None:
                os.unlink(path)
    except OSError as error:
        path = getattr(error, "path", None) or error.filename or next(iter(old))
        return f"{path} could not be restored: {error.strerror or error}{_kept_in(memory)}"
    if memory.is_written:
        with contextlib.suppress(OSError):
            if memory.before is None:
                os.unlink(memory.path)
            else:
                write_all({memory.path: memory.before})
    return ""


def _kept_in(memory: _Remembered) -> str:
    return f"; the previous contents are in {memory.path}" if memory.is_written else ""


def _wrong(change: Change, before: Verification, after: Verification) -> str:
    """What is not as planned; empty if everything is."""
    if after.faults:
        return f"colorcheck itself failed ({after.faults[0].message})"
    for release, system in after.facts.systems():
        names = [domain.name for domain in system.domains]
        owned = {domain.name: ColorSet.of(domain.colors) for domain in system.domains}
        owned["xen"] = ColorSet.of(system.xen_colors)
        for name, colors in change.colors:
            if names.count(name) <= 1 and name in owned and owned[name] != colors:
                return f"{name} has colors {owned[name]} on Xen {release} and not {colors}"
    refuted = _refuted(after) - _refuted(before)
    return f"{min(refuted)} is refuted" if refuted else ""


def _refuted(verification: Verification) -> set[str]:
    questions = verification.questions().items()
    return {name for name, answers in questions if weakest(answers).verdict is Verdict.REFUTED}


def _memory(manifest: Manifest, old: Mapping[str, bytes | None], new: Mapping[str, bytes]) -> bytes:
    """The content of the file that `undo` reads."""
    entries = [
        {
            "file": os.path.relpath(path, manifest.folder or "."),
            "before": None if data is None else base64.b64encode(data).decode("ascii"),
            "sha256": hashlib.sha256(new[path]).hexdigest(),
        }
        for path, data in old.items()
    ]
    text = json.dumps({"schema": UNDO_SCHEMA, "files": entries}, indent=1) + "\n"
    return text.encode("ascii")


def undo(manifest: Manifest, inputs: Iterable[str]) -> list[str]:
    """Restore the files that the last plan changed, and return their names.

    `inputs` are those of the deployment: no other file is touched. Raises WriteError if no plan is remembered, or if a
    file has changed since.
    """
    remembered = os.path.join(manifest.folder, UNDO)
    document = _document(remembered, UNDO_SCHEMA, "no plan has been written here")
    known = {os.path.realpath(name) for name in (*inputs, manifest.file)}
    old: dict[str, bytes | None] = {}
    entries = document.get("files")
    if not isinstance(entries, list) or not entries or not all(map(_names_a_file, entries)):
        raise WriteError(f"{remembered} is damaged; nothing was changed")
    for entry in entries:
        path = os.path.join(manifest.folder, entry["file"])
        if os.path.realpath(path) not in known:
            raise WriteError(f"{path} is not an input of this deployment; nothing was changed")
        now = _now(path)
        if now is None or hashlib.sha256(now).hexdigest() != entry.get("sha256"):
            raise WriteError(f"{path} has changed since the plan was written; nothing was changed")
        before = entry.get("before")
        try:
            old[path] = None if before is None else base64.b64decode(str(before), validate=True)
        except ValueError:
            raise WriteError(f"{remembered} is damaged; nothing was changed") from None
    _write_inputs({path: data for path, data in old.items() if data is not None})
    for path, data in old.items():
        if data is None:
            os.unlink(path)
    os.unlink(remembered)
    return list(old)


def _names_a_file(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("file"), str) and "\0" not in entry["file"]


def hashed(paths: Iterable[str], folder: str) -> tuple[dict[str, str], ...]:
    """Files with their SHA-256, named relative to the manifest's folder; unreadable ones have no hash."""
    found = []
    for path in dict.fromkeys(paths):
        try:
            digest = hashlib.sha256(contents(path)).hexdigest()
        except Unreadable:
            digest = ""
        found.append({"file": os.path.relpath(path, folder or "."), "sha256": digest})
    return tuple(found)


def saved_change(path: str, manifest: Manifest, inputs: Iterable[str]) -> Change:
    """The change of a saved plan. Raises WriteError if the inputs are not those from which it was made."""
    document = _document(path, SAVED, f"{path} is not a saved plan")
    now = {entry["file"]: entry["sha256"] for entry in hashed(inputs, manifest.folder)}
    given = document.get("inputs")
    entries = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    made_from = {str(entry.get("file")): str(entry.get("sha256")) for entry in entries}
    if not made_from:
        raise WriteError(f"{path} does not say which inputs it was made from", "save it with plan --out")
    different = sorted(name for name in {*now, *made_from} if now.get(name) != made_from.get(name))
    if different:
        raise WriteError(f"{different[0]} has changed since the plan was made; nothing was changed", "plan again")
    return _change(document, path, {os.path.realpath(name) for name in (*inputs, manifest.file)}, manifest.folder)


def _change(document: Mapping[str, object], path: str, known: set[str], folder: str) -> Change:
    try:
        edits = tuple(_edit(entry, folder) for entry in document["edits"])  # type: ignore[attr-defined]
        files = tuple(
            (os.path.join(folder, str(entry["file"])), base64.b64decode(str(entry["content"]), validate=True))
            for entry in document.get("new_files", [])  # type: ignore[attr-defined]
        )
        colors = tuple(
            (str(entry["name"]), ColorSet.of(entry["colors"]))
            for entry in document["domains"]  # type: ignore[attr-defined]
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise WriteError(f"{path} is damaged; nothing was changed") from None
    stranger = next((e.location.file for e in edits if os.path.realpath(e.location.file) not in known), None)
    outside = next((name for name, _ in files if os.path.dirname(os.path.relpath(name, folder or "."))), None)
    if stranger or outside:
        raise WriteError(
            f"{path} changes {stranger or outside}, which is not an input of this deployment; nothing was changed"
        )
    if not edits:
        raise WriteError(f"{path} changes nothing")
    return Change(edits, files, colors)


def _edit(entry: Mapping[str, object], folder: str) -> Edit:
    line, column, end_line, end_column = (int(str(entry[key])) for key in ("line", "column", "end_line", "end_column"))
    place = Location(os.path.join(folder, str(entry["file"])), line, column, end_line, end_column)
    return Edit(place, str(entry["new_text"]))


def _document(path: str, schema: str, otherwise: str) -> Mapping[str, object]:
    try:
        document = json.loads(contents(path, MOST_BYTES, named=True))
    except Unreadable as error:
        raise WriteError(otherwise if not os.path.exists(path) else f"cannot read {path}: {error.reason}") from None
    except (ValueError, RecursionError):
        raise WriteError(f"{path} is not JSON") from None
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise WriteError(otherwise)
    return document
