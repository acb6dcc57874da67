"""One person under two spellings, two people with much the same name."""

import pytest

from features.names import same_person


@pytest.mark.parametrize(
    "other",
    ["张三", " 张三\n", "张 三", "张\u3000三", "张\u200b三", "\ufeff张三"],
)
def test_blanks_make_nobody_another_person(other: str) -> None:
    assert same_person("张三", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Li Lei", "ＬＩ　ＬＥＩ"),
        ("买买提·艾力", "买买提•艾力"),
        ("张三（食品科）", "张三 (食品科)"),
        ("José", "JOSE\u0301"),
    ],
)
def test_width_case_and_punctuation_make_nobody_another_person(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize("other", ["张叁", "张三丰", "李四", "张三2", ""])
def test_other_letters_are_another_person(other: str) -> None:
    assert not same_person("张三", other)
