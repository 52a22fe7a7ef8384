"""The HTML reports in a real headless Chromium: accessibility by axe, the console, keys, widths.

Needs Node, Chromium and `npm install --no-package-lock` in `tests/report/browser` (or NODE_PATH); skipped without.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from colorcheck.cli import main
from colorcheck.report import render
from colorcheck.rules.example import GUEST, Example
from tests.once import made_once
from tests.report import report_samples as samples

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "browser"
SAMPLES = ("broken", "clean", "faulty", "hostile", "nothing")
LOOKS = ("desktop", "dark", "tablet", "phone", "phone-dark", "print")
EXAMPLES = Path(__file__).parents[2] / "examples"


def browser() -> str:
    """The name of a Chromium that can be driven from Node. Skips the test where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None or shutil.which("node") is None:
        pytest.skip("needs a browser: install chromium and nodejs")
    asked = subprocess.run(
        ["node", "-e", 'require.resolve("axe-core"); require.resolve("playwright-core")'],
        cwd=HERE,
        capture_output=True,
        check=False,
    )
    if asked.returncode:
        pytest.skip("needs axe and Playwright: run make test-browser")
    return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """What was seen of every page in every look. COLORCHECK_SCREENSHOTS names a folder for pictures of them."""
    folder = made_once(tmp_path_factory, "pages", look)
    results: list[dict[str, object]] = json.loads((folder / "seen.json").read_text(encoding="utf-8"))
    return results


def look(folder: Path) -> None:
    """Writes the pages and what was seen of them, `seen.json`."""
    chromium = browser()
    for name in SAMPLES:
        (folder / f"{name}.html").write_text(
            render(getattr(samples, name)(), "html", samples.style()), encoding="utf-8"
        )
    fleet = folder / "fleet"
    for name, colors in (("clean", "11-14"), ("sharing", "9-14")):
        (fleet / name).mkdir(parents=True)
        Example(guests=(("rt.cfg", GUEST.replace("11-14", colors)),)).write(fleet / name)
    one, many, front, settled, lab = (folder / f"{name}.html" for name in ("planned", "many", "front", "open", "lab"))
    assert main(["verify", str(fleet / "sharing"), "--with-plan", "--output", f"html={one}"]) == 1
    assert main(["verify", str(fleet), "--recursive", "--no-cache", "--output", f"html={many}"]) == 1
    goals = ("--front", "cache,margin,changes", "--html", str(front))
    assert main(["plan", str(EXAMPLES / "zcu102-dom0less"), *goals]) == 0
    assert main(["verify", str(EXAMPLES / "image-builder"), "--output", f"html={settled}"]) == 1
    short = ("--accesses", "20000", "--warm-up", "1000", "--html", str(lab))
    assert main(["interfere", str(EXAMPLES / "zcu104-attack"), *short]) == 0
    pages = [*(str(folder / f"{name}.html") for name in SAMPLES), *map(str, (one, many, front, settled, lab))]
    shots = os.environ.get("COLORCHECK_SCREENSHOTS", "")
    words = ["node", str(HERE / "look.cjs"), chromium, shots, *pages]
    done = subprocess.run(words, cwd=HERE, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == len(pages) * (len(LOOKS) + 1)
    (folder / "seen.json").write_text(done.stdout, encoding="utf-8")


def test_axe_finds_nothing(seen: list[dict[str, object]]) -> None:
    looked = [each for each in seen if each["look"] in LOOKS]
    assert [each for each in looked if each["axe"]] == []
    assert min(int(str(each["passes"])) for each in looked) > 15


def test_nothing_is_said_on_the_console_and_nothing_fetched(seen: list[dict[str, object]]) -> None:
    assert [each for each in seen if each["console"]] == []
    assert {each.get("requests", 1) for each in seen} == {1}


def test_no_page_is_wider_than_its_screen(seen: list[dict[str, object]]) -> None:
    assert [each for each in seen if int(str(each.get("wide", 0))) > 0] == []


def test_a_phone_shows_all_of_a_wide_map(seen: list[dict[str, object]]) -> None:
    """It is said that the map goes on, the names stay, and its last color can be scrolled to."""
    scrolled = {str(each["look"]): each["map"] for each in seen if each["page"] == "broken.html" and each.get("map")}
    assert set(scrolled) == {"phone", "phone-dark"}
    assert all(each == {"hint": True, "name": True, "last": True} for each in scrolled.values())


def test_keys_show_what_is_behind_a_color(seen: list[dict[str, object]]) -> None:
    told = next(each for each in seen if (each["page"], each["look"]) == ("broken.html", "keys"))
    assert str(told["first"]).startswith("color 0: xen")
    assert str(told["second"]).startswith("color 1: xen")
    assert int(str(told["lit"])) > 1
