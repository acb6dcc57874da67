"""Reports on what departments supply: small ledgers whose answers can be counted by hand."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import law
from features.catalogue import record_kinds
from features.engine import Engine
from features.errors import CollectionCatalogueError
from features.intake import load_mappings
from features.quality import (
    CollectionCatalogue,
    collection_catalogue,
    find_duplicates,
    measure_completeness,
    measure_coverage,
    measure_timeliness,
    overview_of_sources,
)
from features.quality.completeness_table import completeness_table
from features.quality.coverage import newest_due_period
from tests.features.departments import (
    GOOD,
    OTHER,
    RECEIVED,
    ROW,
    bring_in,
    penalty_source,
    save_mapping,
    write_csv,
)
from tests.features.random_records import TableArchive, enterprises, table_of

FIRST, LAST = date(2024, 1, 1), date(2024, 5, 31)


def line(**changes: Any) -> dict[str, Any]:
    return {
        "item": "行政处罚",
        "en": "penalties",
        "kind": "penalty",
        "source": "test_penalties",
        "fields": ["decision_no"],
        "format": "csv",
        "frequency": "monthly",
        "limit": {"days": 10},
        "basis": "规定",
        **changes,
    }


def catalogue(*departments: list[dict[str, Any]]) -> CollectionCatalogue:
    named = [
        {"name": f"{number}科", "en": f"section {number}", "items": items}
        for number, items in enumerate(departments, start=1)
    ]
    return CollectionCatalogue.model_validate({"departments": named})


def penalties(folder: Path, *rows: list[str], source: str = "test_penalties") -> None:
    """Import rows of the ledger as one file of this source."""
    mapping = save_mapping(folder, penalty_source(source=source, provider=f"{source}的单位"))
    number = len(list(folder.glob("*.csv")))
    path = write_csv(folder / f"处罚{number}.csv", list(rows))
    bring_in(path, mapping, received_at=RECEIVED + timedelta(hours=number))


def row(number: str, happened: str, known: str, *, owner: str = GOOD, fine: str = "1") -> list[str]:
    return [owner, number, happened, known, fine, *ROW[5:]]


# Timeliness


def test_days_to_knowledge_and_who_is_late(tmp_path: Path) -> None:
    lags = [("1", "2024-01-05"), ("2", "2024-01-05"), ("3", "2024-01-11"), ("4", "2024-01-12")]
    penalties(tmp_path, *[row(number, "2024-01-01", known) for number, known in lags])
    # A correction of the first record, known later: the first time counts.
    penalties(tmp_path, row("1", "2024-01-01", "2024-02-20", fine="2"))
    with Engine() as engine:
        report = measure_timeliness(
            engine, tmp_path / "records", catalogue=catalogue([line()]), first=FIRST, last=LAST
        )
    assert report is not None
    (found,) = report.groups.to_dict("records")
    assert found == {
        "provider": "test_penalties的单位",
        "source": "test_penalties",
        "kind": "penalty",
        "records": 4,
        "median_days": 4,
        "p90_days": 11,
        "longest_days": 11,
        "judged": 4,
        "late": 1,
        "late_ratio": 0.25,
    }
    (late,) = report.late.to_pylist()
    assert (late["due_on"], late["known_on"], late["days_late"]) == (
        date(2024, 1, 11),
        date(2024, 1, 12),
        1,
    )


def test_a_limit_of_law_counts_working_days(tmp_path: Path) -> None:
    # 20 working days after 2 January 2024 end on 30 January.
    penalties(
        tmp_path,
        row("1", "2024-01-02", "2024-01-30"),
        row("2", "2024-01-02", "2024-01-31"),
    )
    by_law = line(limit={"parameter": "penalty.publicity_working_days"})
    with Engine() as engine:
        report = measure_timeliness(
            engine, tmp_path / "records", catalogue=catalogue([by_law]), first=FIRST, last=LAST
        )
    assert report is not None
    assert report.late["due_on"].to_pylist() == [date(2024, 1, 30)]
    assert report.groups["late"].tolist() == [1]


def test_a_source_without_a_line_is_measured_and_not_judged(tmp_path: Path) -> None:
    penalties(tmp_path, row("1", "2024-01-01", "2024-05-01"), source="elsewhere")
    with Engine() as engine:
        report = measure_timeliness(
            engine, tmp_path / "records", catalogue=catalogue([line()]), first=FIRST, last=LAST
        )
        assert report is not None
        assert report.groups[["records", "judged", "late"]].to_numpy().tolist() == [[1, 0, 0]]
        assert report.groups["late_ratio"].isna().all()
        before = date(2023, 1, 1), date(2023, 12, 31)
        nothing = measure_timeliness(
            engine,
            tmp_path / "records",
            catalogue=catalogue([line()]),
            first=before[0],
            last=before[1],
        )
    assert nothing is None


# Duplicates


def test_repeats_in_a_file_and_again(tmp_path: Path) -> None:
    one, two = row("1", "2024-01-01", "2024-01-05"), row("2", "2024-01-01", "2024-01-05")
    penalties(tmp_path, one, one, two)
    penalties(tmp_path, two, row("3", "2024-01-01", "2024-01-05"))
    with Engine() as engine:
        report = find_duplicates(engine, tmp_path / "records")
    assert report is not None
    (found,) = report.groups.to_dict("records")
    counts = ("rows", "repeated_in_file", "repeated_later")
    assert tuple(found[name] for name in counts) == (5, 1, 1)
    repeated = sorted(report.repeated.to_pylist(), key=lambda one: not one["in_file"])
    assert [(one["in_file"], one["row_no"], one["first_row_no"]) for one in repeated] == [
        (True, 3, 2),
        (False, 2, 4),
    ]
    assert report.shared.num_rows == 0


def test_one_fact_from_two_sources_is_told_whatever_the_brackets(tmp_path: Path) -> None:
    penalties(tmp_path, row("粤〔2024〕1号", "2024-01-01", "2024-01-05"), source="legal")
    penalties(
        tmp_path,
        row("粤[2024] 1号", "2024-01-01", "2024-01-03"),
        row("粤[2024] 1号", "2024-01-01", "2024-01-03", owner=OTHER),
        source="platform",
    )
    with Engine() as engine:
        report = find_duplicates(engine, tmp_path / "records")
    assert report is not None
    (shared,) = report.shared.to_pylist()
    assert (shared["enterprise_id"], shared["sources"]) == (GOOD, "platform、legal")
    assert shared["first_source"] == "platform"
    assert shared["providers"] == "platform的单位、legal的单位"


# Coverage


def test_coverage_counts_departments_with_all_their_items(tmp_path: Path) -> None:
    penalties(tmp_path, row("1", "2024-05-01", "2024-05-05"))
    assigned = catalogue(
        [line()],
        [line(source="other"), line(source="third", item="其他处罚")],
    )
    with Engine() as engine:
        report = measure_coverage(
            engine, tmp_path / "records", catalogue=assigned, first=FIRST, last=LAST
        )
        outside = measure_coverage(
            engine,
            tmp_path / "records",
            catalogue=assigned,
            first=date(2024, 5, 6),
            last=LAST,
        )
    assert report is not None
    assert outside is not None
    assert report.departments["missing"].tolist() == ["", "行政处罚、其他处罚"]
    assert (report.covered, report.per_mille, report.target_per_mille) == (1, 500, 950)
    assert not report.is_reached
    assert not report.is_target_confirmed
    assert outside.covered == 0


def test_the_target_is_confirmed_only_where_the_document_holds() -> None:
    name = "collection.coverage_target_per_mille"
    assert law.lookup(name, on=LAST, region="211300").status == "confirmed"
    assert law.lookup(name, on=LAST, region="440500").status == "unconfirmed"


@pytest.mark.parametrize(
    ("frequency", "as_of", "since", "due"),
    [
        ("daily", "2024-05-31", "2024-05-20", "2024-05-30"),
        ("weekly", "2024-05-31", "2024-05-13", "2024-05-29"),
        ("monthly", "2024-05-31", "2024-04-01", "2024-05-10"),
        ("monthly", "2024-05-10", "2024-03-01", "2024-04-10"),
        ("monthly", "2024-01-11", "2023-12-01", "2024-01-10"),
        ("quarterly", "2024-05-31", "2024-01-01", "2024-04-10"),
        ("yearly", "2024-01-10", "2022-01-01", "2023-01-10"),
    ],
)
def test_the_newest_period_that_was_due(frequency: str, as_of: str, since: str, due: str) -> None:
    (_, one), *_ = catalogue([line(frequency=frequency)]).lines()
    found = newest_due_period(one, date.fromisoformat(as_of))
    assert found == (date.fromisoformat(since), date.fromisoformat(due))


def test_a_gap_is_a_period_past_due_without_anything_since(tmp_path: Path) -> None:
    penalties(tmp_path, row("1", "2024-03-30", "2024-03-31"))
    with Engine() as engine:
        gaps = {
            day: measure_coverage(
                engine,
                tmp_path / "records",
                catalogue=catalogue([line()]),
                first=FIRST,
                last=day,
            )
            for day in (date(2024, 5, 10), date(2024, 5, 11))
        }
    found = [report.lines["is_gap"].tolist() for report in gaps.values() if report is not None]
    assert found == [[False], [True]]


def test_coverage_before_anything_was_imported(tmp_path: Path) -> None:
    with Engine() as engine:
        report = measure_coverage(
            engine, tmp_path / "records", catalogue=catalogue([line()]), first=FIRST, last=LAST
        )
    assert report is not None
    assert (report.covered, report.lines["is_gap"].tolist()) == (0, [True])


# The collection catalogue


def test_the_citys_catalogue_fits_its_mappings() -> None:
    mappings = load_mappings()
    lines = collection_catalogue().lines()
    city = {name for name in mappings if name.startswith("city_")}
    assert {one.source for _, one in lines} == city
    for department, one in lines:
        mapping = mappings[one.source]
        assert mapping.provider == department.name
        assert mapping.format == one.format
        (rule,) = [rule for rule in mapping.records if rule.kind == one.kind]
        assert set(one.fields) <= set(rule.fields)


def test_a_catalogue_tells_all_its_faults(tmp_path: Path) -> None:
    lines = [
        line(kind="no_kind"),
        line(fields=["nothing"], limit={"parameter": "no.such"}),
        line(item="再次"),
    ]
    data = {"departments": [{"name": "科", "en": "section", "items": lines}]}
    path = tmp_path / "catalogue.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CollectionCatalogueError) as caught:
        collection_catalogue(path)
    told = caught.value.zh
    assert "4 处错误" in told
    for part in ("no_kind", "没有字段 nothing", "没有法规参数 no.such", "只能由一个部门提供"):
        assert part in told
    path.write_text("departments: [{name: 科, en: s, items: [{itm: x}]}]", encoding="utf-8")
    with pytest.raises(CollectionCatalogueError, match="itm"):
        collection_catalogue(path)


# Completeness

AS_OF = date(2025, 6, 29)
FULL = {
    "entity_type": "company",
    "address": "某路1号",
    "industry_code": "6210",
    "area_code": "440507",
    "legal_representative_key": "k",
}


def completeness(subject: str = "registered", **kinds: pa.Table) -> tuple[Any, dict[str, Any]]:
    rows: list[pa.Table] = []
    with Engine() as engine:
        report = measure_completeness(
            engine,
            TableArchive(**kinds),  # type: ignore[arg-type]
            as_of=AS_OF,
            subject=subject,
            take=rows.append,
        )
    by_owner = {one["enterprise_id"]: one for one in pa.concat_tables(rows).to_pylist()}
    return report, by_owner


def reports(owner: str, *years: int) -> list[dict[str, Any]]:
    return [
        {"enterprise_id": owner, "event_on": f"{year + 1}-03-01", "report_year": year}
        for year in years
    ]


def test_what_an_archive_lacks() -> None:
    given = {**FULL, "address": ["某路1号", None, "某路3号"], "industry_code": ["1411", None, "1"]}
    report, found = completeness(
        registration=enterprises("e1", "e2", "e3", **given),
        annual_report=table_of(
            "annual_report", *reports("e1", 2021, 2022, 2023), *reports("e2", 2023)
        ),
    )
    assert (found["e1"]["missing"], found["e1"]["score"]) == ("", 100)
    assert found["e2"]["missing"] == "住所、行业代码、应报年度报告"
    assert (found["e2"]["concerned"], found["e2"]["present"]) == (8, 5)
    assert found["e3"]["missing"] == "应报年度报告"
    assert (report.enterprises, report.complete) == (3, 1)
    assert report.mean_score == pytest.approx((100 + 62.5 + 87.5) / 3)
    missing = report.elements.set_index("name")["missing"]
    assert (missing["address"], missing["annual_reports"], missing["name"]) == (1, 2, 0)


def test_a_young_enterprise_owes_no_report_and_an_ended_one_is_not_judged() -> None:
    _, found = completeness(
        registration=enterprises(
            "new",
            "ended",
            event_on="2024-02-01",
            established_on="2025-01-01",
            status=["active", "deregistered"],
            **FULL,
        )
    )
    assert list(found) == ["new"]
    assert (found["new"]["concerned"], found["new"]["missing"]) == (7, "")


def test_food_business_needs_an_inspection_within_the_period_of_law() -> None:
    licence = {
        "event_on": "2020-01-01",
        "licence_kind": "food_operation",
        "status": "valid",
        "valid_to": "2026-01-01",
    }
    visit = {"inspection_kind": "routine", "result_code": "1", "matter": "food"}
    ended = {**licence, "event_on": "2024-01-01", "status": "revoked"}
    report, found = completeness(
        "food_business",
        registration=enterprises("e1", "e2", "e3", "none", established_on=None, **FULL),
        licence=table_of(
            "licence",
            {**licence, "enterprise_id": "e1", "licence_no": "1"},
            {**licence, "enterprise_id": "e2", "licence_no": "2", "valid_to": None},
            {**licence, "enterprise_id": "e3", "licence_no": "3"},
            {**ended, "enterprise_id": "e3", "licence_no": "3"},
        ),
        inspection=table_of(
            "inspection",
            {**visit, "enterprise_id": "e1", "event_on": "2023-06-30", "inspection_no": "1"},
            {**visit, "enterprise_id": "e2", "event_on": "2023-06-29", "inspection_no": "2"},
        ),
    )
    assert list(found) == ["e1", "e2"]
    assert found["e1"]["missing"] == "成立日期"
    assert found["e2"]["missing"] == "成立日期、食品许可证有效期、全覆盖周期内的食品检查"
    concerned = report.elements.set_index("name")["concerned"]
    assert (concerned["food_inspection"], concerned["equipment_place"]) == (2, 0)


def test_units_in_use_need_their_inspections_by_their_newest_state() -> None:
    unit = {"category_code": "3000", "status": "in_use", "place_kind": "mall"}
    known = {"last_inspected_on": "2024-01-01", "next_inspection_on": "2026-01-01"}
    _, found = completeness(
        "equipment_user",
        registration=enterprises("e1", "e2", established_on=None, **FULL),
        special_equipment_unit=table_of(
            "special_equipment_unit",
            {**unit, "enterprise_id": "e1", "unit_code": "a", "event_on": "2023-01-01"},
            {**unit, **known, "enterprise_id": "e1", "unit_code": "a", "event_on": "2024-01-02"},
            {**unit, **known, "enterprise_id": "e2", "unit_code": "b", "event_on": "2024-01-02"},
            {**unit, "enterprise_id": "e2", "unit_code": "c", "event_on": "2024-01-02"},
        ),
    )
    assert found["e1"]["missing"] == "成立日期"
    assert found["e2"]["missing"] == "成立日期、在用设备的上次检验日期、在用设备的下次检验日期"


def test_nobody_registered() -> None:
    report, found = completeness()
    assert (report.enterprises, found) == (0, {})
    assert report.elements["missing_ratio"].isna().all()


def test_elements_name_fields_that_exist() -> None:
    registration = record_kinds()["registration"].fields
    for element in completeness_table().elements:
        if element.field is not None:
            assert element.field in registration
        if element.every is not None:
            assert element.every.field in record_kinds()[element.every.kind].fields
        if element.record is not None and element.record.years_parameter is not None:
            assert law.value(element.record.years_parameter, on=AS_OF) > 0


# Overview


def test_overview_of_each_hop(tmp_path: Path) -> None:
    bad = row("3", "2024-13-01", "2024-01-05")
    penalties(
        tmp_path,
        row("1", "2024-01-01", "2024-01-05"),
        row("2", "2024-01-01", "2024-01-11"),
        bad,
    )
    penalties(tmp_path, row("1", "2024-01-01", "2024-01-03", owner=OTHER))
    with Engine() as engine:
        table = overview_of_sources(engine, tmp_path / "records", archive=None)
        assert overview_of_sources(engine, tmp_path / "nothing", archive=None).empty
    (found,) = table.to_dict("records")
    names = ("imports", "rows", "accepted", "rejected", "waiting", "archived", "median_lag_days")
    assert tuple(found[name] for name in names) == (2, 4, 3, 1, 2, 0, 4)
    assert found["last_known_on"] == date(2024, 1, 11)
    assert "【决定日期】日历上没有这一天" in found["top_reason"]
