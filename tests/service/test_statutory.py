"""Statutory results as an officer meets them: the sheet, the files handed in, the card."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from scoring.errors import StatementError
from scoring.statutory.sheet import HEADERS, UNCONFIRMED, sheet_workbook
from service.errors import UnknownEnterpriseError
from service.grades.inputs import gather_inputs
from service.statutory import operations
from service.statutory.store import read_statements
from tests.features.random_records import build, enterprises, table_of
from tests.service.office import ACME, OTHER, Office, grade_row

DAY = date(2026, 10, 31)
NOW = datetime(2026, 10, 30, 8)

ITEM = {
    "part": "food.dynamic_items",
    "key": "penalties",
    "zh": "食品类行政处罚",
    "en": "food penalties",
    "state": "counted",
    "value": 2.0,
    "points": 10.0,
    "most": 10.0,
    "result": None,
    "basis": "暂定值",
    "confirmed": False,
    "reference": "汕市监罚字〔2026〕9号",
    "event_on": date(2026, 6, 1),
    "source": "city_penalties",
}
RESULT = {
    "sectors": "food",
    "food_static": 34.0,
    "food_dynamic": 10.0,
    "food_score": 44.0,
    "food_band": "B",
    "food_grade": "B",
    "food_is_provisional": True,
    "food_visits_least": 1,
    "food_visits_most": 2,
    "equipment_class": None,
    "equipment_grade": None,
    "sector_grade": "C",
    "combined_grade": "C",
    "province_grade": "D",
    "statutory": [ITEM],
}


def test_the_page_shows_the_grades_side_by_side_and_what_awaits_review(office: Office) -> None:
    office.publish([grade_row(ACME, grade="B", **RESULT)])
    text = office.sign_in().get(f"/enterprises/{ACME}").text
    for told in ("法定分级", "专业等级", "综合等级", "省级结果", "食品类行政处罚", "10/10"):
        assert told in text
    assert "汕市监罚字〔2026〕9号" in text
    assert "待法制审核" in text
    assert "暂定值或未评项目" in text


def test_a_run_from_before_has_no_card(office: Office) -> None:
    office.publish([grade_row(ACME)])
    page = office.sign_in().get(f"/enterprises/{ACME}")
    assert page.status_code == 200
    assert "法定分级" not in page.text


def with_archive(office: Office) -> None:
    licence = {
        "enterprise_id": ACME,
        "event_on": "2020-01-01",
        "licence_no": "JY14405070000016",
        "licence_kind": "food_operation",
        "category": "食品销售经营者",
        "status": "valid",
        "valid_to": "2028-12-31",
    }
    penalty = {
        "enterprise_id": ACME,
        "event_on": "2026-10-01",
        "decision_no": "P1",
        "penalty_kinds": "fine",
        "matter": "food",
    }
    tables = {
        "registration": enterprises(ACME, OTHER, industry_code="7020"),
        "licence": table_of("licence", licence),
        "penalty": table_of("penalty", penalty),
    }
    build(office.settings.home, tables)


def test_from_files_handed_in_to_the_sheet(office: Office, tmp_path: Path) -> None:
    with_archive(office)
    facts = [(ACME, "sale", "经营场所面积（平方米）", "1500"), (ACME, "sale", "suppliers", "301")]
    table = pd.DataFrame(facts, columns=["统一社会信用代码", "业态", "评分项目", "取值"])
    table = table.assign(评定日期=datetime(2026, 9, 1), 来源="静态评分表")
    table.to_excel(tmp_path / "facts.xlsx", index=False)
    result = "企业代码,分类结果,结果日期,模型,来源\n" + f"{ACME},四类,2026-09-30,通用型,省局\n"
    (tmp_path / "province.csv").write_bytes(result.encode("gb18030"))
    mapping = "columns: {enterprise_id: 企业代码, grade: 分类结果}\ngrades: {四类: D}\n"
    (tmp_path / "province.yaml").write_text(mapping, "utf-8")

    settings = office.settings
    assert operations.import_facts(settings, tmp_path / "facts.xlsx", known_at=NOW, on=DAY) == 2
    count = operations.import_results(
        settings, tmp_path / "province.csv", known_at=NOW, mapping=tmp_path / "province.yaml"
    )
    assert count == 1
    office.publish([grade_row(ACME, grade="B")], as_of=DAY)
    sheet = operations.work_out(settings, ACME, as_of=DAY)
    told = {name: sheet.result[name] for name in ("food_static", "food_dynamic", "food_score")}
    assert told == {"food_static": 8.5, "food_dynamic": 5.0, "food_score": 13.5}
    assert (sheet.general_grade, sheet.result["combined_grade"]) == ("B", "B")
    assert sheet.result["province_grade"] == "D"
    assert provincial(office, on=DAY) == {ACME: "D"}, "the rules of grading read the same store"

    (tmp_path / "sheet.xlsx").write_bytes(sheet_workbook([], sheet.result, sheet.rules))
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    assert book.sheetnames == ["汇总", "评分表", "待审参数"]
    rows = list(book["评分表"].values)
    assert rows[0] == HEADERS
    by_item = {str(row[1]): row for row in rows[1:]}
    area = next(row for name, row in by_item.items() if name.startswith("经营场所面积"))
    assert (area[2], area[3], area[4]) == (1500, 2.5, 4)
    assert area[-1] == UNCONFIRMED

    before = operations.work_out(settings, ACME, as_of=date(2026, 10, 15))
    assert before.result["province_grade"] is None
    assert provincial(office, on=date(2026, 10, 15)) == {}, "not known yet on that day"
    assert before.general_grade is None
    assert before.result["combined_grade"] is None
    with pytest.raises(UnknownEnterpriseError):
        operations.work_out(settings, "91440507MA4XXXXXXX", as_of=DAY)


def provincial(office: Office, *, on: date) -> dict[str, str]:
    """What the rules of grading are told of the province on a day."""
    statements = read_statements(office.settings.statutory_dir)
    table = gather_inputs(
        office.settings, office.database, statements=statements, as_of=on, at=NOW
    ).provincial
    return dict(zip(table["enterprise_id"].to_pylist(), table["grade"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        (
            ["123,E,2026-13-01,,", f"{ACME},A,2026-09-30,m,s", f"{ACME},B,2026-09-30,m,s"],
            ["第 2 行 enterprise_id", "grade='E'", "2026-13-01", "model", "第 4 行"],
        ),
        ([], ["没有数据行"]),
    ],
)
def test_a_faulty_file_is_refused_with_all_its_faults(
    office: Office, tmp_path: Path, lines: list[str], faults: list[str]
) -> None:
    path = tmp_path / "province.csv"
    header = "enterprise_id,grade,as_of,model,source"
    path.write_text("\n".join([header, *lines]), "utf-8")
    with pytest.raises(StatementError) as refused:
        operations.import_results(office.settings, path, known_at=NOW)
    for fault in faults:
        assert fault in refused.value.zh
    assert read_statements(office.settings.statutory_dir).results.num_rows == 0


def test_a_fact_that_is_not_in_the_tables_is_refused(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    common: dict[str, Any] = {"enterprise_id": ACME, "as_of": "2026-09-01", "source": "s"}
    rows = [
        common | {"business": "sale", "item": "parking", "value": "1"},
        common | {"business": "sale", "item": "suppliers", "value": "many"},
        common | {"business": "health_food", "item": "storage", "value": "cellar"},
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(StatementError) as refused:
        operations.import_facts(office.settings, path, known_at=NOW, on=DAY)
    for fault in ("parking", "many", "cellar", "chilled"):
        assert fault in refused.value.zh
