"""Tables of an office: every fault with its row, several encodings in, one form out."""

import pytest

from scoring.double_random.tables import (
    AVOIDANCE,
    EXCLUSIONS,
    INSPECTORS,
    TableShape,
    canonical_table,
    read_table,
)
from scoring.errors import InputTableError

PEOPLE = ",".join(INSPECTORS.columns) + "\n"
ROWS = "uscc,ground\r\n91B,注销\r\n91A, 本年已检查 \r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_and_line_ends_give_the_same_canonical_bytes(encoding: str) -> None:
    table = read_table(ROWS.encode(encoding), EXCLUSIONS)
    assert canonical_table(table) == "uscc,ground\n91A,本年已检查\n91B,注销\n".encode()


def test_canonical_bytes_read_back_to_themselves() -> None:
    content = 'inspector_id,uscc,reason\nP1,91A,"亲属,同住"\nP1,91B,"称""老友"""\n'.encode()
    assert canonical_table(read_table(content, AVOIDANCE)) == content


def test_no_file_is_an_empty_table() -> None:
    assert canonical_table(read_table(None, EXCLUSIONS)) == b"uscc,ground\n"


@pytest.mark.parametrize(
    ("shape", "content", "told"),
    [
        (EXCLUSIONS, "uscc\n91A\n", "缺少列 ground"),
        (EXCLUSIONS, "uscc,ground\n91A,\n", "第 2 行 ground='' 为空"),
        (EXCLUSIONS, "uscc,ground\n,注销\n", "第 2 行 uscc='' 为空"),
        (EXCLUSIONS, "uscc,ground\n91A,注销\n91A,迁出\n", "第 3 行 uscc='91A' 重复"),
        (EXCLUSIONS, "uscc,ground\n９１A,注销\n", "第 2 行 uscc='９１A' 含全角"),
        (EXCLUSIONS, 'uscc,ground\n91A,"注\n销"\n', "不可见字符"),
        (EXCLUSIONS, "", "不是可读的 CSV"),
        (AVOIDANCE, "inspector_id,uscc,reason\nP1,91A,\n", "第 2 行 reason"),
        (
            INSPECTORS,
            PEOPLE + "P1,甲,队,E1,2026/12/31,,\n",
            "第 2 行 certificate_valid_to='2026/12/31' 不是日期",
        ),
        (
            INSPECTORS,
            PEOPLE + "P1,甲,队,E1,2026-02-30,,\n",
            "2026-02-30",
        ),
    ],
)
def test_faults_name_file_row_value_and_remedy(shape: TableShape, content: str, told: str) -> None:
    with pytest.raises(InputTableError, match=told) as refused:
        read_table(content.encode(), shape)
    assert shape.file in refused.value.en


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputTableError) as refused:
        read_table(b"uscc,ground\n91A,\n,x\n91 B,x\n", EXCLUSIONS)
    assert [row for row in (2, 3, 4) if f"第 {row} 行" in refused.value.zh] == [2, 3, 4]


def test_another_encoding_is_refused() -> None:
    with pytest.raises(InputTableError, match="编码"):
        read_table(b"uscc,ground\n91A,\xff\xff\n", EXCLUSIONS)
