"""The hook file is documented, and each hook is used by the example plugin."""

from __future__ import annotations

import pytest

from colorcheck.plugins import hookspecs
from colorcheck.plugins.manager import HOOKS
from colorcheck.testing import check_plugin, load_plugin


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_page_and_a_type(name: str) -> None:
    function = getattr(hookspecs, name)
    assert len(function.__doc__ or "") > 40
    assert "return" in function.__annotations__


def test_the_example_uses_every_hook(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.syspath_prepend(str(request.config.rootpath / "plugins" / "colorcheck_example_board"))
    assert check_plugin("colorcheck_example_board") == ()
    kinds = [kind for entry in load_plugin("colorcheck_example_board").loaded for kind, _ in entry.adds]
    assert sorted(kinds) == sorted(name.removeprefix("colorcheck_") for name in HOOKS)


def test_check_plugin_says_what_is_wrong() -> None:
    assert "ModuleNotFoundError" in check_plugin("nothing_of_this_name")[0]
