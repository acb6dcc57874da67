from pathlib import Path
from typing import Any

import pytest
import yaml

from features.errors import MappingError, UnknownSourceError
from features.intake import find_source, get_mapping, load_mapping, load_mappings
from features.mapping import SOURCES_FOLDER
from tests.features.departments import penalty_rule, penalty_source, save_mapping

PLACE = {"columns": ["纬度", "经度"], "scheme": "place"}
EVENT = {
    "kind": "area_event",
    "enterprise_id": PLACE,
    "event_on": {"column": "日期"},
    "fields": {
        "event_no": {"column": "编号"},
        "category": {"constant": "burglary"},
        "latitude": {"column": "纬度"},
        "longitude": {"column": "经度"},
    },
}


def refused(folder: Path, **changes: Any) -> MappingError:
    with pytest.raises(MappingError) as caught:
        save_mapping(folder, penalty_source(**changes))
    return caught.value


def test_every_built_in_mapping_loads() -> None:
    assert len(load_mappings()) == len(list(SOURCES_FOLDER.glob("*.yaml")))


def test_a_good_mapping(tmp_path: Path) -> None:
    mapping = save_mapping(tmp_path, penalty_source())
    assert "归集日期" in mapping.sources()
    assert mapping.digest
    assert load_mappings(extra_folder=tmp_path)["test_penalties"] == mapping


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"encodng": "utf-8"}, "encodng"),
        ({"encoding": "big5"}, "encoding"),
        ({"records": []}, "records"),
        ({"records": [{**penalty_rule(), "kind": "penalties"}]}, "没有这种记录"),
        ({"records": [penalty_rule(fines={"column": "x"})]}, "没有字段“fines”"),
        ({"records": [penalty_rule(matter=None)]}, "缺少必填字段“matter”"),
        ({"records": [penalty_rule(matter={"constant": "foods"})]}, "没有代码“foods”"),
        ({"records": [penalty_rule(matter={"column": "领域", "other": "x"})]}, "没有代码“x”"),
        ({"records": [penalty_rule(decision_no={"column": "文号", "scale": 10})]}, "scale 不适用"),
        ({"records": [penalty_rule(fine_cny={"column": "x", "scale": "十"})]}, "不是数字"),
        ({"records": [penalty_rule(fine_cny={"column": "x", "constant": "1"})]}, "exactly one"),
        ({"records": [penalty_rule(is_serious={"column": "x"})]}, "true_values"),
        ({"records": [penalty_rule(violation={"column": "x", "extract": "("})]}, "regular"),
        ({"records": [penalty_rule(violation={"column": "x", "extract": "a"})]}, "group"),
        ({"records": [{**penalty_rule(), "known_at": {"lag_days": -1}}]}, "lag_days"),
        ({"records": [{**penalty_rule(), "known_at": {}}]}, "known_at"),
        ({"records": [{**penalty_rule(), "identifiers": {"x": "licence_number"}}]}, "没有映射"),
        ({"snapshot_columns": {"领域": "导出当日"}}, "是导出当日的状态"),
        ({"records": [penalty_rule(penalty_kinds={"constant": "fine;x"})]}, "没有代码“x”"),
        (
            {"records": [penalty_rule(penalty_kinds={"column": "种类", "codes": {"罚": "fines"}})]},
            "没有代码“fines”，可用：business_licence_revocation、",
        ),
        ({"records": [penalty_rule(violation={"sum_of": ["x"]})]}, "sum_of 不适用"),
        ({"records": [{**penalty_rule(), "enterprise_id": PLACE}]}, "属于企业"),
        (
            {"records": [{**EVENT, "enterprise_id": {"column": "x", "scheme": "opaque"}}]},
            "属于地点",
        ),
        ({"records": [{**EVENT, "enterprise_id": {**PLACE, "columns": ["纬度"]}}]}, "scheme place"),
        ({"ignore": ["领域"]}, "既被使用又列在 ignore"),
    ],
)
def test_faults_are_named(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    assert told in str(refused(tmp_path, **changes))


def test_a_condition_on_a_snapshot_column_is_use(tmp_path: Path) -> None:
    rule = {**penalty_rule(), "when": {"column": "状态", "in": ["有效"]}}
    error = refused(tmp_path, records=[rule], snapshot_columns={"状态": "导出当日"})
    assert "状态" in error.zh


def test_personal_data_must_be_hashed(tmp_path: Path) -> None:
    rule = {
        "kind": "registration",
        "enterprise_id": {"column": "代码"},
        "event_on": {"column": "日期"},
        "fields": {
            "event": {"constant": "change"},
            "status": {"constant": "active"},
            "name": {"column": "名称"},
            "legal_representative_key": {"column": "身份证号"},
        },
    }
    assert "hash: person" in refused(tmp_path, records=[rule]).zh


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    for name, bad in (("one", {"fines": {"column": "x"}}), ("two", {"matter": None})):
        data = penalty_source(source=name, ignore=["领域", "文号"], records=[penalty_rule(**bad)])
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mappings(extra_folder=tmp_path)
    for told in ("one.yaml", "two.yaml", "fines", "matter", "文号", "领域"):
        assert told in caught.value.zh
        assert told in caught.value.en


@pytest.mark.parametrize(
    "text",
    [
        "source: a\nsource: b\n",
        "source: [a\n",
        "",
        "\udcff",
    ],
)
def test_broken_yaml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(MappingError, match=r"x\.yaml"):
        load_mapping(path)


def test_numbers_as_codes_keep_their_spelling_and_bare_truth_is_refused(tmp_path: Path) -> None:
    rule = penalty_rule(matter={"column": "领域", "codes": {1: "food", 2: "advertising"}})
    mapping = save_mapping(tmp_path, penalty_source(records=[rule]))
    assert mapping.records[0].fields["matter"].codes == {"1": "food", "2": "advertising"}
    rule = penalty_rule(matter={"column": "领域", "codes": {True: "food"}})
    assert "quote this value" in refused(tmp_path, records=[rule]).en


def test_a_second_mapping_of_one_name_is_refused(tmp_path: Path) -> None:
    save_mapping(tmp_path, penalty_source())
    (tmp_path / "copy.yaml").write_bytes((tmp_path / "test_penalties.yaml").read_bytes())
    with pytest.raises(MappingError, match="已有映射"):
        load_mappings(extra_folder=tmp_path)


def test_the_mapping_of_a_file(tmp_path: Path) -> None:
    one = save_mapping(tmp_path, penalty_source())
    two = save_mapping(tmp_path, penalty_source(source="other", files=["2024*.csv"]))
    known = {"test_penalties": one, "other": two}
    assert find_source(Path("/in/5月处罚.csv"), known) is one
    with pytest.raises(UnknownSourceError, match="没有映射认得文件"):
        find_source(Path("/in/许可.csv"), known)
    with pytest.raises(UnknownSourceError, match="多个映射"):
        find_source(Path("/in/2024处罚.csv"), known)
    assert get_mapping("other", known) is two
    with pytest.raises(UnknownSourceError, match="没有名为"):
        get_mapping("third", known)


def test_files_of_one_name_are_told_apart_by_their_folder() -> None:
    mappings = load_mappings()
    assert find_source(Path("/d/chicago/inspection.parquet"), mappings).source == (
        "chicago_inspections"
    )
    assert find_source(Path("/d/sf_food/inspection.parquet"), mappings).source == (
        "sf_food_inspections"
    )
