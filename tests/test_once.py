"""What is made once for all workers is made once, and again where it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.once import made_once


class Factory:
    """The folders of one worker."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def getbasetemp(self) -> Path:
        return self.base

    def mktemp(self, name: str) -> Path:
        folder = self.base / name
        folder.mkdir(parents=True)
        return folder


@pytest.mark.parametrize(("worker", "times"), [("gw0", 1), (None, 2)])
def test_workers_share_what_one_made(
    worker: str | None, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    if worker:
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").touch()

    factories = [Factory(tmp_path / name) for name in ("gw0", "gw1")]
    folders = [made_once(each, "x", make) for each in factories]  # type: ignore[arg-type]
    assert len(made) == len(set(folders)) == times
    assert all([path.name for path in folder.iterdir()] == ["file"] for folder in folders)


def test_what_failed_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        pytest.skip("set nothing: this one is caught")

    with pytest.raises(pytest.skip.Exception):
        made_once(Factory(tmp_path / "gw0"), "x", fail)  # type: ignore[arg-type]
    folder = made_once(Factory(tmp_path / "gw1"), "x", lambda top: (top / "whole").touch())  # type: ignore[arg-type]
    assert [path.name for path in folder.iterdir()] == ["whole"]
