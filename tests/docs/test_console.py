"""Every command in the documentation is run, and its output must be the one that is shown."""

from pathlib import Path

import pytest

from tests.docs.console import Session, agrees, sessions

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SESSIONS = [
    pytest.param(session, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, session in enumerate(sessions(page.read_text()), 1)
]


@pytest.mark.slow
@pytest.mark.parametrize("session", SESSIONS)
def test_the_documented_output_is_the_real_one(session: list[tuple[str, str]]) -> None:
    with Session() as terminal:
        for command, expected in session:
            found = terminal.run(command)
            assert agrees(expected, found), f"$ {command}\n{found}"


def test_an_ellipsis_stands_for_any_lines_and_nothing_else() -> None:
    assert agrees("a\n...\nd", "a\nb\nc\nd")
    assert agrees("a in 1.5 s", "a in 22.0 s")
    assert not agrees("a\n...\nd", "a\nb\nc\ne")
    assert not agrees("a", "a\nb")
