"""Identifiers of enterprises and licences: check them, explain what is wrong, compute check digits.

References: GB 32100-2015 (unified social credit code), GS 15-2006 (15-digit registration number),
GB/T 17710 MOD 11,10 (registration number, SC and JY licences).
"""

import csv
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_11_10

from features.catalogue import CATALOG_FOLDER
from features.messages import Message

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18
# Letters the standard leaves out because they are misread, with what they are misread for.
_LOOK_ALIKES = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}
_AREA_POSITIONS = range(2, 8)
_CHARACTERS = 128
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_NUMBERED_LICENCE = re.compile(r"(SC|JY|YB)(\d{14})")
_TS_LICENCE = re.compile(r"TS\d{2}[0-9A-Z]{2}[0-9A-Z]{3,5}-(?:19|20)\d{2}")
_DASHES = str.maketrans({"—": "-", "–": "-", "－": "-", "−": "-"})


def _value_table() -> Any:
    table = np.full(_CHARACTERS, -1, dtype=np.int64)
    for value, character in enumerate(USCC_ALPHABET):
        table[ord(character)] = value
    return table


_VALUES = _value_table()
_WEIGHTS = np.array([pow(3, place, 31) for place in range(_USCC_LENGTH - 1)], dtype=np.int64)


def valid_uscc(values: Sequence[str]) -> Any:
    """Which of `values` are valid unified social credit codes.

    Returns
    -------
    Boolean array of the length of `values`. Only upper case and the 18 characters count: clean
    the text first.
    """
    text = np.asarray(values, dtype=np.str_)
    valid = np.zeros(len(text), dtype=bool)
    candidates = np.flatnonzero(np.strings.str_len(text) == _USCC_LENGTH)
    if not len(candidates):
        return valid
    points = text[candidates].astype(f"U{_USCC_LENGTH}").view(np.uint32).reshape(-1, _USCC_LENGTH)
    digits = np.where(points < _CHARACTERS, _VALUES[np.minimum(points, _CHARACTERS - 1)], -1)
    known = (digits >= 0).all(axis=1)
    area = digits[:, _AREA_POSITIONS.start : _AREA_POSITIONS.stop] < 10
    check = (-(digits[:, :-1] @ _WEIGHTS)) % 31
    valid[candidates] = known & area.all(axis=1) & (check == digits[:, -1])
    return valid


def explain_uscc(value: str) -> Message | None:
    """What is wrong with a unified social credit code, or ``None`` when it is valid."""
    if bool(valid_uscc([value])[0]):
        return None
    if len(value) != _USCC_LENGTH:
        return Message(
            f"统一社会信用代码应为 18 位，实为 {len(value)} 位；请对照营业执照补全",
            f"a unified social credit code has 18 characters, this has {len(value)}; "
            "copy it from the business licence",
        )
    wrong = [place for place, character in enumerate(value) if character not in USCC_ALPHABET]
    if wrong:
        return _explain_character(value[wrong[0]], place=wrong[0] + 1)
    letters = [place for place in _AREA_POSITIONS if not value[place].isdigit()]
    if letters:
        return Message(
            f"第 {letters[0] + 1} 位“{value[letters[0]]}”应为数字（第 3 至 8 位是行政区划）",
            f'character {letters[0] + 1} "{value[letters[0]]}" must be a digit '
            "(characters 3 to 8 are the area code)",
        )
    expected = stdnum_uscc.calc_check_digit(value[:-1])
    return Message(
        f"校验码不符：第 18 位应为“{expected}”，实为“{value[-1]}”；"
        "或前 17 位有误，请对照营业执照核对",
        f'the check character does not fit: character 18 should be "{expected}", not '
        f'"{value[-1]}", or one of the first 17 is wrong; compare with the business licence',
    )


def _explain_character(character: str, *, place: int) -> Message:
    likely = _LOOK_ALIKES.get(character)
    zh = f"第 {place} 位“{character}”不是统一社会信用代码所用的字符（不用 I、O、S、V、Z）"
    en = f'character {place} "{character}" is not used in these codes (no I, O, S, V, Z)'
    if likely is None:
        return Message(f"{zh}；请对照营业执照核对", f"{en}; compare with the business licence")
    return Message(f"{zh}；很可能应为“{likely}”", f'{en}; it is probably "{likely}"')


