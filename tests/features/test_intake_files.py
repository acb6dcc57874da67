"""Files as departments send them: encodings, headers, workbooks, broken lines."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import SourceFileError
from features.intake import Mapping
from features.intake.opened import CHUNK_ROWS
from tests.features.departments import (
    ERRORS,
    GOOD,
    HEADER,
    ROW,
    SOURCE_ROW,
    bring_in,
    instant,
    penalty_rule,
    penalty_source,
    records_of,
    save_mapping,
    write_csv,
    write_excel,
)


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return save_mapping(tmp_path, penalty_source())


@pytest.fixture
def excel_mapping(tmp_path: Path) -> Mapping:
    data = penalty_source(source="test_excel", format="excel", sheet="处罚", files=["*.xlsx"])
    return save_mapping(tmp_path, data)


def refused(path: Path, mapping: Mapping) -> str:
    """The message of a file that is refused whole, and that nothing was left behind."""
    with pytest.raises(SourceFileError) as caught:
        bring_in(path, mapping)
    left = [item.name for item in (path.parent / "records").glob("*") if item.name != ".lock"]
    assert left == []
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_encodings_that_are_read(tmp_path: Path, mapping: Mapping, encoding: str) -> None:
    report = bring_in(write_csv(tmp_path / "处罚.csv", [ROW], encoding=encoding), mapping)
    assert records_of(report, tmp_path)[0]["decision_no"] == "粤〔2024〕1号"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_and_without_mark(tmp_path: Path, encoding: str) -> None:
    mapping = save_mapping(tmp_path, penalty_source(encoding="utf-8"))
    report = bring_in(write_csv(tmp_path / "处罚.csv", [ROW], encoding=encoding), mapping)
    assert report.accepted == {"penalty": 1}


def test_utf8_instead_of_gb18030(tmp_path: Path, mapping: Mapping) -> None:
    path = write_csv(tmp_path / "处罚.csv", [ROW], header=["A", *HEADER], encoding="utf-8")
    with pytest.raises(UnicodeDecodeError) as decoding:
        path.read_bytes().decode("gb18030")
    told = refused(path, mapping)
    assert f"第 {decoding.value.start + 1} 个字节不符" in told
    assert "很可能是 UTF-8 编码" in told
    assert f"byte {decoding.value.start + 1} does not fit" in told


def test_utf8_that_happens_to_be_gb18030(tmp_path: Path, mapping: Mapping) -> None:
    path = tmp_path / "处罚.csv"
    path.write_bytes("A,统一信用\n".encode())
    assert path.read_bytes().decode("gb18030") != "A,统一信用\n"
    assert "第 3 个字节不符；很可能是 UTF-8 编码" in refused(path, mapping)


def test_gb18030_instead_of_utf8(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(encoding="utf-8"))
    path = write_csv(tmp_path / "处罚.csv", [ROW])
    with pytest.raises(UnicodeDecodeError) as decoding:
        path.read_bytes().decode("utf-8")
    told = refused(path, mapping)
    assert f"第 {decoding.value.start + 1} 个字节不符；很可能是 GB18030 编码" in told


@pytest.mark.slow
def test_wrong_byte_far_inside_a_file(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(encoding="utf-8"))
    path = write_csv(tmp_path / "处罚.csv", [ROW] * 30_000, encoding="utf-8")
    content = bytearray(path.read_bytes())
    position = content.index("食品".encode(), 2_000_000)
    content[position] = 0xFF
    path.write_bytes(content)
    told = refused(path, mapping)
    assert f"第 {position + 1} 个字节不符" in told
    assert "可能已损坏" in told


def test_utf16(tmp_path: Path, mapping: Mapping) -> None:
    assert "UTF-16" in refused(write_csv(tmp_path / "处罚.csv", [ROW], encoding="utf-16"), mapping)


def test_a_workbook_named_csv(tmp_path: Path, mapping: Mapping) -> None:
    path = write_excel(tmp_path / "x.xlsx", [HEADER, ROW]).rename(tmp_path / "处罚.csv")
    assert "其实是 Excel 工作簿" in refused(path, mapping)


def test_empty_file_and_header_only(tmp_path: Path, mapping: Mapping) -> None:
    path = tmp_path / "处罚.csv"
    path.write_bytes(b"")
    assert "是空的" in refused(path, mapping)
    assert "只有表头" in refused(write_csv(path, []), mapping)
    path.write_bytes((",".join(HEADER) + "\n,,,,,,\n\n").encode("gb18030"))
    assert "只有表头" in refused(path, mapping)
    assert "没有文件" in refused(tmp_path / "没有.csv", mapping)


def test_header_faults_are_told_at_once_with_remedies(tmp_path: Path, mapping: Mapping) -> None:
    header = [*HEADER[:1], "决定书文号", *HEADER[2:6], "来源", "来源"]
    told = refused(write_csv(tmp_path / "处罚.csv", [[*ROW, "x"]], header=header), mapping)
    assert "缺少列“文号”（是否就是“决定书文号”？）" in told
    assert "缺少列“领域”" in told
    assert "不认识的列“来源”；如不使用，请加入映射 test_penalties 的 ignore" in told
    assert "列名“来源”重复" in told
    assert 'unknown column "来源"' in told


def test_headers_match_whatever_their_width_and_blanks(tmp_path: Path, mapping: Mapping) -> None:
    header = [" 统一社会信用代码", "文 号", "决定日期", "归集日期", "罚款(万元)", "种类", "领域"]
    assert bring_in(write_csv(tmp_path / "处罚.csv", [ROW], header=header), mapping).accepted


def test_columns_without_a_header(tmp_path: Path, mapping: Mapping) -> None:
    path = tmp_path / "处罚.csv"
    report = bring_in(write_csv(path, [[*ROW, ""]], header=[*HEADER, ""]), mapping)
    assert report.accepted == {"penalty": 1}
    with pytest.raises(SourceFileError) as caught:
        bring_in(write_csv(path, [[*ROW, "x"]], header=[*HEADER, ""]), mapping)
    assert "第 8 列有内容但没有列名" in str(caught.value)


def test_rows_keep_their_numbers_around_broken_and_empty_lines(
    tmp_path: Path, mapping: Mapping
) -> None:
    lines = [
        ",".join(HEADER),  # 1
        ",".join(ROW),  # 2
        "x,y",  # 3: too few cells
        "",  # 4
        ",".join([*ROW, "z", "z"]),  # 5: too many
        ",,,,,,",  # 6
        f'{GOOD},"一\n二",2024-01-05,2024-01-09,1,罚款,食品',  # 7, over two lines
        ",".join([GOOD, "四", "2024-13-05", *ROW[3:]]),  # 8
        ",".join([GOOD, "五", *ROW[2:]]),  # 9
    ]
    path = tmp_path / "处罚.csv"
    path.write_bytes("\n".join(lines).encode("gb18030"))
    report = bring_in(path, mapping)
    records = records_of(report, tmp_path)
    assert [(r["row_no"], r["decision_no"]) for r in records] == [
        (2, "粤〔2024〕1号"),
        (7, "一 二"),
        (9, "五"),
    ]
    assert report.reject_file is not None
    with report.reject_file.open(encoding="gb18030", newline="") as stream:
        back = list(csv.DictReader(stream))
    assert [row[SOURCE_ROW] for row in back] == ["3", "5", "8"]
    assert "本行有 2 个单元格，表头有 7 个" in back[0][ERRORS]
    assert back[0]["文号"] == "y"
    assert f"原文：{','.join([*ROW, 'z', 'z'])}" in back[1][ERRORS]
    assert (report.rows, report.rejected_rows) == (6, 3)


def test_a_quote_that_never_closes_is_not_swallowed(tmp_path: Path, mapping: Mapping) -> None:
    path = tmp_path / "处罚.csv"
    lines = [",".join(HEADER), ",".join(ROW), f'{GOOD},"一,2024-01-05', ",".join(ROW)]
    path.write_bytes("\n".join(lines).encode("gb18030"))
    report = bring_in(path, mapping)
    assert (report.accepted, report.rejected_rows) == ({"penalty": 1}, 1)
    back = (report.reject_file or Path()).read_text(encoding="gb18030")
    assert "本行跨 2 行，引号可能没有闭合" in back
    assert ",".join(ROW) in back


def test_header_below_a_title(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(header_row=3))
    path = tmp_path / "处罚.csv"
    bad = [*ROW[:4], "五万", *ROW[5:]]
    lines = ["某局处罚台账,,", "", ",".join(HEADER), ",".join(ROW), ",".join(bad)]
    path.write_bytes("\n".join(lines).encode("gb18030"))
    report = bring_in(path, mapping)
    assert records_of(report, tmp_path)[0]["row_no"] == 4
    assert report.reject_file is not None
    back = report.reject_file.read_text(encoding="gb18030").splitlines()
    assert back[0].startswith("某局处罚台账")
    assert back[2].startswith("统一社会信用代码")


@pytest.mark.slow
def test_large_files_come_in_chunks(tmp_path: Path, mapping: Mapping) -> None:
    rows = [[GOOD, str(number), *ROW[2:]] for number in range(CHUNK_ROWS + 10)]
    rows[CHUNK_ROWS + 5][4] = "五万"
    seen: list[tuple[int, int | None]] = []
    report = bring_in(
        write_csv(tmp_path / "处罚.csv", rows),
        mapping,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert report.accepted == {"penalty": CHUNK_ROWS + 9}
    assert seen[-1][0] == CHUNK_ROWS + 10
    assert len(seen) >= 2
    assert f",{CHUNK_ROWS + 7}" in (report.reject_file or Path()).read_text(encoding="gb18030")


# Workbooks


def excel_rows(*rows: list[Any]) -> list[list[Any]]:
    return [[*HEADER, "备注"], *rows]


def test_a_workbook_with_typed_cells(tmp_path: Path, excel_mapping: Mapping) -> None:
    good = [GOOD, "1号", date(2024, 1, 5), instant("2024-01-09T08:30"), 1.5, "罚款", "食品", None]
    bad = [914403001922038216, 2, 45296, date(2024, 1, 9), "=1+1", "罚款", "食品", "@x"]
    total = ["合计", None, None, None, 101.5, None, None, None]
    path = write_excel(tmp_path / "处罚.xlsx", excel_rows(good, bad, total))
    report = bring_in(path, excel_mapping)
    (record,) = records_of(report, tmp_path)
    assert record["event_on"] == date(2024, 1, 5)
    assert record["known_at"] == instant("2024-01-09T00:30")
    assert record["fine_cny"] == Decimal("15000.00")
    assert report.reject_file is not None
    book = openpyxl.load_workbook(report.reject_file)
    rows = list(book["处罚"].iter_rows(values_only=True))
    assert list(rows[0]) == [*HEADER, "备注", ERRORS, SOURCE_ROW]
    assert [row[-1] for row in rows[1:]] == ["3", "4"]
    assert "科学计数" in str(rows[1][-2])
    assert "Excel 日期序列号（即 2024-01-05）" in str(rows[1][-2])
    assert rows[1][7] == "@x"
    assert "合计行" in str(rows[2][-2])
    assert all(
        cell.data_type == "s" for row in book["处罚"].iter_rows() for cell in row if cell.value
    )


def test_a_corrected_reject_workbook_comes_back(tmp_path: Path, excel_mapping: Mapping) -> None:
    bad = [GOOD, "1号", "2024-01-05", "2024-01-09", "五万", "罚款", "食品", None]
    path = write_excel(tmp_path / "处罚.xlsx", excel_rows(bad))
    report = bring_in(path, excel_mapping)
    assert report.reject_file is not None
    book = openpyxl.load_workbook(report.reject_file)
    book["处罚"]["E2"] = 5
    corrected = tmp_path / "处罚 改.xlsx"
    book.save(corrected)
    again = bring_in(corrected, excel_mapping)
    assert again.rejected_rows == 0
    assert records_of(again, tmp_path)[0]["fine_cny"] == Decimal("50000.00")


def test_a_reject_workbook_has_the_layout_of_its_source_and_marks_the_cells(
    tmp_path: Path,
) -> None:
    data = penalty_source(source="test_excel", format="excel", sheet="处罚", header_row=3)
    mapping = save_mapping(tmp_path, data)
    title = [["某局处罚台账"], ["单位：万元", "2024年"]]
    good = [*ROW, None]
    bad = [GOOD, "2号", "2024-13-05", "2024-01-09", "五万", "罚款", "食品", "请看"]
    empty = [GOOD, None, "2024-01-05", "2024-01-09", "1", "罚款", "食品", None]
    path = write_excel(tmp_path / "处罚.xlsx", [*title, *excel_rows(good, bad, empty)])
    report = bring_in(path, mapping)
    assert report.reject_file is not None
    book = openpyxl.load_workbook(report.reject_file)
    page = book["处罚"]
    rows = [[cell or None for cell in row] for row in page.iter_rows(values_only=True)]
    assert rows[0][0] == "某局处罚台账"
    assert rows[1][:2] == ["单位：万元", "2024年"]
    assert rows[2] == [*HEADER, "备注", ERRORS, SOURCE_ROW]
    assert [row[:8] for row in rows[3:]] == [bad, empty]
    assert [row[-1] for row in rows[3:]] == ["5", "6"]
    told = {cell.coordinate: cell.comment.text for row in page for cell in row if cell.comment}
    assert sorted(told) == ["B5", "C4", "E4"]
    assert "日历上没有这一天" in told["C4"]
    assert "“五万”不是数字" in told["E4"]
    assert "必填项为空" in told["B5"]
    coloured = {c.coordinate for row in page for c in row if c.fill.fill_type == "solid"}
    assert coloured == set(told)

    page["C4"], page["E4"], page["B5"] = "2024-01-05", "5", "3号"
    book.save(report.reject_file)
    again = bring_in(report.reject_file, mapping, records_dir=tmp_path / "records")
    assert (again.accepted, again.rejected_rows) == ({"penalty": 2}, 0)


def test_a_reject_workbook_still_wrong_keeps_its_name_and_gets_new_reasons(
    tmp_path: Path, excel_mapping: Mapping
) -> None:
    bad = [GOOD, "1号", "2024-01-05", "2024-01-09", "五万", "罚款", "食品", None]
    first = bring_in(write_excel(tmp_path / "处罚.xlsx", excel_rows(bad)), excel_mapping)
    assert first.reject_file is not None
    book = openpyxl.load_workbook(first.reject_file)
    book["处罚"]["E2"], book["处罚"]["G2"] = "5", "不详"
    again = tmp_path / first.reject_file.name
    book.save(again)
    second = bring_in(again, excel_mapping)
    assert second.reject_file is not None
    assert second.reject_file.name == "处罚.rejected.xlsx"
    page = openpyxl.load_workbook(second.reject_file)["处罚"]
    assert [cell.value for cell in page[1]] == [*HEADER, "备注", ERRORS, SOURCE_ROW]
    assert "五万" not in str(page["I2"].value)
    assert [c.coordinate for row in page for c in row if c.comment] == ["G2"]


def test_what_was_rejected_of_a_parquet_file_comes_back_as_csv(tmp_path: Path) -> None:
    mapping = save_mapping(
        tmp_path, penalty_source(source="test_parquet", format="parquet", files=["*.parquet"])
    )
    columns = {name: [value] for name, value in zip(HEADER, ROW, strict=True)}
    columns["罚款（万元）"] = ["五万"]
    path = tmp_path / "处罚.parquet"
    pq.write_table(pa.table(columns), path)
    report = bring_in(path, mapping)
    assert report.reject_file is not None
    corrected = tmp_path / report.reject_file.name
    text = report.reject_file.read_text(encoding="utf-8-sig")
    corrected.write_text(text.replace("五万", "5", 1), encoding="utf-8-sig")
    again = bring_in(corrected, mapping)
    assert (again.accepted, again.rejected_rows) == ({"penalty": 1}, 0)


@pytest.mark.parametrize(("encoding", "back"), [("gb18030", "gb18030"), ("utf-8", "utf-8-sig")])
def test_a_reject_csv_has_the_encoding_of_its_source(
    tmp_path: Path, encoding: str, back: str
) -> None:
    mapping = save_mapping(tmp_path, penalty_source(encoding=encoding))
    bad = [*ROW[:4], "五万", *ROW[5:]]
    report = bring_in(write_csv(tmp_path / "处罚.csv", [bad], encoding=encoding), mapping)
    assert report.reject_file is not None
    text = report.reject_file.read_bytes().decode(back)
    assert text.startswith(",".join(HEADER))
    corrected = tmp_path / "改.csv"
    corrected.write_bytes(text.replace("五万", "5", 1).encode(back))
    assert bring_in(corrected, mapping).accepted == {"penalty": 1}


@pytest.mark.slow
def test_broken_rows_of_many_blocks_do_not_shift_the_numbers(
    tmp_path: Path, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.intake.csv_files._BLOCK_BYTES", 4_000)
    lines = [",".join(HEADER)]
    for number in range(2, 1_500):
        whole = [GOOD, f"第{number}行", *ROW[2:]]
        lines.append(",".join(whole if number % 7 else whole[:3]))
    path = tmp_path / "处罚.csv"
    path.write_bytes("\n".join(lines).encode("gb18030"))
    report = bring_in(path, mapping)
    records = records_of(report, tmp_path)
    assert [r["decision_no"] for r in records] == [f"第{r['row_no']}行" for r in records]
    assert report.rejected_rows == len([n for n in range(2, 1_500) if n % 7 == 0])
    assert (report.reasons[0][0].zh, report.reasons[0][1]) == (
        "单元格个数与表头不符",
        report.rejected_rows,
    )


def test_workbook_faults(tmp_path: Path, excel_mapping: Mapping) -> None:
    path = write_excel(tmp_path / "处罚.xlsx", excel_rows(ROW), sheet="Sheet1")
    assert "没有工作表“处罚”；现有：Sheet1" in refused(path, excel_mapping)
    path.write_bytes(b"not a workbook")
    assert "不是能读取的 Excel 文件" in refused(path, excel_mapping)
    assert "是空的" in refused(write_excel(path, []), excel_mapping)
    assert "只有表头" in refused(write_excel(path, excel_rows()), excel_mapping)


def test_merged_cells(tmp_path: Path, excel_mapping: Mapping) -> None:
    path = write_excel(tmp_path / "处罚.xlsx", excel_rows(ROW, [None, "2", *ROW[2:]]))
    book = openpyxl.load_workbook(path)
    book["处罚"].merge_cells("A2:A3")
    book.save(path)
    assert "跨行合并的单元格（A2:A3）" in refused(path, excel_mapping)
    book["处罚"].unmerge_cells("A2:A3")
    book["处罚"].merge_cells("A1:B1")
    book.save(path)
    told = refused(path, excel_mapping)
    assert "缺少列“文号”" in told


def test_a_merged_header_over_data(tmp_path: Path) -> None:
    rule = penalty_rule()
    mapping = save_mapping(
        tmp_path, penalty_source(format="excel", header_row=2, records=[rule], ignore=["备注"])
    )
    rows = [["处罚台账"], [*HEADER, "备注", ""], [*ROW, "", "x"]]
    path = write_excel(tmp_path / "处罚.xlsx", rows)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:I1")  # type: ignore[union-attr]
    book.active.merge_cells("H2:I2")  # type: ignore[union-attr]
    book.active["I3"] = "x"  # type: ignore[index]
    book.save(path)
    assert "第 9 列有内容但没有列名（表头可能有合并单元格）" in refused(path, mapping)


def test_rows_above_and_left_of_the_table_count(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(format="excel", header_row=3))
    rows = [[], [], [None, *HEADER], [None, *ROW]]
    report = bring_in(write_excel(tmp_path / "处罚.xlsx", rows), mapping)
    assert records_of(report, tmp_path)[0]["row_no"] == 4


# Parquet


def test_typed_parquet(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(format="parquet", files=["*.parquet"]))
    table = pa.table(
        {
            "统一社会信用代码": pa.array([GOOD, GOOD, None]).dictionary_encode(),
            "文号": pa.array([1.0, 2.5, 3.0]),
            "决定日期": pa.array([instant("2024-01-05T00:00")] * 3, pa.timestamp("us")),
            "归集日期": pa.array([instant("2024-01-09T01:00")] * 3, pa.timestamp("ms", "UTC")),
            "罚款（万元）": pa.array([Decimal("1.50"), None, Decimal("2")], pa.decimal128(9, 2)),
            "种类": pa.array(["罚款"] * 3, pa.large_string()),
            "领域": ["食品"] * 3,
        }
    )
    path = tmp_path / "x.parquet"
    pq.write_table(table, path)
    report = bring_in(path, mapping)
    first, second = records_of(report, tmp_path)
    assert (first["decision_no"], second["decision_no"]) == ("1", "2.5")
    assert first["known_at"] == instant("2024-01-09T01:00")
    assert (first["fine_cny"], second["fine_cny"]) == (Decimal("15000.00"), None)
    assert (first["row_no"], report.rejected_rows) == (2, 1)


def test_parquet_faults(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(format="parquet", files=["*.parquet"]))
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1")
    assert "不是能读取的 Parquet 文件" in refused(path, mapping)
    pq.write_table(pa.table({"a": [[1]]}), path)
    assert "是嵌套结构" in refused(path, mapping)


# What goes back is safe to open


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+a", "-cmd", "\t=1", "＝1+1"])
def test_a_reject_csv_runs_nothing_and_comes_back_unchanged(
    tmp_path: Path, mapping: Mapping, cell: str
) -> None:
    path = write_csv(tmp_path / "处罚.csv", [[GOOD, cell, *ROW[2:4], "五万", *ROW[5:]]])
    report = bring_in(path, mapping)
    assert report.reject_file is not None
    text = report.reject_file.read_text(encoding="gb18030")
    with report.reject_file.open(encoding="gb18030", newline="") as stream:
        assert next(csv.DictReader(stream))["文号"] == "'" + cell
    corrected = tmp_path / "处罚 改.csv"
    corrected.write_text(text.replace("五万", "5", 1), encoding="gb18030")
    again = bring_in(corrected, mapping)
    assert records_of(again, tmp_path)[0]["decision_no"] == cell.strip()


def test_negative_numbers_are_no_formulas(tmp_path: Path, mapping: Mapping) -> None:
    path = write_csv(tmp_path / "处罚.csv", [[*ROW[:4], "-1.5", *ROW[5:]]])
    report = bring_in(path, mapping)
    assert ",-1.5," in (report.reject_file or Path()).read_text(encoding="gb18030")
