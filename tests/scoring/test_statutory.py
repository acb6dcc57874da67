"""Statutory scores: the cases that a lawyer reads, points in time, one alone as in the batch."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

import law
from features.build import build_matrix
from features.engine import Engine
from features.profile import build_profile
from scoring.errors import StatutoryRuleError
from scoring.statutory import COLUMNS, Statements, StatutoryRules, assess
from scoring.statutory.arrays import letters, levels
from scoring.statutory.combination import combine
from scoring.statutory.conditions import require_known
from scoring.statutory.food_static import score_static
from scoring.statutory.licences import read_holdings
from scoring.statutory.rules import RecordRule
from scoring.statutory.sheet import SECTIONS, sheet_rows
from scoring.statutory.statements import FACTS, RESULTS
from tests.features.random_records import TableArchive, table_of

DAY = date(2026, 10, 31)
CASES = yaml.safe_load((Path(__file__).parent / "statutory_cases.yaml").read_text("utf-8"))
_EARLY = datetime(2021, 1, 1)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all: it keeps the plans that are dear to make."""
    with Engine(memory_limit="1GB", threads=1) as opened:
        yield opened


Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def results(engine: Engine) -> Results:
    """What comes of the cases of today."""
    return results_on(engine, DAY, records_of_cases())


def subject(number: int) -> str:
    return f"CASE{number:03d}"


