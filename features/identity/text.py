"""Spelling that does not matter: width, traditional characters, brackets, blanks.

Every function takes and returns a pyarrow array of texts; the caller hands in distinct values.
"""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from opencc import OpenCC

_LINE = "\n"
_OPENING, _CLOSING = r"[\[【〔〖《〈「『{<]", r"[\]】〕〗》〉」』}>]"
_DASHES = r"[‐‑‒–—―−﹣~～]"
_NOISE = r"[^\p{Han}A-Z0-9()#\-]"
_CODE_BYTES = 4


def replaced(texts: Any, pattern: str, replacement: str) -> Any:
    """Every match of a regular expression replaced."""
    return pc.replace_substring_regex(texts, pattern, replacement)


def plain_text(texts: Any) -> Any:
    """Half-width, simplified, upper case, round brackets, without blanks and other punctuation."""
    texts = pc.utf8_normalize(pc.fill_null(texts, ""), form="NFKC")
    texts = simplified(pc.utf8_upper(replaced(texts, r"\s+", "")))
    texts = replaced(replaced(texts, _OPENING, "("), _CLOSING, ")")
    return replaced(replaced(texts, _DASHES, "-"), _NOISE, "")


def simplified(texts: Any) -> Any:
    """Traditional characters made simplified; only texts that hold any are converted."""
    traditional = "".join(
        character for character in _characters(texts) if _simple(character) != character
    )
    if not traditional:
        return texts
    mask = pc.match_substring_regex(texts, f"[{traditional}]")
    found = texts.filter(mask).to_pylist()
    # One call for all of them: the converter starts slowly and reads fast.
    converted = _converter().convert(_LINE.join(found)).split(_LINE)
    return pc.replace_with_mask(texts, mask, pa.array(converted, pa.string()))


def code_points(texts: Any) -> tuple[Any, Any]:
    """Code points of all texts in one row with a 0 after each, and the text each belongs to."""
    whole = "\0".join(texts.to_pylist()) + "\0"
    points = np.frombuffer(whole.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    ends = points == 0
    return points, np.cumsum(ends) - ends


def _characters(texts: Any) -> list[str]:
    if not len(texts):
        return []
    points, _ = code_points(texts)
    han = np.unique(points)
    return [chr(point) for point in han[han > 0x2E7F]]


@cache
def _simple(character: str) -> str:
    return str(_converter().convert(character))


@cache
def _converter() -> Any:
    return OpenCC("t2s")
