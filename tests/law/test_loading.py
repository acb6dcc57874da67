"""A file of law that breaks a rule is refused, with every fault of every file at once."""

from pathlib import Path

import pytest

from law.book import load_folder
from law.errors import ParameterFileError

VALUE = """
  - from: 2021-09-01
    value: 3
    status: confirmed
    source: checked
    checked_on: 2026-11-22
    reference: {act: 办法, number: 第1号, article: 第二条}
"""
HEAD = "zh: 期限\nen: term\ntype: integer\nregional: false\nvalues:"
GOOD = HEAD + VALUE


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder of law; a double underscore in a name separates topic and parameter."""
    (tmp_path / "codes").mkdir()
    for name, content in files.items():
        path = tmp_path / "parameters" / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def faults_of(tmp_path: Path, content: str) -> str:
    with pytest.raises(ParameterFileError) as caught:
        load_folder(folder(tmp_path, topic__name=content))
    return caught.value.en


def test_good_file_is_read(tmp_path: Path) -> None:
    assert load_folder(folder(tmp_path, topic__name=GOOD)).names() == ("topic.name",)


BROKEN = {
    "unknown key": (GOOD + "colour: red\n", "unknown key 'colour'"),
    "missing key": (GOOD.replace("zh: 期限\n", ""), "zh is missing"),
    "misspelt key of a value": (GOOD.replace("checked_on", "checked"), "unknown key 'checked'"),
    "day that does not exist": (GOOD.replace("2021-09-01", "2021-02-30"), "'2021-02-30'"),
    "day in another form": (GOOD.replace("2021-09-01", "2021/9/1"), "'2021/9/1'"),
    "no reference": (GOOD[: GOOD.index("    reference")], "reference is missing"),
    "reference without act": (GOOD.replace("act: 办法, ", ""), "act is missing"),
    "region where none is allowed": (
        GOOD.replace("    value: 3", '    value: 3\n    region: "440500"'),
        "region 440500 may not override",
    ),
    "region as a number": (
        GOOD.replace("    value: 3", "    value: 3\n    region: 440500"),
        "must be a quoted code",
    ),
    "value of another type": (GOOD.replace("value: 3", "value: three"), "must be a whole number"),
    "true is not a number": (GOOD.replace("value: 3", "value: true"), "must be a whole number"),
    "negative": (GOOD.replace("value: 3", "value: -3"), "must be a whole number"),
    "unknown type": (GOOD.replace("type: integer", "type: days"), "unknown type 'days'"),
    "unknown status": (GOOD.replace("confirmed", "sure"), "status is 'sure'"),
    "unknown source": (GOOD.replace("source: checked", "source: web"), "source is 'web'"),
    "memory can't be confirmed": (
        GOOD.replace("source: checked", "source: from_memory"),
        "can't be confirmed",
    ),
    "secondary can't be confirmed": (
        GOOD.replace("source: checked", "source: checked_secondary"),
        "can't be confirmed",
    ),
    "proposal can't be confirmed": (
        GOOD.replace("source: checked", "source: proposal"),
        "can't be confirmed",
    ),
    "confirmed without an article": (GOOD.replace("第二条", "null"), "needs reference.article"),
    "confirmed without a day of checking": (GOOD.replace("2026-11-22", "null"), "needs checked_on"),
    "same day twice": (GOOD + VALUE.lstrip("\n"), "two values from 2021-09-01"),
    "repeated key": (GOOD + "en: again\n", "'en' is repeated"),
    "no values": (HEAD + " []\n", "must be a list that is not empty"),
    "not YAML": ("zh: [", "not readable"),
    "a list at the top": ("- zh\n", "must be a mapping"),
    "needs a table": (
        GOOD.replace("type: integer", "type: codes"),
        "there is no code table None",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    assert message in faults_of(tmp_path, content)


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    first = GOOD.replace("2021-09-01", "2021-02-30").replace("zh: 期限\n", "")
    second = GOOD + "colour: red\n"
    with pytest.raises(ParameterFileError) as caught:
        load_folder(folder(tmp_path, topic__first=first, topic__second=second))
    message = str(caught.value)
    for expected in ("first.yaml", "second.yaml", "2021-02-30", "zh is missing", "colour", "3 处"):
        assert expected in message


def test_file_at_another_depth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterFileError, match="belongs in <topic>/<name>"):
        load_folder(folder(tmp_path, lonely=GOOD))


CODES = """zh: 表
en: table
status: unconfirmed
source: proposal
reference: {act: 本软件}
attributes:
  class: [good, bad]
codes:
  a: {zh: 甲, en: first, class: good}
"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CODES.replace("  a:", "  1:"), "put the code in quotes"),
        (CODES.replace("class: good", "class: fair"), "class is 'fair'"),
        (CODES.replace(", class: good", ""), "class is missing"),
        (CODES.replace("class: good", "class: good, colour: red"), "unknown key 'colour'"),
        (
            CODES.replace("class: good", "class: good, since: 2021-01-02, until: 2021-01-01"),
            "until is before since",
        ),
        (CODES[: CODES.index("  a:")] + "  {}\n", "codes must be a mapping"),
    ],
)
def test_broken_code_table_is_refused(tmp_path: Path, content: str, message: str) -> None:
    place = folder(tmp_path, topic__name=GOOD)
    (place / "codes" / "table.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ParameterFileError) as caught:
        load_folder(place)
    assert message in caught.value.en


def test_yes_and_no_are_words(tmp_path: Path) -> None:
    """YAML 1.1 would read the code NO as false."""
    place = folder(tmp_path, topic__name=GOOD)
    table = place / "codes" / "table.yaml"
    table.write_text(CODES.replace("  a:", "  NO:"), encoding="utf-8")
    assert list(load_folder(place).codes("table")) == ["NO"]
