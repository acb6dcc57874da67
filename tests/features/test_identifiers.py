from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc

from features.identifiers import (
    USCC_ALPHABET,
    explain_licence_number,
    explain_registration_number,
    explain_uscc,
    licence_with_check,
    organisation_check,
    registration_number_with_check,
    uscc_exceptions,
    uscc_with_check,
    valid_uscc,
)

VALID = [
    "9144030071526726XG",
    "914403001922038216",
    "91350200MA2YJ1XR9G",
    "91440101MA5CJQ4N59",
    "913502000728319549",
    "123502001549897397",
    "91100000100003962T",
    "91110000802100433B",
    "91440500MA4T000510",
    "91440500MA4T0022XY",
    "92211300MA0T000380",
    "93441900MA5T00045C",
    "91440507MA4T001078",
]
INVALID = [
    "91350203M0001QAY9B",
    "9144030071526727XG",
    "9144030071526726XH",
    "9144030O71526726XG",
    "9144030071526726XI",
    "9144003071526726XG",
    "914403007152672",
    "",
    "９144030071526726XG",
    "9144030071526726xg",
]
LICENCES = [
    *("SC11834020305037", "SC11532139200465", "SC11464010500015", "SC11333019700024"),
    *("SC11837048101233", "SC12636098200051", "SC12434017430075", "SC11432010400101"),
    *("SC10444050700018", "SC10544190000028", "SC12444050701235", "SC20144050700011"),
    *("JY14403030012013", "JY14405070000016", "JY24405070000022", "JY34419000000034"),
]
REGISTRATION_NUMBERS = [
    *("440301103097413", "440301103448669", "310000400003970"),
    *("440500000000013", "441900000000123", "211300600000035", "110108000000016"),
]

prefixes = st.builds(
    lambda lead, area, rest: lead + area + rest,
    st.text("0123456789", min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
)


def test_vectors() -> None:
    assert valid_uscc(VALID).all()
    assert not valid_uscc(INVALID).any()
    assert len(valid_uscc([])) == 0


@pytest.mark.parametrize("code", VALID)
def test_check_characters_are_computed(code: str) -> None:
    assert uscc_with_check(code[:17]) == code
    assert organisation_check(code[8:16]) == code[16]
    assert uscc_with_check(code[:16]) == code


@given(prefixes)
def test_computed_code_is_valid_here_and_in_stdnum(prefix: str) -> None:
    code = uscc_with_check(prefix)
    assert valid_uscc([code])[0]
    assert stdnum_uscc.is_valid(code)
    assert explain_uscc(code) is None


@given(prefixes, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_every_change_of_one_character_is_found(prefix: str, place: int, other: str) -> None:
    code = uscc_with_check(prefix)
    changed = code[:place] + other + code[place + 1 :]
    assert bool(valid_uscc([changed])[0]) is (changed == code)


@given(prefixes, st.integers(0, 16))
def test_every_swap_of_neighbours_is_found(prefix: str, place: int) -> None:
    code = uscc_with_check(prefix)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert bool(valid_uscc([swapped])[0]) is (swapped == code)


@given(st.text(max_size=20))
def test_any_text_is_judged_and_explained(text: str) -> None:
    assert (explain_uscc(text) is None) is bool(valid_uscc([text])[0])


def test_explanations_name_what_is_expected() -> None:
    letter_o = explain_uscc("9144030O71526726XG")
    assert letter_o is not None
    assert "第 8 位“O”" in letter_o.zh
    assert "很可能应为“0”" in letter_o.zh
    assert 'probably "0"' in letter_o.en
    wrong_check = explain_uscc("9144030071526726XH")
    assert wrong_check is not None
    assert "第 18 位应为“G”" in wrong_check.zh
    assert 'should be "G"' in wrong_check.en
    short = explain_uscc("914403007152672")
    assert short is not None
    assert "实为 15 位" in short.zh
    area = explain_uscc("91A4030071526726XG")
    assert area is not None
    assert "第 3 位" in area.zh


@pytest.mark.parametrize("prefix", ["914403007152672", "9144030O71526726X", "91440300715267260000"])
def test_refuses_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="credit code"):
        uscc_with_check(prefix)


@pytest.mark.parametrize("number", LICENCES)
def test_licence_numbers(number: str) -> None:
    assert explain_licence_number(number) is None
    assert licence_with_check(number[:2], number[2:15]) == number
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    explained = explain_licence_number(wrong)
    assert explained is not None
    assert f"末位应为 {number[-1]}" in explained.zh


@given(st.text("0123456789", min_size=13, max_size=13), st.integers(0, 13), st.integers(1, 9))
def test_every_change_of_one_digit_of_a_licence_is_found(
    digits: str, place: int, step: int
) -> None:
    number = licence_with_check("SC", digits)[2:]
    changed = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert explain_licence_number("SC" + changed) is not None


@pytest.mark.parametrize("number", REGISTRATION_NUMBERS)
def test_registration_numbers(number: str) -> None:
    assert explain_registration_number(number) is None
    assert registration_number_with_check(number[:14]) == number


@pytest.mark.parametrize(
    "number", ["110000002936012", "100000000000012", "1234", "44030110309741X"]
)
def test_doubtful_registration_numbers(number: str) -> None:
    assert explain_registration_number(number) is not None


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("TS2210890-2015", True),
        ("TS2223010—2015", True),
        ("TS22108-2015", False),
        ("TS2210890", False),
        ("SC1234", False),
        ("YB12345678901234", True),
        ("粤许字第5号", True),
    ],
)
def test_other_licence_numbers(number: str, good: bool) -> None:
    assert (explain_licence_number(number) is None) is good


@pytest.mark.parametrize("digits", ["123", "123456789012X", "12345678901234"])
def test_refuses_wrong_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="13 digits"):
        licence_with_check("SC", digits)


def test_an_office_adds_its_own_exceptions(tmp_path: Path) -> None:
    own = tmp_path / "exceptions.csv"
    own.write_text("uscc,ground\n9144030071526726XH,登记机关确认\n", encoding="utf-8-sig")
    assert "91350203M0001QAY9B" in uscc_exceptions()
    assert uscc_exceptions(own) == uscc_exceptions() | {"9144030071526726XH"}
