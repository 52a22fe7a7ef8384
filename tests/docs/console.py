"""Console sessions in Markdown: commands behind `$ `, each with the output that it must have.

A line `...` of an output stands for any lines. Times differ from run to run and are compared as `# s`.
Each block starts anew, unless the page has a line `<!-- one session -->`: then its blocks follow each other.
`python tests/docs/console.py FILE...` writes today's outputs into the files.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ONE_SESSION = "<!-- one session -->"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\b\d+(?:\.\d+)? m?s\b")


def blocks(text: str) -> list[list[tuple[str, str]]]:
    """The console sessions of a page: lists of (command, expected output)."""
    found = []
    for block in _BLOCK.findall(text):
        session: list[tuple[str, list[str]]] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                session.append((line[2:], []))
            elif session:
                session[-1][1].append(line)
        found.append([(command, "\n".join(lines)) for command, lines in session])
    return found


def sessions(text: str) -> list[list[tuple[str, str]]]:
    """The sessions of a page as they are run: its blocks, or all of them as one."""
    found = blocks(text)
    return [[step for block in found for step in block]] if ONE_SESSION in text else found


class _Terminal(io.StringIO):
    encoding = "utf-8"


class Session:
    """A folder of its own with the examples in it, where commands run one after the other."""

    def __enter__(self) -> Session:
        self._folder = tempfile.TemporaryDirectory()
        self._before = Path.cwd(), dict(os.environ)
        shutil.copytree(ROOT / "examples", Path(self._folder.name, "examples"))
        os.chdir(self._folder.name)
        for name in ("GITHUB_ACTIONS", "GITLAB_CI", "FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
            os.environ.pop(name, None)
        os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
        self.status = 0
        return self

    def __exit__(self, *_: object) -> None:
        os.chdir(self._before[0])
        os.environ.clear()
        os.environ.update(self._before[1])
        self._folder.cleanup()

    def run(self, command: str) -> str:
        """The output of `colorcheck …`, `cat FILE`, `cd FOLDER`, `cp -r A B`, `sed -i s/a/b/ FILE`,
        `printf TEXT >> FILE` or `echo $?`."""
        from colorcheck.cli import main

        if command == "echo $?":
            return str(self.status)
        words = shlex.split(command)
        if words[0] == "printf" and words[2] == ">>":
            file = Path(words[3])
            file.write_text(file.read_text() + words[1].replace("\\n", "\n"))
            return ""
        target = words[words.index(">") + 1] if ">" in words else None
        words = words[: words.index(">")] if target else words
        if words[0] == "cat":
            return Path(words[1]).read_text().rstrip("\n")
        if words[0] == "cd":
            os.chdir(words[1])
            return ""
        if words[:2] == ["cp", "-r"]:
            shutil.copytree(words[2], words[3])
            return ""
        if words[:2] == ["sed", "-i"]:
            _, old, new, _ = words[2].split(words[2][1])
            file = Path(words[3])
            text, found = re.subn(old, new, file.read_text())
            assert found == 1, command
            file.write_text(text)
            return ""
        assert words[0] == "colorcheck", f"the tests do not run {command}"
        out = _Terminal()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            self.status = int(main(words[1:]))
        if target:
            Path(target).write_text(out.getvalue())
            return ""
        return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def agrees(expected: str, found: str) -> bool:
    """Whether an output is the expected one, `...` and times apart."""
    parts = re.split(r"^\.\.\.$", expected, flags=re.MULTILINE)
    pattern = ".*".join(re.escape(_TIME.sub("# s", part.strip("\n"))) for part in parts)
    return re.fullmatch(pattern, _TIME.sub("# s", found).strip("\n"), re.DOTALL) is not None


def updated(text: str) -> str:
    """The page with today's outputs; those with `...` stay as they are while they agree."""
    if ONE_SESSION in text:
        with Session() as session:
            return _BLOCK.sub(lambda match: _renewed(match, session), text)

    def alone(match: re.Match[str]) -> str:
        with Session() as session:
            return _renewed(match, session)

    return _BLOCK.sub(alone, text)


def _renewed(match: re.Match[str], session: Session) -> str:
    lines = []
    for command, expected in blocks(match[0])[0]:
        found = session.run(command)
        lines.append(f"$ {command}")
        if found or expected:
            keep = "..." in expected.split("\n") and agrees(expected, found)
            lines.append(expected if keep else found)
    return "\n".join(["```console", *(line for line in lines if line), "```"])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(updated(page.read_text()))