@cache
def records_of_cases() -> dict[str, pa.Table]:
    """Records in which every case is an enterprise."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, case in enumerate(CASES):
        rows["registration"].append(
            {
                "event_on": "2015-01-01",
                "event": "establishment",
                "status": "active",
                "name": case["case"],
                "enterprise_id": subject(number),
                "established_on": "2015-01-01",
                "industry_code": case.get("industry_code", "7020"),
            }
        )
        for record in case["records"]:
            fields = {key: _text(value) for key, value in record.items() if key != "kind"}
            rows[record["kind"]].append(fields | {"enterprise_id": subject(number)})
    return {kind: table_of(kind, *found) for kind, found in rows.items()}


def archive_of(tables: dict[str, pa.Table]) -> TableArchive:
    return TableArchive(known="2026-11-02", **tables)


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def statements_of_cases() -> Statements:
    facts, results = [], []
    for number, case in enumerate(CASES):
        common = {"enterprise_id": subject(number), "as_of": date(2021, 1, 1), "known_at": _EARLY}
        for business, sheet in case.get("sheet", {}).items():
            for item, value in sheet.items():
                told = {"business": business, "item": item, "value": str(value)}
                facts.append(common | told | {"source": "静态评分表"})
        for sector, grade in case.get("province", {}).items():
            told = {"sector": sector, "grade": grade, "model": "广东省通用型模型"}
            results.append(common | told | {"edition": "2026版", "source": "省局下发表"})
    return Statements(
        pa.Table.from_pylist(results, schema=RESULTS), pa.Table.from_pylist(facts, schema=FACTS)
    )


def assessed(
    engine: Engine,
    archive: TableArchive,
    *,
    day: date,
    general: Mapping[str, str] | None = None,
    statements: Statements | None = None,
    **where: Any,
) -> Results:
    rules = StatutoryRules.of(day, region="440500")
    profile = build_profile(engine, archive, as_of=day, **where)
    names = rules.indicators
    matrix = build_matrix(engine, archive, as_of=day, names=names, with_places=True, **where)
    ids = profile["enterprise_id"].to_pylist()
    table = assess(
        engine,
        archive,
        profile,
        matrix,
        grade=np.array([(general or {}).get(one, "B") for one in ids]),
        as_of=day,
        rules=rules,
        statements=statements or Statements.none(),
        **where,
    )
    assert table.schema == COLUMNS
    return dict(zip(ids, table.to_pylist(), strict=True))


def results_on(engine: Engine, day: date, records: dict[str, pa.Table]) -> Results:
    general = {subject(number): case.get("general", "B") for number, case in enumerate(CASES)}
    archive, statements = archive_of(records), statements_of_cases()
    return assessed(engine, archive, day=day, general=general, statements=statements)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: f"case-{number + 1}")
def test_case(number: int, engine: Engine, results: Results) -> None:
    case = CASES[number]
    unknown = set(case) - {
        "case", "day", "general", "industry_code", "records", "sheet", "province", "expect", "items"
    }  # fmt: skip
    assert not unknown
    day = case.get("day", DAY)
    found_on = results if day == DAY else results_on(engine, day, records_of_cases())
    result = found_on[subject(number)]
    told = {name: result[name] for name in case["expect"]}
    assert told == case["expect"]
    for wanted in case.get("items", []):
        found = [
            item
            for item in result["statutory"]
            if (item["part"], item["key"]) == (wanted["part"], wanted["key"])
        ]
        assert len(found) == 1, (wanted, result["statutory"])
        assert {name: found[0][name] for name in wanted} == wanted


def test_points_add_up_to_the_score(results: Results) -> None:
    for result in results.values():
        points: dict[str, float] = defaultdict(float)
        for item in result["statutory"]:
            points[item["part"]] += item["points"] or 0
        if result["food_dynamic"] is not None:
            assert points["food.dynamic_items"] == pytest.approx(result["food_dynamic"])
        if "food.static_tables" in points:
            assert points["food.static_tables"] == pytest.approx(result["food_static"])


def test_one_enterprise_alone_has_its_results_of_the_batch(engine: Engine) -> None:
    archive = archive_of(records_of_cases())
    everybody = assessed(engine, archive, day=DAY)
    assert sum(one["food_score"] is not None for one in everybody.values()) > 10
    assert {one["equipment_class"] for one in everybody.values()} == {None, "key", "ordinary"}
    for one in (subject(5), subject(21)):
        assert assessed(engine, archive, day=DAY, enterprise_ids=[one]) == {one: everybody[one]}


def test_what_becomes_known_later_changes_nothing(engine: Engine, results: Results) -> None:
    """The result is that of an archive which holds nothing of later days."""
    kept = {}
    for kind, table in records_of_cases().items():
        known = [
            row["event_on"] <= DAY and row["known_at"] < datetime(2026, 10, 31, 16)
            for row in table.to_pylist()
        ]
        kept[kind] = table.filter(pa.array(known, pa.bool_()))
    assert sum(map(len, kept.values())) < sum(map(len, records_of_cases().values()))
    assert results_on(engine, DAY, kept) == results


def test_a_statement_speaks_from_its_day_and_from_when_it_was_handed_in() -> None:
    common = {"enterprise_id": "E", "sector": "general", "model": "m", "edition": "", "source": "s"}
    rows = [
        common | {"grade": "A", "as_of": date(2026, 1, 1), "known_at": datetime(2026, 2, 1)},
        common | {"grade": "C", "as_of": date(2026, 3, 1), "known_at": datetime(2026, 3, 5)},
        common | {"grade": "B", "as_of": date(2026, 1, 1), "known_at": datetime(2026, 4, 1)},
    ]
    told = Statements(pa.Table.from_pylist(rows, schema=RESULTS), FACTS.empty_table())

    def grades(day: date) -> list[str]:
        found: list[str] = told.visible(day).results["grade"].to_pylist()
        return found

    assert grades(date(2026, 1, 31)) == []
    assert grades(date(2026, 2, 1)) == ["A"]
    assert grades(date(2026, 3, 4)) == ["A"]
    assert grades(date(2026, 5, 1)) == ["C"]


def test_every_rule_names_what_the_catalogue_has() -> None:
    require_known(StatutoryRules.of(DAY, region="440500").record_rules)


def test_a_rule_that_names_nothing_is_refused_with_all_its_faults() -> None:
    def rule(key: str, **values: Any) -> RecordRule:
        return RecordRule("food.dynamic_items", key, "项", "item", "", False, **values)

    faulty = [
        rule("a", kind="penalties"),
        rule("b", kind="penalty", where={"area": ["food"]}, total="sum_cny"),
        rule("c", indicator="absent"),
    ]
    with pytest.raises(StatutoryRuleError) as refused:
        require_known(faulty)
    for word in ("penalties", "area", "sum_cny", "absent"):
        assert word in refused.value.zh


def test_everything_not_confirmed_is_named() -> None:
    rules = StatutoryRules.of(DAY, region="440500")
    waiting = {value.name for value in law.load().unconfirmed(on=DAY)}
    assert set(rules.unconfirmed) <= waiting
    assert {"food.dynamic_items", "grading.combination_matrix"} <= set(rules.unconfirmed)
    assert any(rule.confirmed for rule in rules.record_rules)
    assert not any(rule.confirmed for rule in rules.record_rules if "food" in rule.part)


def test_the_parts_of_the_food_score_are_forty_and_sixty() -> None:
    food = StatutoryRules.of(DAY, region="440500").food
    assert food is not None
    assert sum(rule.most for rule in food.dynamic) == food.dynamic_most == 60
    for table in food.static_tables.values():
        total = sum(item["most"] for item in table["items"])
        assert total == food.static_most if table["is_complete"] else total < food.static_most


def test_the_matrix_joins_what_there_is() -> None:
    matrix = law.value("grading.combination_matrix", on=DAY)
    general, sector = (levels(np.array(one)) for one in (["A", "B", "D", ""], ["C", "", "A", "D"]))
    combined = letters(combine(general, sector, matrix=matrix))
    assert combined.to_pylist() == ["C", "B", "D", None]


def test_the_sheet_shows_every_rule_and_what_was_not_assessed(results: Results) -> None:
    rules = StatutoryRules.of(DAY, region="440500")
    numbers = {case["case"]: subject(number) for number, case in enumerate(CASES)}
    seller = next(one for name, one in numbers.items() if "暂按Ⅱ档" in name)
    rows = sheet_rows(results[seller], rules)
    assert {row.part for row in rows} <= set(SECTIONS)
    states = {row.zh: row.state for row in rows}
    assert states["经营场所面积（平方米）"] == "not_assessed"
    assert states["违法行为造成不良社会影响"] == "by_hand"
    assert states["发生食品安全事故"] == "none"
    assert len([row for row in rows if row.part == "food.dynamic_items"]) == 9
    assert all(row.basis for row in rows)


def test_without_the_rule_for_several_categories_nobody_guesses(engine: Engine) -> None:
    rules = StatutoryRules.of(DAY, region="440500")
    assert rules.food is not None
    two = next(n for n, case in enumerate(CASES) if "糕点（Ⅲ档）和肉制品" in case["case"])
    ids = pa.array([subject(two)])
    archive, where = (
        archive_of(records_of_cases()),
        {"as_of": DAY, "enterprise_ids": [subject(two)]},
    )
    matrix = build_matrix(engine, archive, names=rules.indicators, with_places=True, **where)
    holdings = read_holdings(engine, archive, matrix["enterprise_no"].combine_chunks(), **where)
    food = replace(rules.food, takes_riskiest=False)
    none, members = FACTS.empty_table(), np.array([0])
    static = score_static(holdings, none, ids=ids, members=members, rules=food)
    assert np.isnan(static.points).all()
    assert static.items["state"].to_pylist() == ["not_assessed", "not_assessed"]
