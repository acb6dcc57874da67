"""Sibling files and wide tables."""

import csv
from pathlib import Path
from typing import Any

import pytest

from features.errors import SourceFileError
from features.intake import ImportReport
from tests.features.departments import (
    ERRORS,
    bring_in,
    penalty_source,
    records_of,
    save_mapping,
    write_csv,
)

FINDING = {
    "kind": "finding",
    "unpivot": {"columns_matching": r"^第\d+项$", "name_as": "项", "value_as": "次数"},
    "enterprise_id": {"column": "企业", "scheme": "opaque"},
    "event_on": {"column": "日期"},
    "known_at": {"same_as": "event_on"},
    "fields": {
        "inspection_no": {"column": "检查编号"},
        "item_code": {"column": "项"},
        "item_text": {"column": "次数"},
        "severity": {"column": "项", "codes": {"第1项": "critical"}, "other": "minor"},
    },
}
LOOKUP = {"file": "检查.csv", "on": "检查编号", "take": ["企业", "日期"]}
ITEMS = ["检查编号", "第1项", "第2项", "第3项"]
VISITS = [["k1", "e1", "2024-01-05"], ["k2", "e2", "2024-02-05"], ["k3", "e3", ""]]


def import_items(
    folder: Path,
    rows: list[list[str]],
    *,
    visits: list[list[str]] | None = None,
    lookups: list[dict[str, Any]] | None = None,
    rule: dict[str, Any] | None = None,
) -> ImportReport:
    write_csv(folder / "检查.csv", visits or VISITS, header=["检查编号", "企业", "日期"])
    data = penalty_source(lookups=lookups or [LOOKUP], records=[rule or FINDING], ignore=[])
    path = write_csv(folder / "处罚.csv", rows, header=ITEMS)
    return bring_in(path, save_mapping(folder, data))


def test_items_found_become_findings_of_the_right_enterprise(tmp_path: Path) -> None:
    report = import_items(
        tmp_path, [["k1", "2", "0", "1"], ["k2", "", "1", "0"], ["k1", "", "", ""]]
    )
    records = records_of(report, tmp_path, "finding")
    assert [
        (r["enterprise_id"], str(r["event_on"]), r["item_code"], r["item_text"], r["severity"])
        for r in records
    ] == [
        ("e1", "2024-01-05", "第1项", "2", "critical"),
        ("e1", "2024-01-05", "第3项", "1", "minor"),
        ("e2", "2024-02-05", "第2项", "1", "minor"),
    ]
    assert [r["row_no"] for r in records] == [2, 2, 3]
    assert report.skipped_rows == 1


def test_a_row_without_its_sibling_or_with_text_for_a_number_comes_back(tmp_path: Path) -> None:
    report = import_items(
        tmp_path,
        [["k9", "1", "", ""], ["k1", "x", "1", ""], ["k3", "1", "", ""], ["k2", "1", "", ""]],
    )
    assert report.reject_file is not None
    with report.reject_file.open(encoding="gb18030", newline="") as stream:
        back = [row[ERRORS] for row in csv.DictReader(stream)]
    assert "“k9”在 检查.csv 的“检查编号”中找不到" in back[0]
    assert "【第1项】不是数字" in back[1]
    assert "【日期】必填项为空" in back[2]
    assert (report.accepted, report.rejected_rows) == ({"finding": 1}, 3)


def test_a_repeated_key_is_refused_unless_the_earliest_is_asked_for(tmp_path: Path) -> None:
    twice = [*VISITS, ["k1", "e1", "2023-12-31"]]
    with pytest.raises(SourceFileError, match="有重复值：k1"):
        import_items(tmp_path, [["k1", "1", "", ""]], visits=twice)
    rule = {**FINDING, "event_on": {"column": "最早"}}
    rule["enterprise_id"] = {"column": "检查编号", "scheme": "opaque"}
    lookup = {"file": "检查.csv", "on": "检查编号", "take": {"最早": "日期"}, "aggregate": "min"}
    report = import_items(
        tmp_path, [["k1", "1", "", ""]], visits=twice, lookups=[lookup], rule=rule
    )
    assert str(records_of(report, tmp_path, "finding")[0]["event_on"]) == "2023-12-31"
    with pytest.raises(SourceFileError, match="含有非 YYYY-MM-DD 的值“1/5/2024”"):
        import_items(
            tmp_path,
            [["k1", "1", "", ""]],
            visits=[["k1", "e1", "1/5/2024"]],
            lookups=[lookup],
            rule=rule,
        )


def test_matching_rows_are_counted(tmp_path: Path) -> None:
    lookup = {
        "file": "检查.csv",
        "on": {"here": "检查编号", "there": "企业"},
        "when": {"column": "日期", "present": True},
        "count_as": "次",
    }
    rule = {
        "kind": "complaint",
        "enterprise_id": {"column": "检查编号", "scheme": "opaque"},
        "event_on": {"constant": "2024-01-01"},
        "fields": {
            "complaint_no": {"column": "次"},
            "category": {"constant": "food"},
        },
    }
    data = penalty_source(lookups=[lookup], records=[rule], ignore=ITEMS[1:])
    write_csv(
        tmp_path / "检查.csv",
        [["1", "k1", "x"], ["2", "k1", "y"], ["3", "k1", ""]],
        header=["检查编号", "企业", "日期"],
    )
    path = write_csv(tmp_path / "处罚.csv", [["k1", "", "", ""], ["k2", "", "", ""]], header=ITEMS)
    report = bring_in(path, save_mapping(tmp_path, data))
    assert [r["complaint_no"] for r in records_of(report, tmp_path, "complaint")] == ["2", "0"]


def test_a_missing_sibling_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="缺少列：经办人"):
        import_items(
            tmp_path,
            [["k1", "1", "", ""]],
            lookups=[{**LOOKUP, "take": ["经办人", "企业", "日期"]}],
        )
    with pytest.raises(SourceFileError, match=r"没有文件：没有\.csv"):
        import_items(tmp_path, [["k1", "1", "", ""]], lookups=[{**LOOKUP, "file": "没有.csv"}])


def test_a_changed_sibling_is_another_import(tmp_path: Path) -> None:
    first = import_items(tmp_path, [["k1", "1", "", ""]])
    visits = [["k1", "e7", "2024-01-05"]]
    second = import_items(tmp_path, [["k1", "1", "", ""]], visits=visits)
    assert second.import_id != first.import_id
    assert records_of(second, tmp_path, "finding")[0]["enterprise_id"] == "e7"


def test_no_column_matches_the_pattern(tmp_path: Path) -> None:
    rule = {**FINDING, "unpivot": {**FINDING["unpivot"], "columns_matching": "^条"}}  # type: ignore[dict-item]
    with pytest.raises(SourceFileError, match="没有列名符合"):
        import_items(tmp_path, [["k1", "1", "", ""]], rule=rule)
