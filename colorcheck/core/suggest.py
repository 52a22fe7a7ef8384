"""The known word that is nearest to an unknown one, for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most similar to `word`, ignoring case and the difference of `-` and `_`; None if none is
    similar.
    """
    return _nearest(word, tuple(known))


@lru_cache(maxsize=4096)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches

    plain = {_plain(candidate): candidate for candidate in known}
    ending = [text for text in plain if text.endswith(f"-{_plain(word)}")]
    if len(ending) == 1:  # 4.17 for xilinx-4.17
        return plain[ending[0]]
    found = get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """`did you mean "x"?`, or the text `otherwise` where nothing is near."""
    found = nearest(word, known)
    return f'did you mean "{found}"?' if found else otherwise


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
