"""Lists of codes, sums of columns, and records that belong to a map cell."""

from codecs import BOM_UTF8
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.intake import ImportReport
from features.intake.enterprise_ids import place_id
from tests.features.departments import (
    ERRORS,
    HEADER,
    ROW,
    bring_in,
    penalty_rule,
    penalty_source,
    records_of,
    save_mapping,
    write_csv,
)

HERE = ["编号", "日期", "纬度", "经度"]
EVENTS: dict[str, Any] = {
    "source": "test_events",
    "zh": "周边事件",
    "en": "events in neighbourhoods",
    "provider": "市公安局",
    "files": ["*事件*.csv"],
    "format": "csv",
    "records": [
        {
            "kind": "area_event",
            "enterprise_id": {"columns": ["纬度", "经度"], "scheme": "place"},
            "event_on": {"column": "日期"},
            "fields": {
                "event_no": {"column": "编号"},
                "category": {"constant": "burglary"},
                "latitude": {"column": "纬度"},
                "longitude": {"column": "经度"},
            },
        }
    ],
}


def import_events(folder: Path, *places: tuple[str, str]) -> ImportReport:
    rows = [[str(n), "2024-01-05", *place] for n, place in enumerate(places)]
    path = write_csv(folder / "事件.csv", rows, header=HERE, encoding="utf-8")
    return bring_in(path, save_mapping(folder, EVENTS))


def import_kinds(folder: Path, *kinds: str, **rule: Any) -> ImportReport:
    """A penalty ledger whose column of kinds is read by `rule`."""
    read = penalty_rule(penalty_kinds={"column": "种类", **rule})
    rows = [[*ROW[:1], str(n), *ROW[2:5], kind, ROW[6]] for n, kind in enumerate(kinds)]
    path = write_csv(folder / "处罚.csv", rows, header=HEADER)
    return bring_in(path, save_mapping(folder, penalty_source(records=[read])))


def rejected(report: ImportReport) -> str:
    assert report.reject_file is not None
    content = report.reject_file.read_bytes()
    text = content.decode("utf-8-sig" if content.startswith(BOM_UTF8) else "gb18030")
    assert ERRORS in text
    return text


@pytest.mark.parametrize(
    ("latitude", "longitude", "cell"),
    [
        ("41.8899", "-87.6233", "@4188,-8763"),
        ("41.88", "-87.62", "@4188,-8762"),
        ("-0.001", "0.001", "@-1,0"),
        ("23", "116", "@2300,11600"),
        ("＋23.35", "116.68", "@2335,11668"),
    ],
)
def test_a_cell_is_a_hundredth_of_a_degree(
    tmp_path: Path, latitude: str, longitude: str, cell: str
) -> None:
    report = import_events(tmp_path, (latitude, longitude))
    (event,) = records_of(report, tmp_path, "area_event")
    assert event["enterprise_id"] == cell


def test_cells_are_floored_as_a_query_floors_them() -> None:
    rng = np.random.default_rng(5)
    north, east = rng.uniform(-90, 90, 1000), rng.uniform(-180, 180, 1000)
    expected = [
        f"@{int(np.floor(a * 100))},{int(np.floor(b * 100))}"
        for a, b in zip(north, east, strict=True)
    ]
    assert place_id(north, east).to_pylist() == expected


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("", ""), "必填项为空"),
        (("41.88", ""), "【纬度、经度】“41.88,”不是完整的经纬度"),
        (("", "-87.6"), "不是完整的经纬度"),
        (("91", "0"), "纬度 -90 至 90"),
        (("0", "180.01"), "经度 -180 至 180"),
        (("北纬41", "87"), "不是完整的经纬度"),
    ],
)
def test_what_has_no_place_is_rejected(tmp_path: Path, place: tuple[str, str], told: str) -> None:
    report = import_events(tmp_path, place, ("41.88", "-87.62"))
    assert (report.rejected_rows, report.accepted) == (1, {"area_event": 1})
    assert told in rejected(report)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("fine", "fine"),
        ("fine;confiscation", "fine;confiscation"),
        ("fine；confiscation；fine", "fine;confiscation"),
        (" fine ; ; warning ", "fine;warning"),
    ],
)
def test_a_list_of_our_codes_needs_no_rule(tmp_path: Path, text: str, kinds: str) -> None:
    report = import_kinds(tmp_path, text)
    assert records_of(report, tmp_path)[0]["penalty_kinds"] == kinds


@pytest.mark.parametrize("text", ["fine;fines", "罚款", ";", "fine,warning"])
def test_an_unknown_code_of_a_list_names_the_known_ones(tmp_path: Path, text: str) -> None:
    report = import_kinds(tmp_path, text.replace(",", "，"), "fine")
    assert (report.rejected_rows, report.accepted) == (1, {"penalty": 1})
    assert "不是已知的取值（已知：business_licence_revocation、confiscation" in rejected(report)


def test_one_word_of_a_department_may_mean_several_codes(tmp_path: Path) -> None:
    codes = {"罚没": "fine;confiscation", "罚款": "fine"}
    report = import_kinds(tmp_path, "罚款、罚没", codes=codes, separator="、")
    assert records_of(report, tmp_path)[0]["penalty_kinds"] == "fine;confiscation"


def test_changed_items_are_a_closed_list_as_well(tmp_path: Path) -> None:
    rule = {
        "kind": "registration",
        "enterprise_id": {"column": "统一社会信用代码"},
        "event_on": {"column": "决定日期"},
        "fields": {
            "event": {"constant": "change"},
            "status": {"constant": "active"},
            "name": {"column": "文号"},
            "change_items": {"column": "种类"},
        },
    }
    ignore = ["归集日期", "罚款（万元）", "领域"]
    mapping = save_mapping(tmp_path, penalty_source(records=[rule], ignore=ignore))
    rows = [[*ROW[:5], items, ROW[6]] for items in ("name;address", "name;adress")]
    report = bring_in(write_csv(tmp_path / "处罚.csv", rows), mapping)
    assert report.rejected_rows == 1
    assert "“adress”不是已知的取值（已知：address、" in rejected(report)


def test_counts_in_several_columns_are_added(tmp_path: Path) -> None:
    header = ["编号", "日期", "企业", "重伤", "轻伤"]
    source = {
        **EVENTS,
        "records": [
            {
                "kind": "accident",
                "enterprise_id": {"column": "企业", "scheme": "opaque"},
                "event_on": {"column": "日期"},
                "fields": {
                    "accident_no": {"column": "编号"},
                    "matter": {"constant": "special_equipment"},
                    "injured": {"sum_of": ["重伤", "轻伤"]},
                },
            }
        ],
    }
    cells = [("1", "2"), ("", "3"), ("", ""), ("0", "0"), ("1", "x")]
    rows = [[str(n), "2024-01-05", "A", *pair] for n, pair in enumerate(cells)]
    path = write_csv(tmp_path / "事件.csv", rows, header=header, encoding="utf-8")
    report = bring_in(path, save_mapping(tmp_path, source))
    found = [record["injured"] for record in records_of(report, tmp_path, "accident")]
    assert found == [3, 3, None, 0]
    assert "【重伤、轻伤】“1+x”不是数字" in rejected(report)
