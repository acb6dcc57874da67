"""A dry run: the same judgement as an import, compared with what is there, and nothing imported."""

from pathlib import Path
from typing import Any

import pytest

from features.engine import Engine
from features.errors import SourceFileError
from features.intake import Mapping, Preview, find_unknown_enterprises, list_imports, preview_file
from features.messages import Message
from tests.features.departments import (
    GOOD,
    OTHER,
    PERSON_KEY,
    RECEIVED,
    ROW,
    bring_in,
    penalty_rule,
    penalty_source,
    save_mapping,
    write_csv,
)

NAMES = ["统一社会信用代码", "名称", "核准日期"]


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return save_mapping(tmp_path, penalty_source())


def preview(path: Path, mapping: Mapping, **changes: Any) -> Preview:
    arguments = {
        "records_dir": path.parent / "records",
        "received_at": RECEIVED,
        "person_key": PERSON_KEY,
        **changes,
    }
    return preview_file(path, mapping=mapping, **arguments)


def register(folder: Path, *codes: str) -> None:
    """Import registrations of these enterprises."""
    source = {
        "source": "test_register",
        "zh": "登记",
        "en": "register",
        "provider": "登记科",
        "files": ["*登记*.csv"],
        "format": "csv",
        "records": [
            {
                "kind": "registration",
                "enterprise_id": {"column": NAMES[0], "scheme": "uscc"},
                "event_on": {"column": NAMES[2]},
                "fields": {
                    "name": {"column": NAMES[1]},
                    "event": {"constant": "establishment"},
                    "status": {"constant": "active"},
                },
            }
        ],
    }
    rows = [[code, "某店", "2020-01-02"] for code in codes]
    path = write_csv(folder / "登记.csv", rows, header=NAMES, encoding="utf-8")
    bring_in(path, save_mapping(folder, source))


def test_a_preview_counts_as_the_import_does_and_leaves_nothing(
    tmp_path: Path, mapping: Mapping
) -> None:
    rows = [ROW, ROW, [GOOD, "2号", "2024-13-05", *ROW[3:]], [*ROW[:4], "五万", *ROW[5:]], ["x"]]
    path = write_csv(tmp_path / "处罚.csv", rows)
    seen = preview(path, mapping)
    assert [item.name for item in (tmp_path / "records").iterdir()] == [".lock"]
    assert list_imports(tmp_path / "records") == []
    assert seen.report.reject_file is None
    done = bring_in(path, mapping)
    for name in ("import_id", "rows", "accepted", "rejected_rows", "duplicates", "reasons"):
        assert getattr(seen.report, name) == getattr(done, name), name
    assert (done.rows, done.accepted, done.rejected_rows) == (5, {"penalty": 2}, 3)
    assert done.duplicates == 1


def test_reasons_say_no_value_and_count_rows(tmp_path: Path, mapping: Mapping) -> None:
    rows = [[*ROW[:4], value, *ROW[5:]] for value in ("五万", "六万", "-1")]
    rows += [["9144030071526726X1", *ROW[1:]], ["9144030071526726X2", *ROW[1:]]]
    rows += [[*ROW[:5], "口头", "食品"], [GOOD, "9号", "2024-01-05", "2024-01-04", *ROW[4:]]]
    told = dict(preview(write_csv(tmp_path / "处罚.csv", rows), mapping).report.reasons)
    by_zh = {reason.zh: count for reason, count in told.items()}
    assert by_zh == {
        "【罚款（万元）】不是数字；请只填数字，不带单位": 2,
        "【罚款（万元）】不能为负数，请核对": 1,
        "【统一社会信用代码】不是有效的统一社会信用代码": 2,
        "【种类】不是已知的取值": 1,
        "【处罚决定日期】晚于知悉日期，请核对": 1,
    }
    assert list(told.values()) == sorted(told.values(), reverse=True)
    known = Message("【种类】不是已知的取值", "[种类] is not a known value")
    assert told[known] == 1