def uscc_with_check(prefix: str) -> str:
    """The 18-character code that begins with `prefix`.

    Parameters
    ----------
    prefix
        17 characters, or 16 to have the organisation code's own check character (position 17,
        GB 11714) computed as well.

    Raises
    ------
    ValueError
        `prefix` has another length or a character outside the standard's alphabet.
    """
    if len(prefix) == _USCC_LENGTH - 2:
        prefix += organisation_check(prefix[8:])
    if len(prefix) != _USCC_LENGTH - 1 or any(c not in USCC_ALPHABET for c in prefix):
        raise ValueError(f"not the first 17 characters of a credit code: {prefix!r}")
    return prefix + str(stdnum_uscc.calc_check_digit(prefix))


def organisation_check(body: str) -> str:
    """Check character of an organisation code (GB 11714) from its first eight characters."""
    total = sum(
        int(character, 36) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def mod_11_10_digit(digits: str) -> str:
    """Check digit of `digits` by GB/T 17710 MOD 11,10."""
    return str(mod_11_10.calc_check_digit(digits))


def licence_with_check(prefix: str, digits: str) -> str:
    """A licence number such as ``SC`` + 13 digits + check digit.

    Raises
    ------
    ValueError
        `digits` is not 13 digits.
    """
    if not re.fullmatch(r"[0-9]{13}", digits):
        raise ValueError(f"not 13 digits: {digits!r}")
    return prefix + digits + mod_11_10_digit(digits)


def registration_number_with_check(digits: str) -> str:
    """A 15-digit registration number from its first 14 digits.

    Raises
    ------
    ValueError
        `digits` is not 14 digits.
    """
    if not re.fullmatch(r"[0-9]{14}", digits):
        raise ValueError(f"not 14 digits: {digits!r}")
    return digits + mod_11_10_digit(digits)


def explain_registration_number(value: str) -> Message | None:
    """What looks wrong with a 15-digit registration number, or ``None``.

    Numbers in use fail their check digit, so this is a reason to look, never to refuse.
    """
    if not re.fullmatch(r"[0-9]{15}", value):
        return Message("注册号应为 15 位数字", "a registration number has 15 digits")
    return _explain_mod_11_10(value)


def explain_licence_number(value: str) -> Message | None:
    """What looks wrong with an SC, JY, YB or TS licence number, or ``None``.

    Other kinds of number have no known pattern and pass.
    """
    text = value.translate(_DASHES)
    numbered = _NUMBERED_LICENCE.fullmatch(text)
    if numbered and numbered[1] != "YB":  # the rule of YB numbers is not known to be MOD 11,10
        return _explain_mod_11_10(numbered[2])
    if numbered or not text.startswith(("SC", "JY", "YB", "TS")):
        return None
    if text.startswith("TS"):
        if _TS_LICENCE.fullmatch(text):
            return None
        return Message(
            "特种设备许可证编号应形如 TS2210890-2015",
            "a special-equipment licence number looks like TS2210890-2015",
        )
    return Message(
        f"{text[:2]} 编号应为 {text[:2]} 加 14 位数字",
        f"a number of kind {text[:2]} is {text[:2]} and 14 digits",
    )


def _explain_mod_11_10(digits: str) -> Message | None:
    expected = mod_11_10_digit(digits[:-1])
    if digits[-1] == expected:
        return None
    return Message(
        f"校验位不符：末位应为 {expected}，实为 {digits[-1]}",
        f"the check digit does not fit: the last digit should be {expected}, not {digits[-1]}",
    )


@cache
def uscc_exceptions(path: Path | None = None) -> frozenset[str]:
    """Codes confirmed by a registration authority although their check character does not fit.

    Parameters
    ----------
    path
        An office's own CSV with a column ``uscc``; its codes are added to the built-in ones.
    """
    files = [CATALOG_FOLDER / "uscc_exceptions.csv", *([path] if path else [])]
    codes: set[str] = set()
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            codes.update(row["uscc"].strip() for row in csv.DictReader(stream))
    return frozenset(codes)
