"""What a row may hold, and what is said when it does not."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from features.intake import ImportReport
from tests.features.departments import (
    ERRORS,
    GOOD,
    HEADER,
    OTHER,
    RECEIVED,
    ROW,
    SOURCE_ROW,
    bring_in,
    instant,
    penalty_rule,
    penalty_source,
    records_of,
    save_mapping,
    write_csv,
)

COLUMNS = dict(zip(("id", "no", "on", "known", "fine", "kinds", "matter"), range(7), strict=True))


def row_with(**cells: str) -> list[str]:
    row = list(ROW)
    for name, value in cells.items():
        row[COLUMNS[name]] = value
    return row


def rejects(report: ImportReport) -> list[dict[str, str]]:
    if report.reject_file is None:
        return []
    with report.reject_file.open(encoding="gb18030", newline="") as stream:
        return list(csv.DictReader(stream))


def import_rows(
    folder: Path, rows: list[list[str]], *, rule: dict[str, Any] | None = None, **changes: Any
) -> ImportReport:
    records = [rule or penalty_rule()]
    mapping = save_mapping(folder, penalty_source(records=records, **changes))
    return bring_in(write_csv(folder / "处罚.csv", rows), mapping)


def test_a_good_row_becomes_a_record(tmp_path: Path) -> None:
    report = import_rows(tmp_path, [ROW])
    assert (report.rows, report.rejected_rows, report.accepted) == (1, 0, {"penalty": 1})
    (record,) = records_of(report, tmp_path)
    assert record == {
        "record_id": record["record_id"],
        "enterprise_id": GOOD,
        "event_on": date(2024, 1, 5),
        "known_at": instant("2024-01-08T16:00"),  # 9 January begins in China
        "source": "test_penalties",
        "producer": "市市场监督管理局",
        "provider": "市市场监督管理局",
        "import_id": report.import_id,
        "row_no": 2,
        "is_withdrawn": False,
        "corrected_by": None,
        "correction_reason": None,
        "decision_no": "粤〔2024〕1号",
        "penalty_kinds": "warning;fine",
        "matter": "food",
        "violation": None,
        "fine_cny": Decimal("15000.00"),
        "authority": None,
        "is_serious": None,
    }


BAD_ROWS: list[tuple[dict[str, str], str, str]] = [
    ({"on": "2021/13/45"}, "【决定日期】“2021/13/45”日历上没有这一天", "not a day of the calendar"),
    ({"on": "20210231"}, "日历上没有这一天", "not a day of the calendar"),
    ({"on": "2023-02-29"}, "日历上没有这一天", "not a day of the calendar"),
    ({"on": "44197"}, "Excel 日期序列号（即 2021-01-01）", "add excel to formats"),
    ({"on": "44197.5"}, "Excel 日期序列号", "serial number"),
    ({"on": "5日"}, "不是可识别的日期", "write it like 2021-03-09"),
    ({"on": "2021123"}, "【决定日期】“2021123”", "2021-03-09"),
    ({"on": ""}, "【决定日期】必填项为空", "[决定日期] is required"),
    ({"on": "1948-12-31"}, "早于 1949 年", "is before 1949"),
    ({"on": "2024-01-10"}, "2024-01-10 晚于知悉日期 2024-01-09", "is after the day it was known"),
    ({"on": "2024-06-02", "known": "2024-06-02"}, "晚于收到文件之日 2024-06-01", "received"),
    ({"known": "2030-01-01"}, "【知悉日期】2030-01-01 晚于收到文件之日", "received"),
    ({"known": ""}, "【归集日期】必填项为空", "[归集日期] is required"),
    ({"id": ""}, "【统一社会信用代码】必填项为空", "is required"),
    ({"id": "9144030O71526726XG"}, "第 8 位“O”", 'probably "0"'),
    ({"id": "9144030071526726XH"}, "第 18 位应为“G”，实为“H”", 'should be "G"'),
    ({"id": "440301103097413"}, "应为 18 位，实为 15 位", "has 18 characters"),
    ({"id": "9.14E+17"}, "科学计数", "scientific notation"),
    ({"no": "4.4010E+14"}, "科学计数", "scientific notation"),
    ({"no": "  "}, "【文号】必填项为空", "is required"),
    ({"fine": "五万"}, "【罚款（万元）】“五万”不是数字", "is not a number"),
    ({"fine": "5万元"}, "不带单位", "without a unit"),
    ({"fine": "-2"}, "不能为负数", "cannot be negative"),
    ({"fine": "1.23E+11"}, "科学计数", "scientific notation"),
    ({"fine": "0.0000001"}, "精确到分以下", "finer than one cent"),
    ({"fine": "9" * 20}, "数额过大", "too large"),
    ({"kinds": "警告、训诫"}, "“训诫”不是已知的取值（已知：警告、罚款）", "add it to codes"),
    ({"matter": "价格"}, "“价格”不是已知的取值", "is not a known value"),
    ({"id": "合计"}, "合计行", "row of totals"),
    ({"id": " 总 计："}, "合计行", "row of totals"),
]


@pytest.fixture(scope="module")
def bad_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportReport, list[dict[str, str]]]:
    """One file with a good row and every bad one."""
    rows = [ROW, *(row_with(**cells) for cells, _, _ in BAD_ROWS)]
    report = import_rows(tmp_path_factory.mktemp("bad"), rows)
    return report, rejects(report)


@pytest.mark.parametrize("number", range(len(BAD_ROWS)))
def test_a_bad_row_comes_back_with_its_reason(
    number: int, bad_file: tuple[ImportReport, list[dict[str, str]]]
) -> None:
    cells, zh, en = BAD_ROWS[number]
    back = bad_file[1][number]
    assert [back[name] for name in HEADER] == row_with(**cells)
    assert back[SOURCE_ROW] == str(number + 3)
    told_zh, told_en = back[ERRORS].split("\n")
    assert zh in told_zh
    assert en in told_en


def test_good_rows_of_a_bad_file_go_in(bad_file: tuple[ImportReport, list[dict[str, str]]]) -> None:
    report, back = bad_file
    assert report.accepted == {"penalty": 1}
    assert report.rejected_rows == len(back) == len(BAD_ROWS) == report.rows - 1


def test_all_faults_of_a_row_are_told_together(tmp_path: Path) -> None:
    bad = row_with(id="x", no="", on="2021-13-01", fine="-1", kinds="训诫", matter="价格")
    (back,) = rejects(import_rows(tmp_path, [bad]))
    for told in ("应为 18 位", "【文号】", "【决定日期】", "负数", "训诫", "价格"):
        assert told in back[ERRORS]


def test_a_total_row_is_told_nothing_else(tmp_path: Path) -> None:
    (back,) = rejects(import_rows(tmp_path, [["合计", "", "", "", "100", "", ""]]))
    assert back[ERRORS].split("\n")[0] == "本行是合计行，不是一条记录；请删去"


def test_a_whole_file_of_bad_rows_is_an_import_without_records(tmp_path: Path) -> None:
    report = import_rows(tmp_path, [row_with(id="x"), row_with(id="y")])
    assert (report.accepted, report.rejected_rows) == ({}, 2)


TIDIED: list[tuple[dict[str, str], str, object, bool]] = [
    ({"id": "９144030071526726XＧ"}, "enterprise_id", GOOD, True),
    ({"id": " 9144030071526726xg "}, "enterprise_id", GOOD, True),
    ({"on": "２０２４年１月５日"}, "event_on", date(2024, 1, 5), True),
    ({"on": "2024/1/5"}, "event_on", date(2024, 1, 5), False),
    ({"on": "20240105"}, "event_on", date(2024, 1, 5), False),
    ({"on": "2024-01-05 00:00:00"}, "event_on", date(2024, 1, 5), False),
    ({"known": "2024-01-09 08:30:00"}, "known_at", instant("2024-01-09T00:30"), False),
    ({"no": "粤〔２０２４〕1号"}, "decision_no", "粤〔2024〕1号", True),
    ({"no": "公司（甲）  乙"}, "decision_no", "公司（甲） 乙", False),
    ({"fine": "１．５"}, "fine_cny", Decimal("15000.00"), True),
    ({"fine": "0.00001"}, "fine_cny", Decimal("0.10"), False),
    ({"fine": ""}, "fine_cny", None, False),
    ({"kinds": "罚款、罚款、"}, "penalty_kinds", "fine", False),
]


@pytest.fixture(scope="module")
def tidied_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportReport, list[Any]]:
    """One file with every untidy row."""
    folder = tmp_path_factory.mktemp("tidied")
    report = import_rows(folder, [row_with(**cells) for cells, _, _, _ in TIDIED])
    return report, records_of(report, folder)


@pytest.mark.parametrize("number", range(len(TIDIED)))
def test_what_is_tidied(number: int, tidied_file: tuple[ImportReport, list[Any]]) -> None:
    report, records = tidied_file
    _, field, value, noted = TIDIED[number]
    assert records[number][field] == value
    rows = [note.zh.split("：")[-1].rstrip("）").split(", ") for note in report.warnings]
    assert (str(number + 2) in {row for found in rows for row in found}) is noted


def test_thousands_separators(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source(delimiter=";"))
    path = tmp_path / "处罚.csv"
    rows = [HEADER, row_with(fine="1,000.5"), row_with(no="2", fine="1,00")]
    path.write_bytes("\n".join(";".join(row) for row in rows).encode("gb18030"))
    report = bring_in(path, mapping)
    assert records_of(report, tmp_path)[0]["fine_cny"] == Decimal("10005000.00")
    assert report.rejected_rows == 1


def test_excel_serials_are_days_where_the_mapping_says_so(tmp_path: Path) -> None:
    rule = penalty_rule()
    rule["event_on"] = {"column": "决定日期", "formats": ["%Y-%m-%d", "excel"]}
    report = import_rows(tmp_path, [row_with(on="44197"), row_with(no="2", on="99999")], rule=rule)
    assert records_of(report, tmp_path)[0]["event_on"] == date(2021, 1, 1)
    assert report.rejected_rows == 1


def test_iso_days_are_read_whatever_the_formats(tmp_path: Path) -> None:
    rule = penalty_rule()
    rule["event_on"] = {"column": "决定日期", "formats": ["%d.%m.%Y"]}
    report = import_rows(tmp_path, [ROW, row_with(no="2", on="05.01.2024")], rule=rule)
    assert [r["event_on"] for r in records_of(report, tmp_path)] == [date(2024, 1, 5)] * 2


@pytest.mark.parametrize(
    ("known_at", "expected"),
    [
        ({"same_as": "event_on"}, instant("2024-01-04T16:00")),
        ({"lag_days": 3}, instant("2024-01-07T16:00")),
        ({"lag_days": 3000}, RECEIVED),
        (None, RECEIVED),
    ],
)
def test_when_the_office_knew(
    tmp_path: Path, known_at: dict[str, Any] | None, expected: datetime
) -> None:
    rule = {**penalty_rule(), "known_at": known_at}
    report = import_rows(tmp_path, [ROW], rule=rule, ignore=["归集日期"])
    assert records_of(report, tmp_path)[0]["known_at"] == expected


def test_receipt_may_come_with_a_time_zone(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source())
    path = write_csv(tmp_path / "处罚.csv", [ROW])
    report = bring_in(path, mapping, received_at=RECEIVED.replace(tzinfo=UTC))
    assert report.received_at == RECEIVED


def test_known_on_the_day_of_receipt_is_known_at_receipt(tmp_path: Path) -> None:
    report = import_rows(tmp_path, [row_with(known="2024-06-01 23:00:00")])
    assert records_of(report, tmp_path)[0]["known_at"] == RECEIVED


def test_rows_are_chosen_and_the_others_counted(tmp_path: Path) -> None:
    rule = {**penalty_rule(), "when": {"column": "领域", "not_in": ["广告"]}}
    report = import_rows(tmp_path, [ROW, row_with(no="2", matter="广告")], rule=rule)
    assert (report.accepted, report.skipped_rows) == ({"penalty": 1}, 1)
    rule["when"] = [{"column": "领域", "in": ["广告"]}, {"column": "文号", "present": True}]
    report = import_rows(tmp_path, [ROW, row_with(no="2", matter="广告")], rule=rule)
    assert [r["decision_no"] for r in records_of(report, tmp_path)] == ["2"]


def test_values_from_several_columns(tmp_path: Path) -> None:
    rule = penalty_rule(
        violation={"columns": ["领域", "种类"], "join": "/"},
        authority={"first_of": ["罚款（万元）", "文号"], "default": "无"},
        decision_no={"column": "文号", "extract": r"〔(\d{4})〕"},
        matter={"column": "领域", "codes": {"食品": "food"}, "other": "other"},
    )
    rows = [ROW, row_with(no="〔2023〕2", fine="", matter="气象")]
    first, second = records_of(import_rows(tmp_path, rows, rule=rule), tmp_path)
    assert (first["violation"], first["authority"]) == ("食品/警告、罚款", "1.5")
    assert (first["decision_no"], second["decision_no"]) == ("2024", "2023")
    assert (second["authority"], second["matter"]) == ("〔2023〕2", "other")


def test_text_that_does_not_fit_the_pattern_is_a_fault(tmp_path: Path) -> None:
    rule = penalty_rule(decision_no={"column": "文号", "extract": r"^(\d{4})$"})
    (back,) = rejects(import_rows(tmp_path, [ROW], rule=rule))
    assert "不符合格式" in back[ERRORS]


def test_words_that_mean_nothing(tmp_path: Path) -> None:
    rule = penalty_rule(authority={"column": "领域", "empty_values": ["食品"]})
    report = import_rows(tmp_path, [row_with(fine="无")], rule=rule, empty_values=["无", "-"])
    (record,) = records_of(report, tmp_path)
    assert (record["fine_cny"], record["authority"]) == (None, None)


def test_truth_values(tmp_path: Path) -> None:
    rule = penalty_rule(
        is_serious={"column": "领域", "true_values": ["食品"], "false_values": ["广告"]},
        matter={"constant": "food"},
    )
    rows = [ROW, row_with(no="2", matter="广告"), row_with(no="3", matter="?")]
    report = import_rows(tmp_path, rows, rule=rule)
    assert [r["is_serious"] for r in records_of(report, tmp_path)] == [True, False]
    assert "应为其中之一：食品、广告" in rejects(report)[0][ERRORS]


def test_the_producer_may_stand_in_a_column(tmp_path: Path) -> None:
    rule = {**penalty_rule(), "producer": {"column": "领域", "empty_values": ["广告"]}}
    report = import_rows(tmp_path, [ROW, row_with(no="2", matter="广告")], rule=rule)
    assert [r["producer"] for r in records_of(report, tmp_path)] == ["食品", "市市场监督管理局"]


def test_opaque_identifiers_are_kept_as_they_are(tmp_path: Path) -> None:
    rule = penalty_rule()
    rule["enterprise_id"] = {"column": "统一社会信用代码", "scheme": "opaque"}
    rows = [row_with(id="1E100"), row_with(id="ab-7"), row_with(id="9.1E+17")]
    report = import_rows(tmp_path, rows, rule=rule)
    assert [r["enterprise_id"] for r in records_of(report, tmp_path)] == ["1E100", "ab-7"]
    assert report.rejected_rows == 1


def test_a_code_confirmed_by_the_registration_authority_is_accepted(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source())
    path = write_csv(
        tmp_path / "处罚.csv",
        [row_with(id="91350203M0001QAY9B"), row_with(id="9144030071526726XH")],
    )
    assert bring_in(path, mapping, records_dir=tmp_path / "a").rejected_rows == 1
    own = tmp_path / "own.csv"
    own.write_text("uscc\n9144030071526726XH\n", encoding="utf-8")
    assert (
        bring_in(path, mapping, records_dir=tmp_path / "b", exceptions_file=own).rejected_rows == 0
    )


def registration_rule() -> dict[str, Any]:
    return {
        "kind": "registration",
        "enterprise_id": {"column": "代码"},
        "event_on": {"column": "日期"},
        "fields": {
            "event": {"constant": "change"},
            "status": {"constant": "active"},
            "name": {"column": "名称"},
            "registration_no": {"column": "注册号"},
            "legal_representative_key": {"columns": ["姓名", "证件号"], "hash": "person"},
        },
        "identifiers": {"registration_no": "registration_number"},
    }


def import_registrations(folder: Path, rows: list[list[str]], **changes: Any) -> ImportReport:
    source = penalty_source(records=[registration_rule()], ignore=[], encoding="utf-8")
    header = ["代码", "日期", "名称", "注册号", "姓名", "证件号"]
    path = write_csv(folder / "处罚.csv", rows, header=header, encoding="utf-8")
    return bring_in(path, save_mapping(folder, source), **changes)


def test_persons_are_kept_as_keyed_hashes(tmp_path: Path) -> None:
    rows = [
        [GOOD, "2024-01-05", "甲", "", "张三", "44052419800101001x"],
        [OTHER, "2024-01-05", "乙", "", "张 三", "４４０５２４19800101001X"],
        [OTHER, "2024-01-06", "丙", "", "李四", "44052419800101001X"],
        [OTHER, "2024-01-07", "丁", "", "", ""],
    ]
    report = import_registrations(tmp_path, rows)
    keys = [r["legal_representative_key"] for r in records_of(report, tmp_path, "registration")]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] is None
    stored = (tmp_path / "records" / report.import_id / "registration.parquet").read_bytes()
    assert "张三".encode() not in stored
    other_office = import_registrations(
        tmp_path, rows, person_key=b"k" * 32, records_dir=tmp_path / "other" / "records"
    )
    others = records_of(other_office, tmp_path / "other", "registration")
    assert others[0]["legal_representative_key"] != keys[0]


def test_doubtful_numbers_are_a_warning_only(tmp_path: Path) -> None:
    rows = [
        [GOOD, "2024-01-05", "甲", "440301103097413", "", ""],
        [OTHER, "2024-01-05", "乙", "110000002936012", "", ""],
    ]
    report = import_registrations(tmp_path, rows)
    assert report.accepted == {"registration": 2}
    (note,) = report.warnings
    assert "编号的格式或校验位可疑" in note.zh
    assert "（1 行：3）" in note.zh
    assert "末位应为" in note.zh


def test_plain_numbers(tmp_path: Path) -> None:
    rule = registration_rule()
    rule["fields"]["latitude"] = {"column": "注册号"}
    rule["fields"]["measure_1"] = {"column": "姓名", "scale": "0.5"}
    del rule["fields"]["registration_no"], rule["fields"]["legal_representative_key"]
    del rule["identifiers"]
    source = penalty_source(records=[rule], ignore=["证件号"], encoding="utf-8", delimiter=";")
    cells = [
        ("23.35", "2,000", 23.35, 1000.0),
        ("-0.5", "+4", -0.5, 2.0),
        ("１e2", ".5", 100.0, 0.25),
        ("", "", None, None),
        ("1e999", "1", None, None),
        ("北纬", "1", None, None),
        ("1,00", "1", None, None),
    ]
    lines = ["代码;日期;名称;注册号;姓名;证件号"]
    lines += [f"{GOOD};2024-01-05;甲{n};{a};{b};" for n, (a, b, _, _) in enumerate(cells)]
    path = tmp_path / "处罚.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    report = bring_in(path, save_mapping(tmp_path, source))
    records = records_of(report, tmp_path, "registration")
    assert [(r["latitude"], r["measure_1"]) for r in records] == [c[2:] for c in cells[:4]]
    assert report.rejected_rows == 3