def test_the_reject_file_goes_where_it_is_asked_for(tmp_path: Path, mapping: Mapping) -> None:
    path = write_csv(tmp_path / "处罚.csv", [ROW, [*ROW[:4], "五万", *ROW[5:]]])
    seen = preview(path, mapping, rejects_dir=tmp_path / "退回" / "今天")
    assert seen.report.reject_file == tmp_path / "退回" / "今天" / "处罚.rejected.csv"
    assert "五万" in seen.report.reject_file.read_text(encoding="gb18030")


def test_what_is_there_already_and_what_would_be_newer(tmp_path: Path, mapping: Mapping) -> None:
    second = [GOOD, "2号", *ROW[2:]]
    bring_in(write_csv(tmp_path / "处罚.csv", [ROW, second]), mapping)
    changed = [*second[:4], "9", *second[5:]]
    path = write_csv(tmp_path / "处罚 2.csv", [ROW, changed, [GOOD, "3号", *ROW[2:]]])
    seen = preview(path, mapping)
    assert (seen.repeated, seen.newer) == ({"penalty": 1}, {"penalty": 1})
    assert not seen.report.already_imported
    bring_in(path, mapping)
    again = preview(path, mapping)
    assert again.report.already_imported
    assert again.repeated == {"penalty": 3}
    assert not [note for note in again.report.warnings if "另一映射" in note.zh]


def test_unknown_enterprises_are_those_without_a_registration(
    tmp_path: Path, mapping: Mapping
) -> None:
    rows = [ROW, [OTHER, "2号", *ROW[2:]], [OTHER, "3号", *ROW[2:]]]
    path = write_csv(tmp_path / "处罚.csv", rows)
    assert preview(path, mapping).unknown_enterprises == 2
    register(tmp_path, GOOD)
    seen = preview(path, mapping)
    assert (seen.unknown_records, seen.unknown_examples) == (2, (OTHER,))


def test_a_file_that_cannot_be_read_is_told_as_by_an_import(
    tmp_path: Path, mapping: Mapping
) -> None:
    with pytest.raises(SourceFileError, match="缺少列"):
        preview(write_csv(tmp_path / "处罚.csv", [["x"]], header=["A"]), mapping)


# Quarantine


def test_quarantine_ends_by_itself_when_a_registration_arrives(
    tmp_path: Path, mapping: Mapping
) -> None:
    records = tmp_path / "records"
    with Engine() as engine:
        assert find_unknown_enterprises(engine, records).num_rows == 0
        bring_in(write_csv(tmp_path / "处罚.csv", [ROW, [OTHER, "2号", *ROW[2:]]]), mapping)
        waiting = find_unknown_enterprises(engine, records)
        assert waiting["enterprise_id"].to_pylist() == sorted([GOOD, OTHER])
        assert waiting["row_no"].to_pylist() == [3, 2]
        assert waiting["first_known_at"].to_pylist() == waiting["known_at"].to_pylist()
        register(tmp_path, GOOD)
        rows = find_unknown_enterprises(engine, records).to_pylist()
    assert [(row["kind"], row["provider"], row["enterprise_id"]) for row in rows] == [
        ("penalty", "市市场监督管理局", OTHER)
    ]


def test_places_are_not_enterprises(tmp_path: Path) -> None:
    rule = penalty_rule()
    rule["enterprise_id"] = {"column": "统一社会信用代码", "scheme": "opaque"}
    mapping = save_mapping(tmp_path, penalty_source(records=[rule]))
    bring_in(write_csv(tmp_path / "处罚.csv", [["@r1", *ROW[1:]], ["e1", "2", *ROW[2:]]]), mapping)
    with Engine() as engine:
        found = find_unknown_enterprises(engine, tmp_path / "records")
    assert found["enterprise_id"].to_pylist() == ["e1"]
