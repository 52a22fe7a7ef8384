"""The known word that is nearest to an unknown one, for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


def nearest(word: str, known: Iterable[str], similar: float = 0.6) -> str | None:
    """The known word most similar to `word`, ignoring case and the difference of `-` and `_`; None if none is
    similar. `similar` is the least part of the characters that must agree (difflib's ratio).
    """
    return _nearest(word, tuple(known), similar)


@lru_cache(maxsize=4096)
def _nearest(word: str, known: tuple[str, ...], similar: float) -> str | None:
    from difflib import get_close_matches

    plain = {_plain(candidate): candidate for candidate in known}
    ending = [text for text in plain if text.endswith(f"-{_plain(word)}")]
    if len(ending) == 1:  # 4.17 for xilinx-4.17
        return plain[ending[0]]
    found = get_close_matches(_plain(word), plain, n=1, cutoff=similar)
    return plain[found[0]] if found else None


def similarity(word: str, other: str) -> float:
    """The part of the characters that agree, from 0 to 1 (difflib's ratio)."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, word, other).ratio()


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """`did you mean "x"?`, or the text `otherwise` where nothing is near."""
    found = nearest(word, known)
    return f'did you mean "{found}"?' if found else otherwise


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
